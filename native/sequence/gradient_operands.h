// What the gradients of a scan's weights are made of: the rows of dgates, panel by panel, and those that the weights were
// multiplied by, in blocks.
//
// A team divides the unit panels where that comes out even, so that of the dgates that another core has made each member reads its
// panels only, and otherwise the I + R inputs. Each member copies what it reads for itself: that spares a meeting for every block
// of rows. Biases, and whatever else is a plain sum over rows, are divided by panels in any case.
#pragma once
#include "../gemm/gemm.h"
#include "backward_layout.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

struct GradientOperands {
  const ScanBackward& job;
  const Team& team;
  const CellFacts& cell;
  const BackwardLayout& room;
  const GradientLayout at;
  const Index row_size;  // of dgates
  const Range rows;      // of a step whose sums these are
  float* const sums;

  GradientOperands(const BackwardFrame& frame, const Team& t, Index group = 0)
      : job(frame.job),
        team(t),
        cell(frame.cell),
        room(frame.room),
        at(frame.cell, frame.job.size, frame.job.tiles),
        row_size(frame.cell.grad_slots * frame.job.size.hidden),
        rows{group > 0 ? job.first_group : 0, group < frame.groups() - 1 ? job.first_group : job.rows.batch},
        sums(job.sums + group * aligned(at.size)) {}

  Index unit_panels() const { return ceil_div(job.size.hidden, kWidth); }
  float* own(Index piece) const { return job.scratch + room.members + team.index * at.member_size + piece; }
  bool projected() const { return job.size.output != job.size.hidden; }

  bool by_panels() const { return unit_panels() % team.size == 0; }
  // The unit panels whose sums are this member's, for its inputs.
  Range mine_of_panels() const { return by_panels() ? share_of(team, unit_panels()) : Range{0, unit_panels()}; }
  // This member's inputs, of as many as there are.
  Range mine_of(Index inputs) const { return by_panels() ? Range{0, inputs} : share_of(team, inputs); }

  // Those of x, and those of h.
  Range mine() const { return mine_of(job.size.input + job.size.output); }
  Range mine_of_x() const { return intersect(mine(), 0, job.size.input); }
  Range mine_of_h() const {
    const Range all = intersect(mine(), job.size.input, job.size.input + job.size.output);
    return {all.first - job.size.input, all.last - job.size.input};
  }
  Range mine_of_late() const { return mine_of(cell.late_gates > 0 ? job.size.hidden : 0); }
  Range mine_of_projection() const { return share_of(team, projected() ? job.size.output : 0); }
  // The panels whose biases are this member's.
  Range mine_of_bias() const { return share_of(team, unit_panels()); }

  // Rows that are added of steps top - 1 down to bottom.
  Index rows_of_steps(Index top, Index bottom) const {
    const Steps steps{job.rows};
    Index sum = 0;
    for (Index s = bottom; s < top; ++s) sum += intersect(rows, 0, steps.count(s)).size();
    return sum;
  }

  // Whether the steps from `top` on have any: of steps whose rows never grow one way, the first or the last has the most.
  bool any_from(Index top) const {
    const Steps steps{job.rows};
    const Index first = steps.count(top), last = steps.count(job.rows.steps - 1);
    return top < job.rows.steps && (first > rows.first || last > rows.first);
  }

  // Calls body(s, b, to, from) for rows `range` of those, step by step: rows b of step s are from `to` on among the range's, and
  // from `from` on among all of the steps.
  template <class Body>
  void for_steps(Index top, Index bottom, Range range, const Body& body) const {
    const Steps steps{job.rows};
    Index added = 0, all = 0;
    for (Index s = top; s > bottom && added < range.last;) {
      --s;
      const Index count = steps.count(s);
      const Index mine = intersect(rows, 0, count).size();
      const Range some = intersect(range, added, added + mine);
      const Range b{rows.first + some.first - added, rows.first + some.last - added};
      if (some.size() > 0) body(s, b, some.first - range.first, all + b.first);
      added += mine;
      all += count;
    }
  }

  // Brings this member's inputs, of rows `range` of those that are added, into its blocks.
  template <Index Block = kRowBlock>
  void pack_operands(Index top, Index bottom, Range range) const {
    const Steps steps{job.rows};
    const Range x = mine_of_x();
    for_steps(top, bottom, range, [&](Index s, Range b, Index to, Index) {
      pack_row_blocks<Block>(own(at.x_blocks), job.x + (steps.row_in_pass(s) + b.first) * job.size.input + x.first,
                             job.size.input, b.size(), x.size(), kBlockRows, to);
      // h_{t-1} is the output of the step before, or for rows that begin here h_0.
      const Range came = intersect(b, 0, steps.count(s - 1));
      const Range began = intersect(b, steps.count(s - 1), b.last);
      if (came.size() > 0) {
        pack_state<Block>(job.out + (steps.row(s - 1) + came.first) * job.out_row, job.out_row, came, to);
      }
      if (began.size() > 0) {
        pack_state<Block>(job.h0 ? job.h0 + began.first * job.size.output : nullptr, job.size.output, began,
                          to + came.size());
      }
      if (cell.late_gates > 0) {
        pack_late(job.gates + (steps.row(s) + b.first) * cell.slots * job.size.hidden, b.size(), to);
      }
    });
  }

