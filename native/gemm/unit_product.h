// Products of rows with unit weights, in whichever precision these are kept.
#pragma once
#include "gemm.h"
#include "unit_weights.h"

GATEWISE_KERNEL_BEGIN

// acc[m][n] += Σ_k a[m * a_row + k] w_k, from an even k on.
template <int M, int N, class Fetch>
GATEWISE_INLINE void accumulate_pairs(Vec (&acc)[M][N], const float* a, Index a_row, const Bfloat16::Number* w,
                                      Index depth, Fetch fetch) {
  for (Index k = 0; k < depth; k += 2, w += 2 * N * kWidth) {
    fetch(w, 2 * N * kWidth * sizeof(*w));
    Vec first[N], second[N];
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) widen_bfloat16(w + 2 * n * kWidth, first[n], second[n]);
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      const Vec value = broadcast(a[m * a_row + k]);
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) acc[m][n] = fma(value, first[n], acc[m][n]);
    }
    if (k + 1 == depth) return;
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      const Vec value = broadcast(a[m * a_row + k + 1]);
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) acc[m][n] = fma(value, second[n], acc[m][n]);
    }
  }
}

// Steps k0 .. k0 + count of a unit panel.
template <class Kind>
struct UnitBlock {
  const typename Kind::Number* numbers;
  const float* scales;
  Index count;
};

// That of a panel of `depth` steps and N gates.
template <class Kind, int N>
GATEWISE_INLINE UnitBlock<Kind> block_of(const UnitWeights& weights, Index panel, Index depth, Index k0, Index count) {
  const auto* const numbers = reinterpret_cast<const typename Kind::Number*>(weights.numbers);
  return {numbers + (panel * padded_depth(depth, Kind::kPaired) + k0) * N * kWidth, weights.scales + panel * N * kWidth,
          count};
}

// acc += the product of M rows with a block.
template <class Kind, int M, int N, class Fetch>
GATEWISE_INLINE void accumulate_block(Vec (&acc)[M][N], const float* a, Index a_row, const UnitBlock<Kind>& w,
                                      Fetch fetch) {
  if constexpr (Kind::kScaled) {
    Vec sums[M][N];
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) sums[m][n] = zero();
    }
    accumulate<M, N, Kind>(sums, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch);
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) {
      const Vec scale = load(w.scales + n * kWidth);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) acc[m][n] = fma(sums[m][n], scale, acc[m][n]);
    }
  } else if constexpr (Kind::kPaired) {
    accumulate_pairs(acc, a, a_row, w.numbers, w.count, fetch);
  } else {
    accumulate<M, N, Kind>(acc, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch);
  }
}

// The same on accumulators in memory, N vectors a row. Not inlined: beside what comes before and after such a product,
// compilers run out of registers and spill accumulators within the loop.
template <class Kind, int M, int N>
__attribute__((noinline)) void multiply_block(Vec* acc, const float* a, Index a_row, const UnitBlock<Kind>& w) {
  Vec sums[M][N];
  load_tile(sums, acc, N);
  accumulate_block(sums, a, a_row, w, FetchNothing{});
  store_tile(acc, N, sums);
}

// One factor of a tile's product: its rows, a_row apart, and which block of the weights they meet.
struct TileFactor {
  const float* a;  // null for none
  Index a_row;
  const UnitWeights& weights;
  Index depth;  // of the panel
  Index k0;     // where the block begins, and how deep it is
  Index count;
};

// acc += the product of M rows, the first of which is row `first` of their step, with a panel's block. The block that comes
// next stands where this one ends.
template <class Kind, int M, int N>
GATEWISE_INLINE void accumulate_factor(Vec (&acc)[M][N], const TileFactor& factor, Index first, Index panel) {
  constexpr Index kStep = N * kWidth;
  const auto w = block_of<Kind, N>(factor.weights, panel, factor.depth, factor.k0, factor.count);
  const void* const fetched = fetched_by<Kind>(M, first, factor.weights.size, w.numbers + w.count * kStep,
                                               kStep * Index{sizeof(*w.numbers)}, w.count);
  with_fetch<M, Kind>(fetched, [&](auto fetch) { accumulate_block(acc, factor.a, factor.a_row, w, fetch); });
}

// The sums of a tile, in memory: of its Slots slots, N from Input on get the input's product and N from State on that of the
// state. They begin with the bias [Slots, V], or where that is null with what they hold. Not inlined, as multiply_block.
template <class Kind, int M, int N, int Input, int State, int Slots>
__attribute__((noinline)) void sum_tile(Vec (*acc)[Slots], const float* bias, const TileFactor& input,
                                        const TileFactor& state, Index first, Index panel) {
  static_assert(Input + N >= State && State >= Input && Slots <= State + N);
  constexpr int kApart = State - Input;
  const auto begin = [&](int m, int slot) { return bias ? load(bias + slot * kWidth) : acc[m][slot]; };
  Vec sums[M][N];
  GATEWISE_UNROLL
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) sums[m][n] = begin(m, Input + n);
  }
  if (input.a) accumulate_factor<Kind>(sums, input, first, panel);
  GATEWISE_UNROLL
  for (int m = 0; m < M && kApart > 0; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < kApart; ++n) acc[m][Input + n] = sums[m][n];
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) sums[m][n] = n + kApart < N ? sums[m][n + kApart] : begin(m, State + n);
  }
  if (state.a) accumulate_factor<Kind>(sums, state, first, panel);
  store_tile(acc[0] + State, Slots, sums);
}

// The depth of blocks of K for so many rows. A sum that is scaled at its end is not cut, nor are pairs.
GATEWISE_INLINE Index depth_of_blocks(const UnitWeights& weights, Index rows, int tile, Index depth) {
  const bool cuts = rows > tile && depth > kBlockDepth && weights.precision != Precision::kInt8;
  return cuts ? even_blocks(depth, 2) : depth;
}

GATEWISE_KERNEL_END
