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

// What the sums of a row and the L units of a panel from `unit` on begin with: of the first part of K the bias, or the input's
// product where that was made before; later what the part before left in the place of the slots.
template <class Cell>
GATEWISE_INLINE void begin_sums(Vec (&sums)[Cell::kSlots], const float* slots, const float* bias, int lanes,
                                bool merged, bool first_part) {
  constexpr int kFrom = Cell::kInputSlot;
  GATEWISE_UNROLL
  for (int s = 0; s < Cell::kSlots; ++s) {
    const bool from_input = s >= kFrom && s < kFrom + Cell::kGates;
    const bool made = !first_part || (from_input && !merged);
    sums[s] = made ? load_lanes(slots + s * lanes, lanes) : load(bias + s * kWidth);
  }
}

// The cell's equations on whole sums.
template <class Cell>
GATEWISE_INLINE void finish_sums(Vec (&sums)[Cell::kSlots], const ScanForward& job, const ForwardRows& rows, Index row,
                                 Index unit, int lanes) {
  const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
  Vec h, c;
  Cell::forward_step(sums, carried, h, c);
  store_lanes(rows.out + row * job.out_row + unit, h, lanes);
  if constexpr (Cell::kHasCell) store_lanes(rows.cells + row * job.size.hidden + unit, c, lanes);
}

template <int S>
GATEWISE_INLINE void store_slots(float* slots, const Vec (&sums)[S], int lanes) {
  GATEWISE_UNROLL
  for (int s = 0; s < S; ++s) store_lanes(slots + s * lanes, sums[s], lanes);
}

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
  float* const tape = rows.gates + first * gate_row + unit * S;

  if (!merged && k0 == 0) fetch_next_sums<Cell>(rows, job.size.hidden, first, M, panel);
  if (far) {
    for (int m = 0; m < M && merged; ++m) prefetch_floats(tape + m * gate_row, S * lanes);
    for (int m = 0; m < M && Cell::kHasCell; ++m)
      prefetch_floats(rows.cells + (first + m) * job.size.hidden + unit, lanes);
  }
  Vec acc[M][S];
  for (int m = 0; m < M; ++m) {
    begin_sums<Cell>(acc[m], tape + m * gate_row, weights.bias + unit * S, lanes, merged, k0 == 0);
  }
  if (merged && k0 == 0) {
    multiply<M, G, Cell::kInputSlot>(acc, rows.x + first * job.size.input, job.size.input, first, weights.input, panel,
                                     job.size.input, 0, job.size.input);
  }
  if (rows.h) {
    multiply<M, G, Cell::kStateSlot>(acc, rows.h + first * rows.h_row + k0, rows.h_row, first, weights.state, panel,
                                     job.size.hidden, k0, depth);
  }
  for (int m = 0; m < M && last; ++m) finish_sums<Cell>(acc[m], job, rows, first + m, unit, lanes);
  if (last && !job.tape) return;
  for (int m = 0; m < M; ++m) store_slots(tape + m * gate_row, acc[m], lanes);
}

// A step of a single row. The equations of one vector are a chain of operations that wait for one another, longer than what a
// processor looks ahead into the next panel's product: so those of several panels follow their products together.
template <class Cell>
inline void forward_row(const ScanForward& job, const FusedWeights& weights, const ForwardRows& rows, Range panels) {
  constexpr int G = Cell::kGates;
  constexpr int S = Cell::kSlots;
  constexpr int kTogether = 4;
  const auto lanes_of = [&](Index unit) { return smaller(kWidth, job.size.hidden - unit); };
  for (Index first = panels.first; first < panels.last; first += kTogether) {
    const int count = smaller(kTogether, panels.last - first);
    Vec acc[kTogether][1][S];
    for (int p = 0; p < count; ++p) {
      const Index unit = (first + p) * kWidth;
      begin_sums<Cell>(acc[p][0], rows.gates + unit * S, weights.bias + unit * S, lanes_of(unit), weights.merged, true);
    }
    for (int p = 0; p < count && weights.merged; ++p) {
      multiply<1, G, Cell::kInputSlot>(acc[p], rows.x, 0, 0, weights.input, first + p, job.size.input, 0,
                                       job.size.input);
    }
    for (int p = 0; p < count && rows.h; ++p) {
      multiply<1, G, Cell::kStateSlot>(acc[p], rows.h, 0, 0, weights.state, first + p, job.size.hidden, 0,
                                       job.size.hidden);
    }
    for (int p = 0; p < count; ++p) {
      const Index unit = (first + p) * kWidth;
      finish_sums<Cell>(acc[p][0], job, rows, 0, unit, lanes_of(unit));
      if (job.tape) store_slots(rows.gates + unit * S, acc[p][0], lanes_of(unit));
    }
  }
}

// One step of some rows, for unit panels first..last. Several are never cut into tiles of one. K is cut where several tiles share a panel's block.
template <class Cell>
inline void fused_forward(const ForwardFrame& frame, const ForwardRows& rows, Range panels) {
  constexpr int kRows = tile_rows(Cell::kGates);
  const ScanForward& job = frame.job;
  const FusedWeights weights(frame);
  if (rows.count == 1) return forward_row<Cell>(job, weights, rows, panels);
  const Index depth = rows.h ? job.size.hidden : 0;
  const Index block = depth_of_blocks(weights.state, rows.count, kRows, job.size.hidden);
  const bool far = job.tape && tape_is_far<Cell>(job.rows, job.size.hidden);
  for (Index panel = panels.first; panel < panels.last; ++panel) {
    Index k0 = 0;
    do {
      const bool last = k0 + block >= depth;
      const Index count = last ? depth - k0 : block;
      for_tiles(rows.count, kRows, [&](Index first, int tile) {
        with_rows<kRows, 2>(tile, [&]<int M>() {
          forward_tile<Cell, M>(job, weights, rows, first, panel, k0, count, last, far && k0 == 0);
        });
      });
      k0 += block;
    } while (k0 < depth);
  }
}

GATEWISE_KERNEL_END
