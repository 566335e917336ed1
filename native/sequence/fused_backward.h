// The step of a fused cell, backward: the state's product with the dgates of the step after, then the cell's gradients, a
// tile of rows and units at a time, all in registers.
#pragma once
#include "../gemm/gemm.h"
#include "backward_layout.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

// The cell's gradients of one vector of units in a row, given what came to h.
template <class Cell>
GATEWISE_INLINE void finish_vector(const ScanBackward& job, const BackwardRows& rows, Index row, Index unit, int lanes,
                                   Vec dh) {
  constexpr int S = Cell::kSlots;
  static_assert(Cell::kGradSlots == S, "a fused cell's dgates take the place of its gates");
  const Index gate_row = S * job.size.hidden;
  float* const carry = rows.carry + row * job.size.hidden + unit;
  Vec dcarried = load_lanes(carry, lanes);
  if (!rows.gates) {
    store_lanes(rows.dh + row * job.size.hidden + unit, Cell::kHasCell ? dh : add(dh, dcarried), lanes);
    return;
  }
  const float* const tape = rows.gates + row * gate_row + unit * S;
  Vec slots[S], dgates[S];
  GATEWISE_UNROLL
  for (int s = 0; s < S; ++s) slots[s] = load_lanes(tape + s * lanes, lanes);
  const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
  const Vec c = Cell::kHasCell ? load_lanes(rows.cells + row * job.size.hidden + unit, lanes) : zero();
  Cell::backward_step(slots, carried, c, dh, dcarried, dgates);
  float* const to = rows.dgates + row * gate_row + unit * S;
  GATEWISE_UNROLL
  for (int s = 0; s < S; ++s) store_lanes(to + s * lanes, dgates[s], lanes);
  store_lanes(carry, dcarried, lanes);
}

// A part of W_hhᵀ's product with the dgates: of K, which is `depth` deep, some numbers from `first` on.
struct StatePart {
  Runs runs;
  Index first;
  Index depth;
  bool begins() const { return first == 0; }
  bool ends() const { return first + runs.depth() == depth; }
};

// Fetches what the cell's gradients of a tile are made of: `columns` units of `tile` rows of the tape.
template <class Cell>
GATEWISE_INLINE void fetch_tape(const BackwardRows& rows, Index hidden, Index first, int tile, Index unit,
                                int columns) {
  for (Index row = first; row < first + tile; ++row) {
    prefetch_floats(rows.gates + (row * hidden + unit) * Cell::kSlots, columns * Cell::kSlots);
    if (Cell::kHasCell) prefetch_floats(rows.cells + row * hidden + unit, columns);
    if (rows.carried) prefetch_floats(rows.carried + row * rows.carried_row + unit, columns);
  }
}

// One tile: `tile` rows of the N vectors of units that a column panel of W_hh spans. Until the last part of K, its sums wait in
// the place of its dgates, or of dL/dh_0. `far` tells that the tape is in no near cache: it is then fetched while the product
// goes on.
template <class Cell, int N>
GATEWISE_INLINE void backward_tile(const ScanBackward& job, const BackwardRows& rows, const StatePart& part,
                                   const float* panel, Index first, int tile, Index unit, int columns, bool far) {
  const auto lanes_of = [&](int n) { return n == N - 1 ? columns - n * kWidth : kWidth; };
  const Index gate_row = Cell::kSlots * job.size.hidden;
  const Index sum_row = rows.gates ? gate_row : job.size.hidden;
  float* const sums = (rows.gates ? rows.dgates + unit * Cell::kSlots : rows.dh + unit) + first * sum_row;
  Vec acc[tile_rows(N) * N];
  for (int m = 0; m < tile; ++m) {
    for (int n = 0; n < N; ++n) {
      const int lanes = lanes_of(n);
      const Index at = unit + n * kWidth;
      Vec& sum = acc[m * N + n];
      if (!part.begins()) {
        sum = load_lanes(sums + m * sum_row + n * kWidth, lanes);
        continue;
      }
      sum = rows.dout.rows ? load_lanes(rows.dout.row(first + m) + at, lanes) : zero();
      if (rows.dhn) sum = add(sum, load_lanes(rows.dhn + (first + m) * job.size.hidden + at, lanes));
    }
  }
  if (far && part.ends()) fetch_tape<Cell>(rows, job.size.hidden, first, tile, unit, columns);
  if (rows.next) {
    constexpr Index kStep = N * kWidth;
    const float* const block = panel + part.first * kStep;
    // The block that comes next is the next panel's.
    const float* const next = rows.turned ? block - part.depth * kPanelColumns : block + part.depth * kStep;
    const void* const fetched =
        fetched_by(tile, first, part.depth * job.size.hidden, next, kStep * Index{sizeof(float)}, part.runs.depth());
    with_rows<tile_rows(N)>(tile, [&]<int M>() {
      multiply_runs<M, N>(acc, rows.next + first * gate_row, gate_row, part.runs, block, fetched);
    });
  }
  for (int m = 0; m < tile; ++m) {
    for (int n = 0; n < N; ++n) {
      if (part.ends()) {
        finish_vector<Cell>(job, rows, first + m, unit + n * kWidth, lanes_of(n), acc[m * N + n]);
      } else {
        store_lanes(sums + m * sum_row + n * kWidth, acc[m * N + n], lanes_of(n));
      }
    }
  }
}

// K is cut where tiles share a panel that would fill L2. All panels take one part before the next: the rows' part, from
// which all of them compute, stays there then.
template <class Cell>
inline void fused_backward(const BackwardFrame& frame, const BackwardRows& rows, Range panels) {
  const ScanBackward& job = frame.job;
  constexpr int kRows = tile_rows(kPanelVectors);
  constexpr Index kDeepest = 4 * kBlockDepth;
  const Runs runs = slot_runs(job.size.hidden, Cell::kSlots, Cell::kStateSlot, Cell::kGates);
  const float* const weights = job.weights + frame.weights.state_back;
  const Index depth = runs.depth();
  const bool far = rows.gates && rows.next && tape_is_far<Cell>(job.rows, job.size.hidden);
  const bool cuts = rows.next && rows.count > kRows && depth > kDeepest;
  const Index block = cuts ? even_blocks(runs) : depth;
  for (Index k0 = 0; k0 < depth; k0 += block) {
    const StatePart part{part_of(runs, k0, smaller(block, depth - k0)), k0, depth};
    for (Index done = 0; done < panels.size(); ++done) {
      const Index panel = rows.turned ? panels.last - 1 - done : panels.first + done;
      const Index unit = panel * kPanelColumns;
      const int columns = smaller(kPanelColumns, job.size.hidden - unit);
      with_vectors(columns, [&]<int N>() {
        for_tiles(rows.count, tile_rows(N), [&](Index first, int tile) {
          backward_tile<Cell, N>(job, rows, part, weights + unit * depth, first, tile, unit, columns, far);
        });
      });
    }
  }
}

GATEWISE_KERNEL_END
