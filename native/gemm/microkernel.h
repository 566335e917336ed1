// The one inner loop: a tile of M rows by N vectors, held in registers while K goes by.
//
// Every element is one chain of multiply-adds in the order of k, begun from whatever the accumulator held. Tiles of
// any size, blocks of K in any cut, and threads that split rows or columns therefore give the same bits.
#pragma once
#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

constexpr int kPanelVectors = 4;  // vectors across a column panel
constexpr int kPanelColumns = kPanelVectors * kWidth;

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif

// Rows of a tile with n vectors, so that accumulators, n weight vectors and a broadcast fit the registers.
constexpr int tile_rows(int n) {
  if (kRegisters == 32) return n >= 4 ? 6 : 8;
  return n >= 4 ? 3 : n == 3 ? 4 : 6;
}

// How weights are kept: as they are computed with. Others are in unit_weights.h.
struct Float32 {
  using Number = float;
  static constexpr bool kScaled = false;
  static constexpr bool kPaired = false;
  static GATEWISE_INLINE Vec load(const Number* p) { return gatewise::load(p); }
};

// What a product fetches into the cache while it goes on, called with the weights of each step of k: nothing here, the rest
// in fetch.h.
struct FetchNothing {
  GATEWISE_INLINE void operator()(const void*, Index) {}
};

// acc[p M + m][n] += Σ_k a[m * a_row + k * a_step] · w[p * w_panel + k * w_step + n V + lane], of P panels, mostly one.
// What several rows use, compilers may load for each of them anew, and a load takes up to as long as a product.
template <int M, int N, class Kind = Float32, int P = 1, class Fetch = FetchNothing>
GATEWISE_INLINE void accumulate(Vec (&acc)[P * M][N], const float* a, Index a_row, Index a_step,
                                const typename Kind::Number* w, Index w_step, Index depth, Fetch&& fetch = Fetch{},
                                Index w_panel = 0) {
  for (Index k = 0; k < depth; ++k) {
    GATEWISE_UNROLL
    for (int p = 0; p < P; ++p) {
      const auto* const step = w + p * w_panel;
      fetch(step, N * kWidth * sizeof(*w));
      Vec weights[N];
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) {
        weights[n] = Kind::load(step + n * kWidth);
        if (M > 1 && M * N + n + 2 <= kRegisters) hold(weights[n]);
      }
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        const Vec value = broadcast(a[m * a_row]);
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) acc[p * M + m][n] = fma(value, weights[n], acc[p * M + m][n]);
      }
    }
    a += a_step;
    w += w_step;
  }
}

// A tile from accumulators in memory, rows acc_row vectors apart, and back.
template <int M, int N>
GATEWISE_INLINE void load_tile(Vec (&tile)[M][N], const Vec* acc, int acc_row) {
  GATEWISE_UNROLL
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) tile[m][n] = acc[m * acc_row + n];
  }
}

template <int M, int N>
GATEWISE_INLINE void store_tile(Vec* acc, int acc_row, const Vec (&tile)[M][N]) {
  GATEWISE_UNROLL
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) acc[m * acc_row + n] = tile[m][n];
  }
}

// A run-time number of rows, Least..Most, as a template argument: body.template operator()<M>().
template <int Most, int Least = 1, class Body>
GATEWISE_INLINE void with_rows(int rows, const Body& body) {
  if constexpr (Most >= Least) {
    if (rows == Most) {
      body.template operator()<Most>();
    } else {
      with_rows<Most - 1, Least>(rows, body);
    }
  }
}

// Cuts `rows` into the fewest tiles of at most `most`, as even as can be, and calls body(first, count) for each.
template <class Body>
GATEWISE_INLINE void for_tiles(Index rows, int most, const Body& body) {
  const Index tiles = (rows + most - 1) / most;
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index first = rows * tile / tiles;
    body(first, static_cast<int>(rows * (tile + 1) / tiles - first));
  }
}

GATEWISE_KERNEL_END
