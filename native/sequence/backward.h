// A scan backward through a sequence: the steps from the last to the first, each the state's product with the dgates
// of the step after it and then the cell's gradients, all in registers; and, a chunk of steps at a time while their
// dgates are still in the cache, the gradients of weights, biases and input.
//
// The gradients of the weights are sums over all rows, taken in the order in which the steps are visited, whatever the
// chunk: chunks and threads do not change a bit.
#pragma once
#include "../gemm/gemm.h"
#include "backward_layout.h"
#include "direct_gradients.h"
#include "steps.h"
#include "tile_gradients.h"
#include "weight_gradients.h"

GATEWISE_KERNEL_BEGIN

// What a cell does in one step of some rows, for panels of kPanelColumns units.
using BackwardStep = void (*)(const BackwardFrame& frame, const BackwardRows& rows, Range panels);

struct BackwardScan : BackwardFrame {
  const Team& team;
  const BackwardStep run_rows;
  const Steps steps;

  BackwardScan(const ScanBackward& j, const Team& t, const CellFacts& c, BackwardStep step)
      : BackwardFrame{j, c, WeightLayout(c, j.size, Precision::kFloat32, j.tiles),
                      BackwardLayout(c, j.size, j.rows, j.chunk_rows, j.tiles, t.size)},
        team(t),
        run_rows(step),
        steps{j.rows} {}

  Index row_size() const { return cell.grad_slots * job.size.hidden; }
  float* dgates(Index row) const { return job.scratch + room.dgates + row * row_size(); }
  float* carry(Index b) const { return job.scratch + room.carry + b * job.size.hidden; }

  // dL/dh_0 of rows whose first step is the one at next_row of the dgates.
  void begin_rows(const Part& part, Range range, Index next_row) const {
    if (range.size() == 0) return;
    BackwardRows rows{};
    rows.count = range.size();
    rows.first = range.first;
    rows.next = dgates(next_row + range.first);
    rows.carry = carry(range.first);
    rows.dh = job.dh0 + range.first * job.size.output;
    run_rows(*this, rows, part.panels);
  }

