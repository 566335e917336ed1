// A scan forward over a sequence: the input's part of many steps in one product, then the steps one after another,
// with gates and states computed in registers behind the state's product.
#pragma once
#include "../gemm/gemm.h"
#include "steps.h"
#include "weights.h"

GATEWISE_KERNEL_BEGIN

// Whether the input goes through within the step instead of in a product of its own: the pre-activations are then spared
// a journey to memory and back, and the members of a team a meeting. It pays for narrow inputs, and where a member has
// rows enough to use weights that fit the cache beside the state's. The order of the sums, and so the bits, is the same.
template <class Cell>
inline bool merges_input(const ScanForward& job, const Team& team) {
  constexpr Index kNarrow = 32;
  constexpr Index kRowsEnough = 12;
  constexpr Index kCacheShare = 64 * 1024;  // floats
  const Index rows = job.split == Split::kRows ? job.rows.batch / team.size : job.rows.batch;
  return job.input <= kNarrow || (rows >= kRowsEnough && Cell::kGates * job.hidden * job.input <= kCacheShare);
}

// Rows of one step that share a source of state.
struct ForwardRows {
  Index count;
  const float* x;  // [count, I], for a merged input
  const float* h;  // h_{t-1}, h_row apart; null for zeros
  Index h_row;
  const float* carried;  // the carried state of t-1, carried_row apart; null for zeros
  Index carried_row;
  float* gates;  // [count, S·H]
  float* cells;  // [count, H], for a cell with c
  float* out;    // [count, H], out_row apart
};

// The input's slots of rows of the tape: bias + W_ih x, for all unit panels.
template <class Cell>
inline void input_product(const ScanForward& job, const float* x, float* gates, Index rows) {
  constexpr int N = Cell::kGates;
  constexpr Index kStep = N * kWidth;
  const WeightLayout<Cell> at(job.input, job.hidden);
  const Index gate_row = Cell::kSlots * job.hidden;
  const Index block = rows > tile_rows(N) ? block_depth(kStep) : job.input;
  for (Index unit = 0; unit < job.hidden; unit += kWidth) {
    const int lanes = smaller(kWidth, job.hidden - unit);
    const Index panel = unit / kWidth;
    const float* weights = job.weights + at.input + panel * job.input * kStep;
    const float* bias = job.weights + at.bias + (panel * Cell::kSlots + Cell::kInputSlot) * kWidth;
    float* const slots = gates + unit * Cell::kSlots + Cell::kInputSlot * lanes;
    for (Index k0 = 0; k0 < job.input; k0 += block) {
      const Index depth = smaller(block, job.input - k0);
      for_tiles(rows, tile_rows(N), [&](Index first, int count) {
        with_rows<tile_rows(N)>(count, [&]<int M>() {
          Vec acc[M][N];
          float* const row = slots + first * gate_row;
          GATEWISE_UNROLL
          for (int m = 0; m < M; ++m) {
            GATEWISE_UNROLL
            for (int n = 0; n < N; ++n) {
              acc[m][n] = k0 == 0 ? load(bias + n * kWidth) : load_lanes(row + m * gate_row + n * lanes, lanes);
            }
          }
          accumulate<M, N>(acc, x + first * job.input + k0, job.input, 1, weights + k0 * kStep, kStep, depth);
          GATEWISE_UNROLL
          for (int m = 0; m < M; ++m) {
            GATEWISE_UNROLL
            for (int n = 0; n < N; ++n) store_lanes(row + m * gate_row + n * lanes, acc[m][n], lanes);
          }
        });
      });
    }
  }
}