  // Brings this member's part of rows `b` of h, from_row apart, or of zeros, into its blocks from row `to` on.
  template <Index Block>
  void pack_state(const float* from, Index from_row, Range b, Index to) const {
    const Range h = mine_of_h();
    float* const blocks = own(at.h_blocks);
    if (from) {
      pack_row_blocks<Block>(blocks, from + h.first, from_row, b.size(), h.size(), kBlockRows, to);
      if (job.extras.dropout) drop_out_blocks(blocks, h, b, to);
      return;
    }
    for (Index block = 0; block < ceil_div(h.size(), Block); ++block) {
      zero_floats(blocks + (block * kBlockRows + to) * Block, b.size() * Block);
    }
  }

  void drop_out_blocks(float* blocks, Range h, Range b, Index to) const {
    for (Index i = 0; i < b.size(); ++i) {
      const float* mask = job.extras.dropout + (b.first + i) * job.size.output + h.first;
      for (Index j = 0; j < h.size(); ++j) {
        blocks[((j / kRowBlock) * kBlockRows + to + i) * kRowBlock + j % kRowBlock] *= mask[j];
      }
    }
  }

  // This member's part of r ⊙ h, from the tape, where it stands panel by panel.
  void pack_late(const float* gates, Index count, Index to) const {
    const Range late = mine_of_late();
    float* const blocks = own(at.late_blocks);
    for (Index j = late.first; j < late.last; ++j) {
      const Index unit = j / kWidth * kWidth;
      const int lanes = smaller(kWidth, job.size.hidden - unit);
      const float* from = gates + unit * cell.slots + cell.late_slot * lanes + j % kWidth;
      const Index place = j - late.first;
      float* column = blocks + ((place / kRowBlock) * kBlockRows + to) * kRowBlock + place % kRowBlock;
      for (Index i = 0; i < count; ++i) column[i * kRowBlock] = from[i * cell.slots * job.size.hidden];
    }
  }

  // Units of a panel.
  int lanes_of(Index panel) const { return smaller(kWidth, job.size.hidden - panel * kWidth); }

  // Copies a unit panel of rows `range` for this member, and adds them to the biases that are its own, or begins those.
  void copy_panel_rows(const float* dgates, Index panel, Index top, Index bottom, Range range, bool begins) const {
    const Range biases = mine_of_bias();
    const bool with_bias = panel >= biases.first && panel < biases.last;
    const Index vector_row = cell.grad_slots * kWidth;
    float* const bias = with_bias ? sums + at.bias + panel * vector_row : nullptr;
    const auto copy = [&](Index to, Index from, Index count) {
      copy_panel(own(at.panel) + to * vector_row, dgates + from * row_size + panel * vector_row,
                 cell.grad_slots * lanes_of(panel), bias, count, begins && to == 0);
    };
    if (job.first_group == 0) return copy(0, range.first, range.size());
    // Those of a group are a run of every step.
    for_steps(top, bottom, range, [&](Index, Range b, Index to, Index from) { copy(to, from, b.size()); });
  }

  // The `width` numbers of a panel from every row of dgates to rows of D vectors; adds them to `bias`, where it is not null,
  // or begins it.
  void copy_panel(float* to, const float* dgates, int width, float* bias, Index count, bool begins) const {
    for (int slot = 0; slot < cell.grad_slots; slot += kPanelVectors) {
      const Index first = slot * kWidth;
      with_vectors(smaller(kPanelVectors, cell.grad_slots - slot) * kWidth, [&]<int N>() {
        copy_vectors<N>(to + first, dgates + first, width - static_cast<int>(first), bias ? bias + first : nullptr,
                        count, begins);
      });
    }
  }

  // N vectors of that.
  template <int N>
  void copy_vectors(float* to, const float* dgates, int width, float* bias, Index count, bool begins) const {
    const Index to_row = cell.grad_slots * kWidth;
    int lanes[N];
    Vec sums[N];
    for (int n = 0; n < N; ++n) {
      lanes[n] = smaller(kWidth, width - n * kWidth);
      sums[n] = bias && !begins ? load(bias + n * kWidth) : zero();
    }
    for (Index k = 0; k < count; ++k, dgates += row_size, to += to_row) {
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) {
        const Vec value = lanes[n] > 0 ? load_lanes(dgates + n * kWidth, lanes[n]) : zero();
        store(to + n * kWidth, value);
        sums[n] = add(sums[n], value);
      }
    }
    for (int n = 0; n < N && bias; ++n) store(bias + n * kWidth, sums[n]);
  }

  // Adds the sums of this member's biases, and of whatever else is a plain sum over rows, to the gradients of the parameters.
  void add_biases() const {
    const Range biases = mine_of_bias();
    for (Index panel = biases.first; panel < biases.last; ++panel) {
      if (job.d.b_ih) add_bias(job.d.b_ih, panel, cell.input_bias, cell.input_gate);
      if (job.d.b_hh) add_bias(job.d.b_hh, panel, cell.state_bias, cell.state_gate);
      for (int v = 0; v < cell.vectors; ++v) {
        if (job.d.vectors[v]) add_units(job.d.vectors[v], panel, cell.vector_slot + v);
      }
    }
  }

  void add_bias(float* to, Index panel, int slot, const int* order) const {
    for (int g = 0; g < cell.gates; ++g) add_units(to + order[g] * job.size.hidden, panel, slot + g);
  }

  // Adds the sums of a gradient slot to the units of a panel.
  void add_units(float* to, Index panel, int slot) const {
    const int lanes = lanes_of(panel);
    const float* from = sums + at.bias + panel * cell.grad_slots * kWidth + slot * lanes;
    for (int lane = 0; lane < lanes; ++lane) to[panel * kWidth + lane] += from[lane];
  }
};

GATEWISE_KERNEL_END
