// Products whose columns are gates, into the slots of gate rows.
#pragma once
#include "../gemm/gemm.h"
#include "../gemm/unit_product.h"

GATEWISE_KERNEL_BEGIN

// The slots that a product adds into.
struct SlotTarget {
  float* gates;       // rows of `slots` numbers a unit, layout 1 of gemm/pack.h
  const float* bias;  // [U, slots, V]
  Index hidden;
  int slots;
  int first;    // slot
  int started;  // so many slots, from the first, hold a sum already; the others begin with their bias
};

// N adjacent slots of `rows` gate rows, for all units: += W a, `depth` deep. Many tiles share a block here, of which the
// first alone waits for it: none fetches.
template <int N>
__attribute__((noinline)) void slots_product_of(const SlotTarget& to, const UnitWeights& weights, const float* a,
                                                Index a_row, Index depth, Index rows) {
  const Index gate_row = to.slots * to.hidden;
  const Index block = depth_of_blocks(weights, rows, tile_rows(N), depth);
  for (Index unit = 0; unit < to.hidden; unit += kWidth) {
    const Index panel = unit / kWidth;
    const int lanes = smaller(kWidth, to.hidden - unit);
    const float* bias = to.bias + (panel * to.slots + to.first) * kWidth;
    float* const slots = to.gates + unit * to.slots + to.first * lanes;
    Index k0 = 0;
    do {
      const Index count = smaller(block, depth - k0);
      for_tiles(rows, tile_rows(N), [&](Index first, int tile) {
        Vec acc[tile_rows(N)][N];
        float* const row = slots + first * gate_row;
        for (int m = 0; m < tile; ++m) {
          GATEWISE_UNROLL
          for (int n = 0; n < N; ++n) {
            const bool begins = k0 == 0 && n >= to.started;
            acc[m][n] = begins ? load(bias + n * kWidth) : load_lanes(row + m * gate_row + n * lanes, lanes);
          }
        }
        with_precision(weights.precision, [&]<class Kind>() {
          const auto w = block_of<Kind, N>(weights, panel, depth, k0, count);
          with_rows<tile_rows(N)>(
              tile, [&]<int M>() { multiply_block<Kind, M, N>(acc[0], a + first * a_row + k0, a_row, w); });
        });
        for (int m = 0; m < tile; ++m) {
          GATEWISE_UNROLL
          for (int n = 0; n < N; ++n) store_lanes(row + m * gate_row + n * lanes, acc[m][n], lanes);
        }
      });
      k0 += block;
    } while (k0 < depth);
  }
}

// The same of a run-time number of gates.
inline void slots_product(const SlotTarget& to, int gates, const UnitWeights& weights, const float* a, Index a_row,
                          Index depth, Index rows) {
  with_vectors(gates * kWidth, [&]<int N>() { slots_product_of<N>(to, weights, a, a_row, depth, rows); });
}

GATEWISE_KERNEL_END
