// A scan forward over a sequence: the input's part of many steps in one product, then the steps one after another,
// with gates and states computed in registers behind the state's product.
#pragma once
#include "slots_product.h"
#include "staged_forward.h"
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
  if (Cell::kStaged) return false;
  const Index rows = job.split == Split::kRows ? job.rows.batch / team.size : job.rows.batch;
  return job.size.input <= kNarrow ||
         (rows >= kRowsEnough && Cell::kGates * job.size.hidden * job.size.input <= kCacheShare);
}

// The input's slots of rows of the tape: bias + W_ih x, for all unit panels.
template <class Cell>
inline void input_product(const ScanForward& job, const float* x, float* gates, Index rows) {
  const WeightLayout<Cell> at(job.size, job.precision);
  slots_product<Cell::kGates>({gates, job.weights + at.bias, job.size.hidden, Cell::kSlots, Cell::kInputSlot, 0},
                              at.input_of(job.weights), x, job.size.input, job.size.input, rows);
}

// Fills rows of step s of x.
__attribute__((noinline)) void gather_input(const ScanForward& job, Index s, Range rows) {
  const Steps steps{job.rows};
  const Index input = job.size.input;
  steps.for_places(job.given_places, s, rows, [&](Index place, Index b, Index count) {
    copy_floats(job.gathered + (steps.row(s) + b) * input, job.given + place * input, count * input);
  });
}

// Fetches what the tile after this one, of M rows from `first` on, begins with: the next rows' sums, or the next panel's.
template <class Cell, int M>
GATEWISE_INLINE void fetch_next_sums(const ForwardRows& rows, Index hidden, Index first, Index panel) {
  constexpr Index kSums = Cell::kSlots * kWidth;
  const Index row = Cell::kSlots * hidden;
  const bool same_panel = first + M < rows.count;
  const float* const sums = rows.gates + (same_panel ? (first + M) * row + panel * kSums : (panel + 1) * kSums);
  for (int m = 0; m < M; ++m) prefetch_floats(sums + m * row, kSums);
}

