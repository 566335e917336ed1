// A scan forward over a sequence: the input's part of many steps in one product, then the steps one after another. Compiled
// once for all cells; what a step does to some rows is fused_forward.h's or staged_forward.h's.
#pragma once
#include "forward_layout.h"
#include "slots_product.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

// Whether the input of steps of `count` rows goes through within the step instead of in a product of its own: the
// pre-activations are then spared a journey to memory and back, and the members of a team a meeting, but every step reads the
// input's weights. It pays where a member has rows enough to compute for longer than that takes, of which weights that fit the
// cache beside the state's need fewer, unless a panel is too deep to stay in L2 from tile to tile, since K is not cut here; for
// narrow inputs; and for a step by itself, as streams have it, which has no other to share a product with: a team then divides
// W_ih as it does W_hh. What of a batch of unequal lengths is long has a product of its own where that spares many reads of
// many weights, since members that have rows of their own would wait for one another there. The order of the sums, and so the
// bits, is the same.
inline bool merges_input(const CellFacts& cell, const ScanForward& job, const Team& team, Split split, Index count) {
  constexpr Index kRowsEnough = 8;
  constexpr Index kDeepest = 2 * kBlockDepth;
  constexpr Index kFewRows = 4;
  constexpr Index kCacheShare = 64 * 1024;  // floats
  constexpr Index kNarrow = 32;
  constexpr Index kNarrowForOne = 8;
  if (cell.staged) return false;
  const Index input = job.size.input;
  const bool small = cell.gates * job.size.hidden * input <= kCacheShare;
  const int members = split == Split::kRows ? team.size : 1;
  const Index rows = (members > 1 && small ? job.rows.batch : count) / members;
  if (input <= (rows > 1 ? kNarrow : kNarrowForOne)) return true;
  if (input > kDeepest && rows > 1) return false;
  return job.rows.steps == 1 || rows >= kRowsEnough || (rows >= kFewRows && small);
}

// What a cell does in one step of some rows, for unit panels of V.
using ForwardStep = void (*)(const ForwardFrame& frame, const ForwardRows& rows, Range panels);

struct ForwardScan : ForwardFrame {
  const Team& team;
  const ForwardStep run_rows;
  const Steps steps;

  ForwardScan(const ScanForward& j, const Team& t, const CellFacts& c, ForwardStep step)
      : ForwardFrame{j, c, WeightLayout(c, j.size, j.precision), StagedForwardLayout(c, j.size, j.rows.batch)},
        team(t),
        run_rows(step),
        steps{j.rows} {}

  // The input's slots of rows of the tape: bias + W_ih x, for all unit panels.
  void input_product(const float* x, float* gates, Index rows) const {
    slots_product({gates, job.weights + weights.bias, job.size.hidden, cell.slots, cell.input_slot, 0}, cell.gates,
                  weights.input_of(job.weights), x, job.size.input, job.size.input, rows);
  }

  // Those of rows `range` of all, which are of the steps begin..end: at once where x has no others between them. The gates stand
  // from gates_row on.
  void input_products(Index begin, Index end, Range range, Index gates_row) const {
    const auto product = [&](Index in_x, Range some) {
      input_product(job.x + in_x * job.size.input, job.gates + (some.first - gates_row) * cell.slots * job.size.hidden,
                    some.size());
    };
    if (steps.rows.in_pass == steps.rows.in_tape) return product(range.first, range);
    for (Index s = begin; s < end; ++s) {
      const Range some = intersect(range, steps.row(s), steps.row(s) + steps.count(s));
      if (some.size() > 0) product(steps.row_in_pass(s) + some.first - steps.row(s), some);
    }
  }

  // Fills rows of step s of x.
  void gather_input(Index s, Range rows) const {
    const Index input = job.size.input;
    steps.for_runs(job.given, input, job.given_places, s, rows, [&](const float* from, Index b, Index count) {
      copy_floats(job.gathered + (steps.row_in_pass(s) + b) * input, from, count * input);
    });
  }

  // Padding is cleared step by step: the writes then go on behind the next step's products.
  void clear_result(Index t, Index count) const {
    if (job.result) clear_padding(job.result_places, team, t, count, job.result, job.result_row, job.size.output);
  }

  // Step s of this member's part: first the rows that go on from step s - 1, then those that begin here. The step's
  // gates stand from gates_row on.
  void step(const Part& part, Index s, Index gates_row, bool merged) const {
    const Index count = steps.count(s);
    const Index going_on = smaller(count, steps.count(s - 1));
    if (job.gathered && merged && !part.meets) gather_input(s, intersect(part.rows, 0, count));
    step_rows(part, s, gates_row, merged, intersect(part.rows, 0, going_on), true);
    step_rows(part, s, gates_row, merged, intersect(part.rows, going_on, count), false);
    hand_out(part, s);
  }

