// What is brought into the caches before it is used, and how much they hold.
#pragma once
#include "../kernel.h"
#include "microkernel.h"
#include "pack.h"

GATEWISE_KERNEL_BEGIN

// A cache line.
constexpr Index kLineBytes = 64;
constexpr Index kLineFloats = kLineBytes / Index{sizeof(float)};

// Floats that the caches of one core hold, and those of a processor, more or less.
constexpr Index kNearCache = 256 * 1024;
constexpr Index kFarCache = 4096 * 1024;

// Whether a single row fetches so many floats: a processor by itself does as well where they come from memory, and need not
// where they are near.
GATEWISE_INLINE bool row_fetches(Index floats) { return floats > kNearCache && floats < kFarCache; }

// Brings what is used or written soon into the cache.
GATEWISE_INLINE void prefetch_floats(const float* p, Index count) {
  for (Index i = 0; i < count; i += kLineFloats) __builtin_prefetch(p + i);
}

// The weights of some steps on. For a single row, which uses each of them once.
struct FetchAhead {
  static constexpr Index kDistance = 2048;  // bytes
  GATEWISE_INLINE void operator()(const void* w, Index bytes) {
    for (Index i = 0; i < bytes; i += kLineBytes) __builtin_prefetch(static_cast<const char*>(w) + kDistance + i);
  }
};

// A line after the other of the block of weights that comes next, into the second level. For full tiles of weights in no near
// cache: they compute for longer than it takes to bring a block, but the first of them would wait for it.
struct FetchBlock {
  const char* line;
  GATEWISE_INLINE void operator()(const void*, Index) {
    __builtin_prefetch(line, 0, 2);
    line += kLineBytes;
  }
};

// Whether tiles of so many rows fetch blocks of weights: full ones, or nearly so, of weights as they are computed with.
template <class Kind>
constexpr bool fetches_blocks(int rows) {
  return rows >= tile_rows(kPanelVectors) - 1 && __is_same(Kind, Float32);
}

// What the tile of `rows` rows from `first` on fetches during its product with a block of weights, or null: a single row its
// own ones ahead; each of the first tiles a line, every step, of the block that comes next. A block has `steps` of `bytes`
// each, all weights `size` floats.
template <class Kind = Float32>
GATEWISE_INLINE const void* fetched_by(int rows, Index first, Index size, const void* next, Index bytes, Index steps) {
  if (rows == 1) return row_fetches(size) ? next : nullptr;
  if (!fetches_blocks<Kind>(rows) || size < kNearCache / 2) return nullptr;
  const Index line = ceil_div(first, rows) * kLineBytes;
  return line < bytes ? static_cast<const char*>(next) + line * steps : nullptr;
}

// Calls run(fetch) for what fetched_by gave.
template <int M, class Kind = Float32, class Run>
GATEWISE_INLINE void with_fetch(const void* fetched, const Run& run) {
  if (!fetched) {
    run(FetchNothing{});
  } else if constexpr (M == 1) {
    run(FetchAhead{});
  } else if constexpr (fetches_blocks<Kind>(M)) {
    run(FetchBlock{static_cast<const char*>(fetched)});
  }
}

GATEWISE_KERNEL_END
