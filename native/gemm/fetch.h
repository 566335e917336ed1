// What is brought into the caches before it is used, and how much they hold.
#pragma once
#include "../kernel.h"

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

// What a product fetches into the cache while it goes on: called with the weights of each step of k.
struct FetchNothing {
  GATEWISE_INLINE void operator()(const void*, Index) {}
};

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

GATEWISE_KERNEL_END