  // Rows of step s that have a step s - 1, or that have none.
  void step_rows(const Part& part, Index s, Index gates_row, bool merged, Range range, bool came) const {
    if (range.size() == 0) return;
    const Index row = steps.row(s);
    const Index previous = came ? steps.row(s - 1) : 0;
    ForwardRows rows;
    rows.count = range.size();
    rows.first = range.first;
    rows.row = job.extras.first_row + row + range.first;
    rows.x = job.x + (steps.row_in_pass(s) + range.first) * job.size.input;
    rows.merged = merged;
    rows.h = came     ? job.out + (previous + range.first) * job.out_row
             : job.h0 ? job.h0 + range.first * job.size.output
                      : nullptr;
    rows.h_row = came ? job.out_row : job.size.output;
    if (cell.has_cell) {
      const float* before = came ? job.cells + (job.tape ? previous * job.size.hidden : 0) : job.c0;
      rows.carried = before ? before + range.first * job.size.hidden : nullptr;
      rows.carried_row = job.size.hidden;
      rows.cells = job.cells + ((job.tape ? row : 0) + range.first) * job.size.hidden;
    } else {
      rows.carried = rows.h;
      rows.carried_row = rows.h_row;
      rows.cells = nullptr;
    }
    rows.gates = job.gates + (gates_row + range.first) * cell.slots * job.size.hidden;
    rows.out = job.out + (row + range.first) * job.out_row;
    rows.result = result_of(s, range.first);
    rows.result_step = (steps.rows.reverse ? -1 : 1) * job.result_places.per_step * job.result_row;
    rows.turned = steps.turned(s) != job.turned;
    run_rows(*this, rows, part.panels);
  }

  // Where the caller has rows b, b + 1, … of step s.
  PlacedRows<float> result_of(Index s, Index b) const {
    return steps.rows_in(job.result, job.result_row, job.result_places, s, b);
  }

  // What the caller has of step s of a staged cell: a copy, made while the rows are in the cache of the core that made them.
  // And of rows with no step after this one, their state.
  void hand_out(const Part& part, Index s) const {
    const Index count = steps.count(s);
    const Index row = steps.row(s);
    if (part.panels.size() == 0) return;
    const Index unit = part.panels.first * kWidth;
    const Index units = smaller(part.panels.last * kWidth, job.size.hidden) - unit;
    const Index outputs = cell.staged ? job.size.output : units;  // a staged cell's rows are whole
    const Range own = intersect(part.rows, 0, count);
    const PlacedRows<float> result = result_of(s, own.first);
    for (Index b = own.first; result.rows && cell.staged && b < own.last; ++b) {
      copy_floats(result.row(b - own.first), job.out + (row + b) * job.out_row, job.size.output);
    }
    const Range ending = intersect(part.rows, steps.count(s + 1), count);
    for (Index b = ending.first; b < ending.last; ++b) {
      copy_floats(job.hn + b * job.size.output + unit, job.out + (row + b) * job.out_row + unit, outputs);
      if (cell.has_cell) {
        copy_floats(job.cn + b * job.size.hidden + unit,
                    job.cells + ((job.tape ? row : 0) + b) * job.size.hidden + unit, units);
      }
    }
  }

  // How steps are done that make a chunk.
  struct Way {
    Split split;
    bool merged;
    bool operator==(const Way& other) const { return split == other.split && merged == other.merged; }
  };
  Way way_of(Index s) const {
    const Split split = split_of(job.units_below, steps.count(s));
    return {split, merges_input(cell, job, team, split, steps.count(s))};
  }

  // Steps begin..end, what can be made of them ahead first.
  void chunk(const Way& way, Index begin, Index end) const {
    const bool merged = way.merged;
    Part part(team, way.split, job.rows.batch, ceil_div(job.size.hidden, kWidth));
    // The chunk's rows are adjacent, whichever way the scan goes.
    const Index first = steps.rows.reverse ? steps.row(end - 1) : steps.row(begin);
    const Index last =
        steps.rows.reverse ? steps.row(begin) + steps.count(begin) : steps.row(end - 1) + steps.count(end - 1);
    const Index chunk_row = job.tape ? 0 : first;  // where the chunk's gates begin
    const Range share = share_of(team, last - first);
    const Range mine = {first + share.first, first + share.last};
    // A member that does its own rows in the steps fills those of x there, just before it needs them.
    const bool gathers = job.gathered && (!merged || part.meets);
    for (Index s = begin; gathers && s < end; ++s) {
      const Range range = intersect(mine, steps.row(s), steps.row(s) + steps.count(s));
      gather_input(s, {range.first - steps.row(s), range.last - steps.row(s)});
    }
    if (!merged) input_products(begin, end, mine, chunk_row);
    // Rows may be another member's than in the chunk before.
    if (!merged || gathers || begin > 0) team.wait(team.context);
    const RowShares shares(team, way.split, steps, begin, end);
    shares.begin(part, begin);
    for (Index s = begin; s < end; ++s) {
      // A merged step without a tape only needs its own rows, to hold sums between blocks of K.
      const Index gates_row = merged && !job.tape ? 0 : steps.row(s) - chunk_row;
      step(part, s, gates_row, merged);
      clear_result(steps.time(s), steps.count(s));
      if (s + 1 < end) shares.go_on(part, s + 1, s + 1);
      if (part.meets) team.wait(team.context);
    }
    // Without a tape the next chunk takes the place of this one, so every member must be through with it.
    if (!job.tape && end < job.rows.steps) team.wait(team.context);
  }

  void run() const {
    // A chunk is of steps that are done one way, and where something is made ahead of them, of no more than there is room for.
    for (Index begin = 0; begin < job.rows.steps;) {
      const Way way = way_of(begin);
      Index end = begin + 1;
      for (Index rows = steps.count(begin); end < job.rows.steps && way_of(end) == way; ++end) {
        rows += steps.count(end);
        if (!way.merged && rows > job.chunk_rows) break;
      }
      chunk(way, begin, end);
      begin = end;
    }
    for (Index t = job.rows.steps; t < job.result_places.steps; ++t) clear_result(t, 0);
    if (job.result_places.order) settle();  // what was cleared
  }
};

GATEWISE_KERNEL_END
