// The step of a fused cell, forward: the state's product, the input's too where it has none of its own, then the cell's
// equations, a tile of rows and units at a time, all in registers.
#pragma once
#include "../gemm/unit_product.h"
#include "forward_layout.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

// Fetches what the tile after this one, of `tile` rows from `first` on, begins with: the next rows' sums, or the next panel's.
template <class Cell>
GATEWISE_INLINE void fetch_next_sums(const ForwardRows& rows, Index hidden, Index first, int tile, Index panel) {
  constexpr Index kSums = Cell::kSlots * kWidth;
  const Index row = Cell::kSlots * hidden;
  const bool same_panel = first + tile < rows.count;
  const float* const sums = rows.gates + (same_panel ? (first + tile) * row + panel * kSums : (panel + 1) * kSums);
  for (int m = 0; m < tile; ++m) prefetch_floats(sums + m * row, kSums);
}

// What a tile multiplies with. Kept apart from the frame, of which the compiler cannot know that no tile writes to it.
struct FusedWeights {
  const UnitWeights input;
  const UnitWeights state;
  const float* bias;
  const bool merged;
  explicit FusedWeights(const ForwardFrame& frame)
      : input(frame.weights.input_of(frame.job.weights)),
        state(frame.weights.state_of(frame.job.weights)),
        bias(frame.job.weights + frame.weights.bias),
        merged(frame.merged) {}
};

// One tile: M rows of the L units of a panel, over `depth` of the state from k0 on. `far` tells that what it writes to is in
// no near cache: it is then fetched while the product goes on, since stores wait for one another.
template <class Cell, int M>
GATEWISE_INLINE void forward_tile(const ScanForward& job, const FusedWeights& weights, const ForwardRows& rows,
                                  Index first, Index panel, Index k0, Index depth, bool last, bool far) {
  constexpr int G = Cell::kGates;
  constexpr int S = Cell::kSlots;
  const bool merged = weights.merged;
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, job.size.hidden - unit);
  const Index gate_row = S * job.size.hidden;
  const float* bias = weights.bias + panel * S * kWidth;
  float* const tape = rows.gates + first * gate_row + unit * S;

  if (!merged && k0 == 0) fetch_next_sums<Cell>(rows, job.size.hidden, first, M, panel);
  if (far) {
    for (int m = 0; m < M && merged; ++m) prefetch_floats(tape + m * gate_row, S * lanes);
    for (int m = 0; m < M && Cell::kHasCell; ++m)
      prefetch_floats(rows.cells + (first + m) * job.size.hidden + unit, lanes);
  }
  Vec acc[M][S];
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) {
      const bool from_input = s >= Cell::kInputSlot && s < Cell::kInputSlot + G;
      const bool from_tape = k0 > 0 || (from_input && !merged);
      acc[m][s] = from_tape ? load_lanes(tape + m * gate_row + s * lanes, lanes) : load(bias + s * kWidth);
    }
  }
  if (merged && k0 == 0) {
    multiply<M, G, Cell::kInputSlot>(acc, rows.x + first * job.size.input, job.size.input, first, weights.input, panel,
                                     job.size.input, 0, job.size.input);
  }
  if (rows.h) {
    multiply<M, G, Cell::kStateSlot>(acc, rows.h + first * rows.h_row + k0, rows.h_row, first, weights.state, panel,
                                     job.size.hidden, k0, depth);
  }
  if (last) {
    for (int m = 0; m < M; ++m) {
      const Index row = first + m;
      const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
      Vec h, c;
      Cell::forward_step(acc[m], carried, h, c);
      store_lanes(rows.out + row * job.out_row + unit, h, lanes);
      if constexpr (Cell::kHasCell) store_lanes(rows.cells + row * job.size.hidden + unit, c, lanes);
    }
  }
  if (last && !job.tape) return;
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) store_lanes(tape + m * gate_row + s * lanes, acc[m][s], lanes);
  }
}

// One step of some rows, for unit panels first..last. K is cut where several tiles share a panel's block.
template <class Cell>
inline void fused_forward(const ForwardFrame& frame, const ForwardRows& rows, Range panels) {
  constexpr int kRows = tile_rows(Cell::kGates);
  const ScanForward& job = frame.job;
  const FusedWeights weights(frame);
  const Index depth = rows.h ? job.size.hidden : 0;
  const Index block = depth_of_blocks(weights.state, rows.count, kRows, job.size.hidden);
  const Index tape = job.rows.offsets[job.rows.steps] * (Cell::kSlots + Cell::kHasCell) * job.size.hidden;
  const bool far = job.tape && tape > kNearCache;
  for (Index panel = panels.first; panel < panels.last; ++panel) {
    Index k0 = 0;
    do {
      const bool last = k0 + block >= depth;
      const Index count = last ? depth - k0 : block;
      for_tiles(rows.count, kRows, [&](Index first, int tile) {
        with_rows<kRows>(tile, [&]<int M>() {
          forward_tile<Cell, M>(job, weights, rows, first, panel, k0, count, last, far && k0 == 0);
        });
      });
      k0 += block;
    } while (k0 < depth);
  }
}

GATEWISE_KERNEL_END
