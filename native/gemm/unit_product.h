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

// The same on accumulators in memory, rows of Slots vectors. Not inlined: beside the activations that follow such a product,
// compilers run out of registers and spill accumulators within the loop.
template <class Kind, int M, int N, int Slots>
__attribute__((noinline)) void multiply_block(Vec* acc, const float* a, Index a_row,
                                              const typename Kind::Number* numbers, const float* scales, Index count,
                                              const void* fetched) {
  Vec sums[M][N];
  load_tile(sums, acc, Slots);
  const UnitBlock<Kind> w{numbers, scales, count};
  with_fetch<M, Kind>(fetched, [&](auto fetch) { accumulate_block(sums, a, a_row, w, fetch); });
  store_tile(acc, Slots, sums);
}

// The same of a block of the weights, into slots First.. of the tile of M rows from `first` on, which `a` points to. The block
// that comes next stands where this one ends.
template <int M, int N, int First, int Slots>
GATEWISE_INLINE void multiply(Vec (&acc)[M][Slots], const float* a, Index a_row, Index first,
                              const UnitWeights& weights, Index panel, Index depth, Index k0, Index count) {
  with_precision(weights.precision, [&]<class Kind>() {
    const auto w = block_of<Kind, N>(weights, panel, depth, k0, count);
    constexpr Index kStep = N * kWidth;
    const void* const fetched = fetched_by<Kind>(M, first, weights.size, w.numbers + w.count * kStep,
                                                 kStep * Index{sizeof(*w.numbers)}, w.count);
    multiply_block<Kind, M, N, Slots>(acc[0] + First, a, a_row, w.numbers, w.scales, w.count, fetched);
  });
}

// The depth of blocks of K for so many rows. A sum that is scaled at its end is not cut, nor are pairs.
GATEWISE_INLINE Index depth_of_blocks(const UnitWeights& weights, Index rows, int tile, Index depth) {
  const bool cuts = rows > tile && depth > kBlockDepth && weights.precision != Precision::kInt8;
  return cuts ? even_blocks(depth, 2) : depth;
}

GATEWISE_KERNEL_END
