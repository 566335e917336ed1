// A scan backward through a sequence: the steps from the last to the first, each the state's product with the dgates
// of the step after it and then the cell's gradients, all in registers; and, a chunk of steps at a time while their
// dgates are still in the cache, the gradients of weights, biases and input.
//
// The gradients of the weights are sums over all rows, taken in the order in which the steps are visited, whatever the
// chunk: chunks and threads do not change a bit.
#pragma once
#include "../gemm/gemm.h"
#include "steps.h"
#include "weight_gradients.h"
#include "weights.h"

GATEWISE_KERNEL_BEGIN

// How the scratch memory of a backward scan is cut.
template <class Cell>
struct BackwardLayout {
  Index dgates;  // [B + chunk_rows, S·H]: the rows of the step before the chunk, then the chunk's, in visiting order
  Index carry;   // [B, H]: gradient of the carried state, between steps
  Index dx;      // [chunk_rows, I], in visiting order
  Index sums;    // weight_gradients.h
  Index size;

  BackwardLayout(const Rows& rows, Index in, Index hidden, Index chunk_rows, int team) {
    dgates = 0;
    carry = dgates + aligned((rows.batch + chunk_rows) * Cell::kSlots * hidden);
    dx = carry + aligned(rows.batch * hidden);
    sums = dx + aligned(chunk_rows * in);
    size = sums + GradientLayout<Cell>(in, hidden, team).size;
  }
};

// Rows of one step that are treated alike.
struct BackwardRows {
  Index count;
  const float* next;     // dgates of the step after, [count, S·H]; null where the sequence ends with this step
  const float* dout;     // dout_row apart, or null
  const float* dhn;      // [count, H], or null
  const float* gates;    // [count, S·H]; null before the first step, where only dh is wanted
  const float* carried;  // the carried state of t-1, carried_row apart, or null for zeros
  Index carried_row;
  const float* cells;  // [count, H]
  float* carry;        // [count, H]
  float* dgates;       // [count, S·H]
  float* dh;           // [count, H]: dL/dh before the first step, where gates is null
};

// The cell's gradients of one vector of units in M rows, given what came to h.
template <class Cell, int M, int N>
GATEWISE_INLINE void finish_tile(const ScanBackward& job, const BackwardRows& rows, Index first, Index unit, int lanes,
                                 int n, const Vec (&acc)[M][N]) {
  constexpr int S = Cell::kSlots;
  const Index gate_row = S * job.hidden;
  for (int m = 0; m < M; ++m) {
    const Index row = first + m;
    float* const carry = rows.carry + row * job.hidden + unit;
    Vec dcarried = load_lanes(carry, lanes);
    if (!rows.gates) {
      store_lanes(rows.dh + row * job.hidden + unit, Cell::kHasCell ? acc[m][n] : add(acc[m][n], dcarried), lanes);
      continue;
    }
    const float* const tape = rows.gates + row * gate_row + unit * S;
    Vec slots[S], dgates[S];
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) slots[s] = load_lanes(tape + s * lanes, lanes);
    const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
    const Vec c = Cell::kHasCell ? load_lanes(rows.cells + row * job.hidden + unit, lanes) : zero();
    Cell::backward_step(slots, carried, c, acc[m][n], dcarried, dgates);
    float* const to = rows.dgates + row * gate_row + unit * S;
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) store_lanes(to + s * lanes, dgates[s], lanes);
    store_lanes(carry, dcarried, lanes);
  }
}

// One tile: M rows of the N vectors of units that a column panel of W_hh spans.
template <class Cell, int M, int N>
GATEWISE_INLINE void backward_tile(const ScanBackward& job, const BackwardRows& rows, const Runs& runs,
                                   const float* weights, Index first, Index unit, int last_lanes) {
  Vec acc[M][N];
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) {
      const int lanes = n == N - 1 ? last_lanes : kWidth;
      const Index at = unit + n * kWidth;
      acc[m][n] = rows.dout ? load_lanes(rows.dout + (first + m) * job.dout_row + at, lanes) : zero();
      if (rows.dhn) acc[m][n] = add(acc[m][n], load_lanes(rows.dhn + (first + m) * job.hidden + at, lanes));
    }
  }
  if (rows.next) {
    const Index gate_row = Cell::kSlots * job.hidden;
    multiply_runs(acc, rows.next + first * gate_row, gate_row, runs, weights);
  }
  for (int n = 0; n < N; ++n) {
    finish_tile<Cell, M, N>(job, rows, first, unit + n * kWidth, n == N - 1 ? last_lanes : kWidth, n, acc);
  }
}

