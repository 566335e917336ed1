// Products of rows with unit weights, in whichever precision these are kept.
#pragma once
#include "gemm.h"
#include "unit_weights.h"

GATEWISE_KERNEL_BEGIN

// acc[p M + m][n] += Σ_k a[m * a_row + k] w_k of panel p, from an even k on.
template <int M, int N, int P, class Fetch>
GATEWISE_INLINE void accumulate_pairs(Vec (&acc)[P * M][N], const float* a, Index a_row, const Bfloat16::Number* w,
                                      Index w_panel, Index depth, Fetch fetch) {
  for (Index k = 0; k < depth; k += 2, w += 2 * N * kWidth) {
    GATEWISE_UNROLL
    for (int p = 0; p < P; ++p) {
      const auto* const pair = w + p * w_panel;
      fetch(pair, 2 * N * kWidth * sizeof(*w));
      Vec first[N], second[N];
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) widen_bfloat16(pair + 2 * n * kWidth, first[n], second[n]);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        const Vec value = broadcast(a[m * a_row + k]);
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) acc[p * M + m][n] = fma(value, first[n], acc[p * M + m][n]);
      }
      if (k + 1 == depth) continue;
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        const Vec value = broadcast(a[m * a_row + k + 1]);
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) acc[p * M + m][n] = fma(value, second[n], acc[p * M + m][n]);
      }
    }
  }
}

// Steps k0 .. k0 + count of a unit panel, and how far it is to the same of the next one.
template <class Kind>
struct UnitBlock {
  const typename Kind::Number* numbers;
  const float* scales;
  Index count;
  Index panel;
};

// That of a panel of `depth` steps and N gates.
template <class Kind, int N>
GATEWISE_INLINE UnitBlock<Kind> block_of(const UnitWeights& weights, Index panel, Index depth, Index k0, Index count) {
  const auto* const numbers = reinterpret_cast<const typename Kind::Number*>(weights.numbers);
  const Index size = padded_depth(depth, Kind::kPaired) * N * kWidth;
  return {numbers + panel * size + k0 * N * kWidth, weights.scales + panel * N * kWidth, count, size};
}

// acc += the product of M rows with a block, or those of P panels.
template <class Kind, int M, int N, int P = 1, class Fetch>
GATEWISE_INLINE void accumulate_block(Vec (&acc)[P * M][N], const float* a, Index a_row, const UnitBlock<Kind>& w,
                                      Fetch fetch) {
  if constexpr (Kind::kScaled) {
    Vec sums[P * M][N];
    GATEWISE_UNROLL
    for (int m = 0; m < P * M; ++m) {
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) sums[m][n] = zero();
    }
    accumulate<M, N, Kind, P>(sums, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch, w.panel);
    GATEWISE_UNROLL
    for (int p = 0; p < P; ++p) {
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) {
        const Vec scale = load(w.scales + (p * N + n) * kWidth);
        GATEWISE_UNROLL
        for (int m = p * M; m < (p + 1) * M; ++m) acc[m][n] = fma(sums[m][n], scale, acc[m][n]);
      }
    }
  } else if constexpr (Kind::kPaired) {
    accumulate_pairs<M, N, P>(acc, a, a_row, w.numbers, w.panel, w.count, fetch);
  } else {
    accumulate<M, N, Kind, P>(acc, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch, w.panel);
  }
}

// The same on accumulators in memory, N vectors a row. Not inlined: beside what comes before and after such a product,
// compilers run out of registers and spill accumulators within the loop.
template <class Kind, int M, int N>
__attribute__((noinline)) void multiply_block(Vec* acc, const float* a, Index a_row, const UnitBlock<Kind>& w) {
  Vec sums[M][N];
  load_tile(sums, acc, N);
  accumulate_block<Kind, M, N>(sums, a, a_row, w, FetchNothing{});
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

// acc += the product of M rows, the first of which is row `first` of their step, with a block of a panel, or of P from it on.
// The block that comes next stands where this one ends.
template <class Kind, int M, int N, int P>
GATEWISE_INLINE void accumulate_factor(Vec (&acc)[P * M][N], const TileFactor& factor, Index first, Index panel) {
  constexpr Index kStep = N * kWidth;
  const auto w = block_of<Kind, N>(factor.weights, panel, factor.depth, factor.k0, factor.count);
  const void* const fetched = fetched_by<Kind>(M, first, factor.weights.size, w.numbers + w.count * kStep,
                                               kStep * Index{sizeof(*w.numbers)}, w.count);
  with_fetch<M, Kind>(fetched,
                      [&](auto fetch) { accumulate_block<Kind, M, N, P>(acc, factor.a, factor.a_row, w, fetch); });
}

// Panels of N gates, so kept, that a single row goes through at a time. A step of k takes as long as a multiply-add, for which
// the next one waits, some four cycles. A second-level cache delivers up to this many bytes in that time: where a panel's step has
// fewer, two panels share the wait, if there are registers for the sums of both and the weights of one.
template <class Kind, int N>
constexpr int panels_of_row() {
  constexpr Index bytes = Index{sizeof(typename Kind::Number)} * N * kWidth;
  constexpr int registers = 2 * N + (Kind::kPaired ? 2 : 1) * N + 2;
  return bytes < 256 && registers <= kRegisters ? 2 : 1;
}

template <int N>
GATEWISE_INLINE int panels_of_row(Precision precision) {
  int panels = 1;
  with_precision(precision, [&]<class Kind>() { panels = panels_of_row<Kind, N>(); });
  return panels;
}

// The sums of a tile of a panel, or of P from it on, in memory, panel by panel: of its Slots slots, N from Input on get the
// input's product and N from State on that of the state. They begin with the bias [P, Slots, V], or where that is null with what
// they hold. Not inlined, as multiply_block.
template <class Kind, int M, int N, int Input, int State, int P, int Slots>
__attribute__((noinline)) void sum_tile(Vec (*acc)[Slots], const float* bias, const TileFactor& input,
                                        const TileFactor& state, Index first, Index panel) {
  static_assert(Input + N >= State && State >= Input && Slots <= State + N);
  constexpr int kApart = State - Input;
  constexpr int kLines = P * M;
  const auto begin = [&](int m, int slot) {
    return bias ? load(bias + (m / M * Slots + slot) * kWidth) : acc[m][slot];
  };
  Vec sums[kLines][N];
  GATEWISE_UNROLL
  for (int m = 0; m < kLines; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) sums[m][n] = begin(m, Input + n);
  }
  if (input.a) accumulate_factor<Kind, M, N, P>(sums, input, first, panel);
  GATEWISE_UNROLL
  for (int m = 0; m < kLines && kApart > 0; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < kApart; ++n) acc[m][Input + n] = sums[m][n];
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) sums[m][n] = n + kApart < N ? sums[m][n + kApart] : begin(m, State + n);
  }
  if (state.a) accumulate_factor<Kind, M, N, P>(sums, state, first, panel);
  store_tile(acc[0] + State, Slots, sums);
}

// The depth of blocks of K for so many rows. A sum that is scaled at its end is not cut, nor are pairs.
GATEWISE_INLINE Index depth_of_blocks(const UnitWeights& weights, Index rows, int tile, Index depth) {
  const bool cuts = rows > tile && depth > kBlockDepth && weights.precision != Precision::kInt8;
  return cuts ? even_blocks(depth, 2) : depth;
}

GATEWISE_KERNEL_END