  // Step s, its dgates going to `row` of the scratch; those of step s + 1 stand from next_row on.
  void step(const Part& part, Index s, Index row, Index next_row) const {
    const Index count = steps.count(s);
    const Index after = s + 1 < job.rows.steps ? steps.count(s + 1) : job.goes_on;
    const Index before = steps.count(s - 1);
    // Rows that began with step s + 1 are done: what is left of their gradient belongs to h_0.
    begin_rows(part, intersect(part.rows, count, after), next_row);

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
      rows.first = range.first;
      rows.row = job.extras.first_row + first;
      rows.filled = row - job.rows.batch + range.first;
      rows.next = goes_on ? dgates(next_row + range.first) : nullptr;
      rows.dout = steps.rows_in(job.dout, job.dout_row, job.dout_places, s, range.first);
      rows.dhn = !goes_on && job.dhn ? job.dhn + range.first * job.size.output : nullptr;
      rows.h = came ? job.out + previous * job.out_row : job.h0 ? job.h0 + range.first * job.size.output : nullptr;
      rows.h_row = came ? job.out_row : job.size.output;
      rows.gates = job.gates + first * cell.slots * job.size.hidden;
      if (cell.has_cell) {
        rows.carried = came     ? job.cells + previous * job.size.hidden
                       : job.c0 ? job.c0 + range.first * job.size.hidden
                                : nullptr;
        rows.carried_row = job.size.hidden;
        rows.cells = job.cells + first * job.size.hidden;
      } else {
        rows.carried = rows.h;
        rows.carried_row = rows.h_row;
      }
      rows.carry = carry(range.first);
      rows.dgates = dgates(row + range.first);
      rows.turned = steps.turned(s);
      run_rows(*this, rows, part.panels);
    }
  }

  void run() const {
    const LinkLayout link(cell, job.size, job.link_rows);
    const Part own(team, job.split, job.rows.batch, ceil_div(job.size.hidden, kPanelColumns));
    set_out(own, link);
    const bool direct = DirectGradients(*this, team).apply();

    Part part = own;
    Index next_row = 0, chunks = 0;
    for (Index s = job.rows.steps; s > 0;) {
      const Index top = s;  // this chunk: steps s - 1, s - 2, … while they fit
      Index bottom = s - 1;
      for (Index rows = steps.count(bottom); bottom > 0; --bottom) {
        rows += steps.count(bottom - 1);
        if (rows > job.chunk_rows) break;
      }
      const RowShares shares(team, job.split, steps, bottom, top);
      shares.begin(part, top - 1);
      Index filled = 0;
      while (s > bottom) {
        --s;
        step(part, s, job.rows.batch + filled, next_row);
        clear_dx(steps.time(s), steps.count(s));
        if (s > bottom) shares.go_on(part, s - 1, job.rows.steps - s);
        if (part.meets) team.wait(team.context);
        next_row = job.rows.batch + filled;
        filled += steps.count(s);
      }
      team.wait(team.context);
      if (direct) DirectGradients(*this, team).add(dgates(job.rows.batch));
      if (job.tiles) TileGradients(*this, team, chunks++).add_chunk(dgates(job.rows.batch), top, s);
      for (Index group = 0; !direct && !job.tiles && group < groups(); ++group) {
        WeightGradients(*this, team, group).add_chunk(dgates(job.rows.batch), top, s, filled);
      }
      if (job.dx) input_gradient(top, s, filled);
      // The next chunk's first step needs the dgates of this one's last.
      if (team.index == 0) copy_floats(dgates(0), dgates(next_row), steps.count(s) * row_size());
      next_row = 0;
      team.wait(team.context);
    }
    for (Index t = job.rows.steps; t < job.dx_places.steps; ++t) clear_dx(t, 0);
    begin_rows(own, intersect(own.rows, 0, steps.count(0)), next_row);
    for (Index group = 0; job.ends && !direct && group < groups(); ++group) {
      WeightGradients(*this, team, group).finish();
    }
    leave(own, link);
    if (job.dx_places.order) settle();  // what was cleared
    if (job.tiles && job.link && team.index == 0) TileGradients(*this, team, chunks).leave(job.link + link.kept);
  }

  void clear_dx(Index t, Index count) const {
    if (job.dx && !job.dx_add) {
      clear_padding(job.dx_places, team, t, count, job.dx, job.size.input, job.size.input);
    }
  }

  // A part's units, as columns.
  Range units_of(const Part& part) const {
    return {part.panels.first * kPanelColumns, smaller(part.panels.last * kPanelColumns, job.size.hidden)};
  }

  // Each member sets out its own rows or units of the carried gradients: as the job before left them, or as given.
  void set_out(const Part& own, const LinkLayout& link) const {
    const Range units = units_of(own);
    for (Index b = own.rows.first; b < own.rows.last && units.size() > 0; ++b) {
      float* const to = carry(b) + units.first;
      const Index at_b = b * job.size.hidden + units.first;
      if (b < job.goes_on) {
        copy_floats(to, job.link + link.carry + at_b, units.size());
      } else if (cell.has_cell && job.dcn) {
        copy_floats(to, job.dcn + at_b, units.size());
      } else {
        zero_floats(to, units.size());
      }
      if (cell.staged) {
        float* const carry_h = job.scratch + room.carry_h + b * job.size.output;
        if (b < job.goes_on) {
          copy_floats(carry_h, job.link + link.carry_h + b * job.size.output, job.size.output);
        } else {
          zero_floats(carry_h, job.size.output);
        }
      }
    }
    if (job.tiles && team.index == 0) {
      TileGradients(*this, team, 0).set_out(job.link && !job.begins ? job.link + link.kept : nullptr);
    }
    if (job.goes_on > 0 && team.index == 0) copy_floats(dgates(0), job.link + link.dgates, job.goes_on * row_size());
    if (job.goes_on > 0 || shares_vary(team, job.split, job.rows)) team.wait(team.context);
  }

  // After the last step: the gradient of c_0, and what the job that goes on needs.
  void leave(const Part& own, const LinkLayout& link) const {
    if (job.link && team.index == 0) {
      const Index count = steps.count(0);
      copy_floats(job.link + link.dgates, dgates(0), count * row_size());
      copy_floats(job.link + link.carry, carry(0), count * job.size.hidden);
      if (cell.staged) {
        copy_floats(job.link + link.carry_h, job.scratch + room.carry_h, count * job.size.output);
      }
    }
    if (cell.has_cell) {
      const Range units = units_of(own);
      for (Index b = own.rows.first; b < own.rows.last && units.size() > 0; ++b) {
        copy_floats(job.dc0 + b * job.size.hidden + units.first, carry(b) + units.first, units.size());
      }
    }
  }

  // dx = dgates · W_ih for this member's share of the chunk's rows, then each to its place in time.
  void input_gradient(Index top, Index bottom, Index filled) const {
    const Range mine = share_of(team, filled);
    if (mine.size() == 0) return;
    float* const dx = job.scratch + room.dx + mine.first * job.size.input;
    const float* const from = dgates(job.rows.batch + mine.first);
    const Runs runs = slot_runs(job.size.hidden, cell.grad_slots, cell.input_slot, cell.gates);
    const float* const w = job.weights + weights.input_back;
    const Index input = job.size.input;
    if (job.tiles) {
      // Left tiles take the place of the operands of the weights' gradients, which are done.
      float* const left = GradientOperands(*this, team).own(0);
      column_tiles_product(dx, input, from, row_size(), runs, w, mine.size(), input, left);
    } else {
      column_product(dx, input, from, row_size(), runs, w, nullptr, mine.size(), input);
    }
    Index at_row = 0;
    for (Index s = top; s > bottom && at_row < mine.last;) {
      --s;
      const Range range = intersect(mine, at_row, at_row + steps.count(s));
      steps.for_runs(job.dx, job.size.input, job.dx_places, s, {range.first - at_row, range.last - at_row},
                     [&](float* to, Index b, Index rows) {
                       const float* const from = dx + (at_row + b - mine.first) * job.size.input;
                       const Index count = rows * job.size.input;
                       if (job.dx_add) {
                         add_floats(to, from, count);
                       } else {
                         copy_floats(to, from, count);
                       }
                     });
      at_row += steps.count(s);
    }
  }
};

GATEWISE_KERNEL_END