template <class Cell>
inline void backward_rows(const ScanBackward& job, const BackwardRows& rows, Range panels) {
  const Runs runs = slot_runs(job.hidden, Cell::kSlots, Cell::kStateSlot, Cell::kGates);
  const float* const weights = job.weights + WeightLayout<Cell>(job.input, job.hidden).state_back;
  const Index depth = Cell::kGates * job.hidden;
  for (Index panel = panels.first; panel < panels.last; ++panel) {
    const Index unit = panel * kPanelColumns;
    const Index columns = smaller(kPanelColumns, job.hidden - unit);
    with_vectors(columns, [&]<int N>() {
      for_tiles(rows.count, tile_rows(N), [&](Index first, int tile) {
        with_rows<tile_rows(N)>(tile, [&]<int M>() {
          backward_tile<Cell, M, N>(job, rows, runs, weights + unit * depth, first, unit,
                                    static_cast<int>(columns - (N - 1) * kWidth));
        });
      });
    });
  }
}

template <class Cell>
struct BackwardScan {
  const ScanBackward& job;
  const Team& team;
  const Steps steps;
  const BackwardLayout<Cell> at;
  const Part part;
  static constexpr int kSlots = Cell::kSlots;

  BackwardScan(const ScanBackward& j, const Team& t)
      : job(j),
        team(t),
        steps{j.rows},
        at(j.rows, j.input, j.hidden, j.chunk_rows, t.size),
        part(t, j.split, j.rows.batch, ceil_div(j.hidden, kPanelColumns)) {}

  float* dgates(Index row) const { return job.scratch + at.dgates + row * kSlots * job.hidden; }
  float* carry(Index b) const { return job.scratch + at.carry + b * job.hidden; }

  // dL/dh_0 of rows whose first step is the one at next_row of the dgates.
  void begin_rows(Range range, Index next_row) const {
    if (range.size() == 0) return;
    BackwardRows rows{};
    rows.count = range.size();
    rows.next = dgates(next_row + range.first);
    rows.carry = carry(range.first);
    rows.dh = job.dh0 + range.first * job.hidden;
    backward_rows<Cell>(job, rows, part.panels);
  }

  // Step s, its dgates going to `row` of the scratch; those of step s + 1 stand from next_row on.
  void step(Index s, Index row, Index next_row) const {
    const Index count = steps.count(s);
    const Index after = steps.count(s + 1);
    const Index before = steps.count(s - 1);
    // Rows that began with step s + 1 are done: what is left of their gradient belongs to h_0.
    begin_rows(intersect(part.rows, count, after), next_row);

    // By whether the row goes on to step s + 1, and whether it came from step s - 1: a cut at each count.
    const Index low = smaller(after, before) < count ? smaller(after, before) : count;
    const Index high = after > before ? after : before;
    const Index cuts[4] = {0, low, high < count ? high : count, count};
    for (int i = 0; i < 3; ++i) {
      const Range range = intersect(part.rows, cuts[i], cuts[i + 1]);
      if (range.size() == 0) continue;
      const bool goes_on = cuts[i] < after;
      const bool came = cuts[i] < before;
      const Index first = steps.row(s) + range.first;
      const Index previous = came ? steps.row(s - 1) + range.first : 0;
      BackwardRows rows{};
      rows.count = range.size();
      rows.next = goes_on ? dgates(next_row + range.first) : nullptr;
      rows.dout = job.dout ? job.dout + first * job.dout_row : nullptr;
      rows.dhn = !goes_on && job.dhn ? job.dhn + range.first * job.hidden : nullptr;
      rows.gates = job.gates + first * kSlots * job.hidden;
      if constexpr (Cell::kHasCell) {
        rows.carried = came ? job.cells + previous * job.hidden : job.c0 ? job.c0 + range.first * job.hidden : nullptr;
        rows.carried_row = job.hidden;
        rows.cells = job.cells + first * job.hidden;
      } else {
        rows.carried = came ? job.out + previous * job.out_row : job.h0 ? job.h0 + range.first * job.hidden : nullptr;
        rows.carried_row = came ? job.out_row : job.hidden;
      }
      rows.carry = carry(range.first);
      rows.dgates = dgates(row + range.first);
      backward_rows<Cell>(job, rows, part.panels);
    }
  }

