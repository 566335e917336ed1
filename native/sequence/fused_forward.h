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

// Units of a panel.
GATEWISE_INLINE int lanes_of(const ScanForward& job, Index panel) {
  return smaller(kWidth, job.size.hidden - panel * kWidth);
}

// What a tile multiplies with. Kept apart from the frame, of which the compiler cannot know that no tile writes to it.
struct FusedWeights {
  const UnitWeights input;
  const UnitWeights state;
  const float* bias;
  const bool merged;
  FusedWeights(const ForwardFrame& frame, const ForwardRows& rows)
      : input(frame.weights.input_of(frame.job.weights)),
        state(frame.weights.state_of(frame.job.weights)),
        bias(frame.job.weights + frame.weights.bias),
        merged(rows.merged) {}
};

// The sums of a tile of M rows from `first` on, for the units of a panel, or of P from it on, over `depth` of the state from k0
// on. Those of the first part of K begin with the bias, or the input's product where that was made before; later ones with what
// the part before left in the place of the slots, which are gate_row apart.
template <class Cell, int M, int P = 1>
GATEWISE_INLINE void sum_gates(Vec (*sums)[Cell::kSlots], const ScanForward& job, const FusedWeights& weights,
                               const ForwardRows& rows, const float* slots, Index gate_row, Index first, Index panel,
                               Index k0, Index depth) {
  constexpr int G = Cell::kGates;
  constexpr int S = Cell::kSlots;
  constexpr int kFrom = Cell::kInputSlot;
  const float* const bias = weights.bias + panel * S * kWidth;
  const bool begins = k0 == 0;
  const bool from_bias = begins && weights.merged;
  for (int m = 0; m < P * M && !from_bias; ++m) {
    const int p = m / M;
    const int lanes = lanes_of(job, panel + p);
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) {
      const bool made = !begins || (s >= kFrom && s < kFrom + G);
      sums[m][s] = made ? load_lanes(slots + p * S * kWidth + m % M * gate_row + s * lanes, lanes)
                        : load(bias + (p * S + s) * kWidth);
    }
  }
  const float* const x = from_bias ? rows.x + first * job.size.input : nullptr;
  const float* const h = rows.h ? rows.h + first * rows.h_row + k0 : nullptr;
  const TileFactor input{x, job.size.input, weights.input, job.size.input, 0, job.size.input};
  const TileFactor state{h, rows.h_row, weights.state, job.size.hidden, k0, depth};
  with_precision(weights.state.precision, [&]<class Kind>() {
    if constexpr (P <= panels_of_row<Kind, G>()) {
      sum_tile<Kind, M, G, kFrom, Cell::kStateSlot, P>(sums, from_bias ? bias : nullptr, input, state, first, panel);
    }
  });
}

// The cell's equations on whole sums.
template <class Cell>
GATEWISE_INLINE void finish_sums(Vec (&sums)[Cell::kSlots], const ScanForward& job, const ForwardRows& rows, Index row,
                                 Index unit, int lanes) {
  const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
  Vec h, c;
  Cell::forward_step(sums, carried, h, c);
  store_lanes(rows.out + row * job.out_row + unit, h, lanes);
  if (rows.result.rows) store_lanes(rows.result.row(row) + unit, h, lanes);
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
  constexpr int S = Cell::kSlots;
  const bool merged = weights.merged;
  const Index unit = panel * kWidth;
  const int lanes = lanes_of(job, panel);
  const Index gate_row = S * job.size.hidden;
  float* const tape = rows.gates + first * gate_row + unit * S;

  if (!merged && k0 == 0) fetch_next_sums<Cell>(rows, job.size.hidden, first, M, panel);
  if (far) {
    for (int m = 0; m < M && merged; ++m) prefetch_floats(tape + m * gate_row, S * lanes);
    for (int m = 0; m < M && Cell::kHasCell; ++m)
      prefetch_floats(rows.cells + (first + m) * job.size.hidden + unit, lanes);
    // A processor foresees rows that follow one another, not those of sequences in some order.
    for (int m = 0; m < M && rows.result.order; ++m)
      prefetch_floats(rows.result.row(first + m) + rows.result_step + unit, lanes);
  }
  Vec acc[M][S];
  sum_gates<Cell, M>(acc, job, weights, rows, tape, gate_row, first, panel, k0, depth);
  for (int m = 0; m < M; ++m) {
    if (last) finish_sums<Cell>(acc[m], job, rows, first + m, unit, lanes);
    if (!last || job.tape) store_slots(tape + m * gate_row, acc[m], lanes);
  }
}

// A step of M rows, few ones. The equations of a vector are a chain of operations that wait for one another, longer than what a
// processor looks ahead into the next panel's product: so those of several panels follow their products together.
template <class Cell, int M>
inline void forward_few(const ScanForward& job, const FusedWeights& weights, const ForwardRows& rows, Range panels) {
  constexpr int S = Cell::kSlots;
  constexpr int kTogether = M <= 2 ? 4 : 2;
  constexpr int kMost = M == 1 ? 2 : 1;
  const int at_once = smaller(kMost, panels_of_row<Cell::kGates>(weights.state.precision));
  const Index gate_row = S * job.size.hidden;
  for (Index done = 0; done < panels.size(); done += kTogether) {
    const int count = smaller(kTogether, panels.size() - done);
    const Index first = rows.turned ? panels.last - done - count : panels.first + done;
    Vec acc[kTogether * M][S];
    for (int summed = 0, some; summed < count; summed += some) {
      some = smaller(at_once, count - summed);
      const int p = rows.turned ? count - summed - some : summed;
      with_rows<kMost>(some, [&]<int P>() {
        const float* const slots = rows.gates + (first + p) * kWidth * S;
        sum_gates<Cell, M, P>(acc + p * M, job, weights, rows, slots, gate_row, 0, first + p, 0, job.size.hidden);
      });
    }
    for (int p = 0; p < count; ++p) {
      const Index unit = (first + p) * kWidth;
      const int lanes = lanes_of(job, first + p);
      for (int m = 0; m < M; ++m) {
        finish_sums<Cell>(acc[p * M + m], job, rows, m, unit, lanes);
        if (job.tape) store_slots(rows.gates + m * gate_row + unit * S, acc[p * M + m], lanes);
      }
    }
  }
}

// One step of some rows, for unit panels first..last. Several are never cut into tiles of one. K is cut where several tiles share a panel's block.
template <class Cell>
inline void fused_forward(const ForwardFrame& frame, const ForwardRows& rows, Range panels) {
  constexpr int kRows = tile_rows(Cell::kGates);
  constexpr int kFew = 3;
  const ScanForward& job = frame.job;
  const FusedWeights weights(frame, rows);
  const bool far = job.tape && tape_is_far<Cell>(job.rows, job.size.hidden);
  // Not where several panels of several rows would wait to be stored far away at once.
  if (rows.count == 1 || (rows.count <= kFew && !far)) {
    return with_rows<kFew>(static_cast<int>(rows.count),
                           [&]<int M>() { forward_few<Cell, M>(job, weights, rows, panels); });
  }
  const Index depth = rows.h ? job.size.hidden : 0;
  const Index block = depth_of_blocks(weights.state, rows.count, kRows, job.size.hidden);
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