// One tile: M rows of the L units of a panel, over `depth` of the state from k0 on. `far` tells that what it writes to is in
// no near cache: it is then fetched while the product goes on, since stores wait for one another.
template <class Cell, int M>
GATEWISE_INLINE void forward_tile(const ScanForward& job, const WeightLayout<Cell>& at, const ForwardRows& rows,
                                  Index first, Index panel, Index k0, Index depth, bool merged, bool last, bool far) {
  constexpr int S = Cell::kSlots;
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, job.size.hidden - unit);
  const Index gate_row = S * job.size.hidden;
  const float* bias = job.weights + at.bias + panel * S * kWidth;
  float* const tape = rows.gates + first * gate_row + unit * S;

  if (!merged && k0 == 0) fetch_next_sums<Cell, M>(rows, job.size.hidden, first, panel);
  if (far) {
    for (int m = 0; m < M && merged; ++m) prefetch_floats(tape + m * gate_row, S * lanes);
    for (int m = 0; m < M && Cell::kHasCell; ++m)
      prefetch_floats(rows.cells + (first + m) * job.size.hidden + unit, lanes);
  }
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
    multiply<M, Cell::kGates, Cell::kInputSlot>(acc, rows.x + first * job.size.input, job.size.input, first,
                                                at.input_of(job.weights), panel, job.size.input, 0, job.size.input);
  }
  if (rows.h) {
    multiply<M, Cell::kGates, Cell::kStateSlot>(acc, rows.h + first * rows.h_row + k0, rows.h_row, first,
                                                at.state_of(job.weights), panel, job.size.hidden, k0, depth);
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
inline void forward_rows(const ScanForward& job, const ForwardRows& rows, Range panels, bool merged) {
  constexpr int kRows = tile_rows(Cell::kGates);
  const WeightLayout<Cell> at(job.size, job.precision);
  const Index depth = rows.h ? job.size.hidden : 0;
  const Index block = depth_of_blocks(at.state_of(job.weights), rows.count, kRows, job.size.hidden);
  const Index tape = job.rows.offsets[job.rows.steps] * (Cell::kSlots + Cell::kHasCell) * job.size.hidden;
  const bool far = job.tape && tape > kNearCache;
  for (Index panel = panels.first; panel < panels.last; ++panel) {
    Index k0 = 0;
    do {
      const bool last = k0 + block >= depth;
      const Index count = last ? depth - k0 : block;
      for_tiles(rows.count, kRows, [&](Index first, int tile) {
        with_rows<kRows>(tile, [&]<int M>() {
          forward_tile<Cell, M>(job, at, rows, first, panel, k0, count, merged, last, far && k0 == 0);
        });
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
  if (job.gathered && merged && !part.meets) gather_input(job, s, intersect(part.rows, 0, count));
  for (int i = 0; i < 2; ++i) {
    const Range range = parts[i];
    if (range.size() == 0) continue;
    ForwardRows rows;
    rows.count = range.size();
    rows.first = range.first;
    rows.row = job.extras.first_row + row + range.first;
    rows.x = job.x + (row + range.first) * job.size.input;
    rows.h = i == 0   ? job.out + (previous + range.first) * job.out_row
             : job.h0 ? job.h0 + range.first * job.size.output
                      : nullptr;
    rows.h_row = i == 0 ? job.out_row : job.size.output;
    if constexpr (Cell::kHasCell) {
      const float* before = i == 0 ? job.cells + (job.tape ? previous * job.size.hidden : 0) : job.c0;
      rows.carried = before ? before + range.first * job.size.hidden : nullptr;
      rows.carried_row = job.size.hidden;
      rows.cells = job.cells + ((job.tape ? row : 0) + range.first) * job.size.hidden;
    } else {
      rows.carried = rows.h;
      rows.carried_row = rows.h_row;
      rows.cells = nullptr;
    }
    rows.gates = job.gates + (gates_row + range.first) * Cell::kSlots * job.size.hidden;
    rows.out = job.out + (row + range.first) * job.out_row;
    if constexpr (Cell::kStaged) {
      staged_forward<Cell>(job, rows);
    } else {
      forward_rows<Cell>(job, rows, part.panels, merged);
    }
  }

  const Index unit = part.panels.first * kWidth;
  const Index units = smaller(part.panels.last * kWidth, job.size.hidden) - unit;
  const Index outputs = Cell::kStaged ? job.size.output : units;  // a staged cell's rows are whole
  // The caller's copy is made while the rows are in the cache of the core that made them.
  if (job.result) {
    steps.for_places(job.result_places, s, intersect(part.rows, 0, count), [&](Index place, Index b, Index rows) {
      copy_rows(job.result + place * job.out_row + unit, job.out_row, job.out + (row + b) * job.out_row + unit,
                job.out_row, rows, outputs);
    });
  }
  // Rows with no step after this one leave their state.
  const Range ending = intersect(part.rows, steps.count(s + 1), count);
  for (Index b = ending.first; b < ending.last; ++b) {
    copy_floats(job.hn + b * job.size.output + unit, job.out + (row + b) * job.out_row + unit, outputs);
    if constexpr (Cell::kHasCell) {
      copy_floats(job.cn + b * job.size.hidden + unit, job.cells + ((job.tape ? row : 0) + b) * job.size.hidden + unit,
                  units);
    }
  }
}

// Padding is cleared step by step: the writes then go on behind the next step's products.
inline void clear_result(const ScanForward& job, const Team& team, Index t, Index count) {
  if (job.result) clear_padding(job.result_places, team, t, count, job.result, job.out_row, job.size.output);
}

template <class Cell>
void scan_forward(const ScanForward& job, const Team& team) {
  const Steps steps{job.rows};
  const bool merged = merges_input<Cell>(job, team);
  Part part(team, job.split, job.rows.batch, ceil_div(job.size.hidden, kWidth));
  // Where nothing is made ahead of the steps, all of them are one chunk.
  const Index chunk_rows = merged ? steps.rows.offsets[steps.rows.steps] : job.chunk_rows;
  for (Index s = 0; s < job.rows.steps;) {
    const Index begin = s;
    Index end = s;
    for (Index rows = 0; end < job.rows.steps && (end == begin || rows + steps.count(end) <= chunk_rows); ++end) {
      rows += steps.count(end);
    }
    const RowShares shares(team, job.split, steps, begin, end);
    // The chunk's rows are adjacent, whichever way the scan goes.
    const Index first = steps.rows.reverse ? steps.row(end - 1) : steps.row(begin);
    const Index last =
        steps.rows.reverse ? steps.row(begin) + steps.count(begin) : steps.row(end - 1) + steps.count(end - 1);
    const Index chunk_row = job.tape ? 0 : first;  // where the chunk's gates begin
    const Range share = share_of(team, last - first);
    const Range mine = {first + share.first, first + share.last};
    // A member that does its own rows in the steps fills those of x there, just before it needs them.
    const bool gathers = job.gathered && (!merged || part.meets);
    for (Index t = s; gathers && t < end; ++t) {
      const Range range = intersect(mine, steps.row(t), steps.row(t) + steps.count(t));
      gather_input(job, t, {range.first - steps.row(t), range.last - steps.row(t)});
    }
    if (!merged) {
      input_product<Cell>(job, job.x + mine.first * job.size.input,
                          job.gates + (mine.first - chunk_row) * Cell::kSlots * job.size.hidden, mine.size());
    }
    if (!merged || gathers) team.wait(team.context);
    shares.begin(part, s);
    for (; s < end; ++s) {
      // A merged step without a tape only needs its own rows, to hold sums between blocks of K.
      const Index gates_row = merged && !job.tape ? 0 : steps.row(s) - chunk_row;
      forward_step<Cell>(job, part, s, gates_row, merged);
      clear_result(job, team, steps.time(s), steps.count(s));
      if (s + 1 < end) shares.go_on(part, s + 1, s + 1);
      if (part.meets) team.wait(team.context);
    }
    // Without a tape the next chunk takes the place of this one, so every member must be through with it.
    if (!merged && !job.tape) team.wait(team.context);
  }
  for (Index t = job.rows.steps; t < job.result_places.steps; ++t) clear_result(job, team, t, 0);
}

GATEWISE_KERNEL_END