  void run() const {
    const Index batch = job.rows.batch;
    const GradientLayout<Cell> sums(job.input, job.hidden, team.size);
    WeightGradients<Cell> gradients{job, team, job.scratch + at.sums, sums};
    gradients.clear();

    // Each member sets out its own rows or units of the carried gradient.
    const Index unit = part.panels.first * kPanelColumns;
    const Index units = smaller(part.panels.last * kPanelColumns, job.hidden) - unit;
    for (Index b = part.rows.first; b < part.rows.last && units > 0; ++b) {
      if (Cell::kHasCell && job.dcn) {
        copy_floats(carry(b) + unit, job.dcn + b * job.hidden + unit, units);
      } else {
        zero_floats(carry(b) + unit, units);
      }
    }

    Index next_row = 0;
    for (Index s = job.rows.steps; s > 0;) {
      const Index top = s;  // this chunk: steps s - 1, s - 2, … while they fit
      Index filled = 0;
      while (s > 0 && (s == top || filled + steps.count(s - 1) <= job.chunk_rows)) {
        --s;
        step(s, batch + filled, next_row);
        if (part.meets) team.wait(team.context);
        next_row = batch + filled;
        filled += steps.count(s);
      }
      team.wait(team.context);
      gradients.add_chunk(dgates(batch), top, s, filled);
      if (job.dx) input_gradient(top, s, filled);
      // The next chunk's first step needs the dgates of this one's last.
      if (team.index == 0) copy_floats(dgates(0), dgates(next_row), steps.count(s) * kSlots * job.hidden);
      next_row = 0;
      team.wait(team.context);
    }
    begin_rows(intersect(part.rows, 0, steps.count(0)), next_row);
    gradients.finish();
    if constexpr (Cell::kHasCell) {
      for (Index b = part.rows.first; b < part.rows.last && units > 0; ++b) {
        copy_floats(job.dc0 + b * job.hidden + unit, carry(b) + unit, units);
      }
    }
  }

  // dx = dgates · W_ih for this member's share of the chunk's rows, then each to its place in time.
  void input_gradient(Index top, Index bottom, Index filled) const {
    const Range mine = share_of(team, filled);
    if (mine.size() == 0) return;
    float* const dx = job.scratch + at.dx + mine.first * job.input;
    const Index gate_row = kSlots * job.hidden;
    column_product(dx, job.input, dgates(job.rows.batch + mine.first), gate_row,
                   slot_runs(job.hidden, kSlots, Cell::kInputSlot, Cell::kGates),
                   job.weights + WeightLayout<Cell>(job.input, job.hidden).input_back, nullptr, mine.size(), job.input);
    Index at_row = 0;
    for (Index s = top; s > bottom && at_row < mine.last;) {
      --s;
      const Range range = intersect(mine, at_row, at_row + steps.count(s));
      if (range.size() > 0) {
        const float* from = dx + (range.first - mine.first) * job.input;
        float* to = job.dx + (steps.row(s) + range.first - at_row) * job.input;
        const Index count = range.size() * job.input;
        if (job.dx_add) {
          for (Index i = 0; i < count; ++i) to[i] += from[i];
        } else {
          copy_floats(to, from, count);
        }
      }
      at_row += steps.count(s);
    }
  }
};

template <class Cell>
void scan_backward(const ScanBackward& job, const Team& team) {
  BackwardScan<Cell>(job, team).run();
}

GATEWISE_KERNEL_END