// One tile: M rows of the L units of a panel, over `depth` of the state from k0 on.
template <class Cell, int M>
GATEWISE_INLINE void forward_tile(const ScanForward& job, const WeightLayout<Cell>& at, const ForwardRows& rows,
                                  Index first, Index panel, Index k0, Index depth, bool merged, bool last) {
  constexpr int S = Cell::kSlots;
  constexpr Index kStep = Cell::kGates * kWidth;
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, job.hidden - unit);
  const Index gate_row = S * job.hidden;
  const float* bias = job.weights + at.bias + panel * S * kWidth;
  float* const tape = rows.gates + first * gate_row + unit * S;

  Vec acc[M][S];
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int s = 0; s < S; ++s) {
      const bool from_input = s >= Cell::kInputSlot && s < Cell::kInputSlot + Cell::kGates;
      const bool from_tape = k0 > 0 || (from_input && !merged);
      acc[m][s] = from_tape ? load_lanes(tape + m * gate_row + s * lanes, lanes) : load(bias + s * kWidth);
    }
  }
  if (merged && k0 == 0) {
    multiply<M, Cell::kGates, Cell::kInputSlot>(acc, rows.x + first * job.input, job.input,
                                                job.weights + at.input + panel * job.input * kStep, job.input);
  }
  if (rows.h) {
    multiply<M, Cell::kGates, Cell::kStateSlot>(acc, rows.h + first * rows.h_row + k0, rows.h_row,
                                                job.weights + at.state + (panel * job.hidden + k0) * kStep, depth);
  }
  if (last) {
    for (int m = 0; m < M; ++m) {
      const Index row = first + m;
      const Vec carried = rows.carried ? load_lanes(rows.carried + row * rows.carried_row + unit, lanes) : zero();
      Vec h, c;
      Cell::forward_step(acc[m], carried, h, c);
      store_lanes(rows.out + row * job.out_row + unit, h, lanes);
      if constexpr (Cell::kHasCell) store_lanes(rows.cells + row * job.hidden + unit, c, lanes);
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
inline void forward_rows(const ScanForward& job, const ForwardRows& rows, Range panels, bool merged) {
  constexpr int kRows = tile_rows(Cell::kSlots);
  const WeightLayout<Cell> at(job.input, job.hidden);
  const Index depth = rows.h ? job.hidden : 0;
  const Index block = rows.count > kRows ? block_depth(Cell::kGates * kWidth) : job.hidden;
  for (Index panel = panels.first; panel < panels.last; ++panel) {
    Index k0 = 0;
    do {
      const bool last = k0 + block >= depth;
      const Index count = last ? depth - k0 : block;
      for_tiles(rows.count, kRows, [&](Index first, int tile) {
        with_rows<kRows>(tile,
                         [&]<int M>() { forward_tile<Cell, M>(job, at, rows, first, panel, k0, count, merged, last); });
      });
      k0 += block;
    } while (k0 < depth);
  }
}

// Step s of this member's part: first the rows that go on from step s - 1, then those that begin here. The step's
// gates stand from gates_row on.
template <class Cell>
inline void forward_step(const ScanForward& job, const Part& part, Index s, Index gates_row, bool merged) {
  const Steps steps{job.rows};
  const Index count = steps.count(s);
  const Index going_on = smaller(count, steps.count(s - 1));
  const Index row = steps.row(s);
  const Index previous = s > 0 ? steps.row(s - 1) : 0;
  const Range parts[2] = {intersect(part.rows, 0, going_on), intersect(part.rows, going_on, count)};
  for (int i = 0; i < 2; ++i) {
    const Range range = parts[i];
    if (range.size() == 0) continue;
    ForwardRows rows;
    rows.count = range.size();
    rows.x = job.x + (row + range.first) * job.input;
    rows.h = i == 0   ? job.out + (previous + range.first) * job.out_row
             : job.h0 ? job.h0 + range.first * job.hidden
                      : nullptr;
    rows.h_row = i == 0 ? job.out_row : job.hidden;
    if constexpr (Cell::kHasCell) {
      const float* before = i == 0 ? job.cells + (job.tape ? previous * job.hidden : 0) : job.c0;
      rows.carried = before ? before + range.first * job.hidden : nullptr;
      rows.carried_row = job.hidden;
      rows.cells = job.cells + ((job.tape ? row : 0) + range.first) * job.hidden;
    } else {
      rows.carried = rows.h;
      rows.carried_row = rows.h_row;
      rows.cells = nullptr;
    }
    rows.gates = job.gates + (gates_row + range.first) * Cell::kSlots * job.hidden;
    rows.out = job.out + (row + range.first) * job.out_row;
    forward_rows<Cell>(job, rows, part.panels, merged);
  }

  // Rows with no step after this one leave their state.
  const Range ending = intersect(part.rows, steps.count(s + 1), count);
  const Index unit = part.panels.first * kWidth;
  const Index units = smaller(part.panels.last * kWidth, job.hidden) - unit;
  for (Index b = ending.first; b < ending.last; ++b) {
    copy_floats(job.hn + b * job.hidden + unit, job.out + (row + b) * job.out_row + unit, units);
    if constexpr (Cell::kHasCell) {
      copy_floats(job.cn + b * job.hidden + unit, job.cells + ((job.tape ? row : 0) + b) * job.hidden + unit, units);
    }
  }
}

template <class Cell>
void scan_forward(const ScanForward& job, const Team& team) {
  const Steps steps{job.rows};
  const bool merged = merges_input<Cell>(job, team);
  const Part part(team, job.split, job.rows.batch, ceil_div(job.hidden, kWidth));
  for (Index s = 0; s < job.rows.steps;) {
    const Index begin = s;
    Index end = s;
    for (Index rows = 0; end < job.rows.steps && (end == begin || rows + steps.count(end) <= job.chunk_rows); ++end) {
      rows += steps.count(end);
    }
    // The chunk's rows are adjacent, whichever way the scan goes.
    const Index first = steps.rows.reverse ? steps.row(end - 1) : steps.row(begin);
    const Index last =
        steps.rows.reverse ? steps.row(begin) + steps.count(begin) : steps.row(end - 1) + steps.count(end - 1);
    const Index chunk_row = job.tape ? 0 : first;  // where the chunk's gates begin
    if (!merged) {
      const Range mine = share_of(team, last - first);
      input_product<Cell>(job, job.x + (first + mine.first) * job.input,
                          job.gates + (first - chunk_row + mine.first) * Cell::kSlots * job.hidden, mine.size());
      team.wait(team.context);
    }
    for (; s < end; ++s) {
      // A merged step without a tape only needs its own rows, to hold sums between blocks of K.
      const Index gates_row = merged && !job.tape ? 0 : steps.row(s) - chunk_row;
      forward_step<Cell>(job, part, s, gates_row, merged);
      if (part.meets) team.wait(team.context);
    }
    // Without a tape the next chunk takes the place of this one, so every member must be through with it.
    if (!merged && !job.tape) team.wait(team.context);
  }
}

GATEWISE_KERNEL_END
