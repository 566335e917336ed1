// The gradients of a scan's weights and biases, summed chunk by chunk:
//
//     dW_ih = Σ_rows dgates ⊗ x     dW_hh = Σ_rows dgates ⊗ h_{t-1}     db = Σ_rows dgates
//
// Sums are kept transposed, [inputs, gates of a panel], so that a row of dgates is a run of whole vectors and needs no
// transposition of its own; they are turned once, at the end. A team divides the I + H inputs evenly, which it could not
// do with a few unit panels. Each member copies panels of dgates for itself: that is little, and spares a meeting for every
// block of rows. Biases it divides by panels.
#pragma once
#include "../gemm/gemm.h"
#include "steps.h"
#include "weights.h"

GATEWISE_KERNEL_BEGIN

constexpr Index kGradientBlock = 256;  // rows of a chunk that go through the caches at once

template <class Cell>
struct GradientLayout {
  Index ih;        // [I, U, G, V]
  Index hh;        // [H, U, G, V]
  Index bias;      // [U, S, V]
  Index members;   // what follows once for each member:
  Index x_blocks;  // rows of x in layout 4 of gemm/pack.h
  Index h_blocks;  // rows of h_{t-1}
  Index panel;     // [kGradientBlock, S, V] of dgates
  Index member_size;
  Index size;

  GradientLayout(Index in, Index hidden, int team) {
    const Index units = ceil_div(hidden, kWidth);
    const Index row = units * Cell::kGates * kWidth;
    ih = 0;
    hh = ih + aligned(in * row);
    bias = hh + aligned(hidden * row);
    members = bias + aligned(units * Cell::kSlots * kWidth);
    x_blocks = 0;
    h_blocks = x_blocks + ceil_div(in, kRowBlock) * kRowBlock * kGradientBlock;
    panel = h_blocks + ceil_div(hidden, kRowBlock) * kRowBlock * kGradientBlock;
    member_size = panel + kGradientBlock * Cell::kSlots * kWidth;
    size = members + member_size * team;
  }
};

template <class Cell>
struct WeightGradients {
  const ScanBackward& job;
  const Team& team;
  float* const base;
  const GradientLayout<Cell>& at;
  static constexpr int G = Cell::kGates;
  static constexpr int S = Cell::kSlots;

  Index unit_panels() const { return ceil_div(job.hidden, kWidth); }
  Index sum_row() const { return unit_panels() * G * kWidth; }
  float* own(Index piece) const { return base + at.members + team.index * at.member_size + piece; }

  // This member's share of the inputs: those of x, and those of h.
  Range mine() const { return share_of(team, job.input + job.hidden); }
  Range mine_of_x() const { return intersect(mine(), 0, job.input); }
  Range mine_of_h() const {
    const Range all = intersect(mine(), job.input, job.input + job.hidden);
    return {all.first - job.input, all.last - job.input};
  }
  // The panels whose biases are this member's.
  Range mine_of_bias() const { return share_of(team, unit_panels()); }

  // Zeroes this member's sums.
  void clear() const {
    const Range x = mine_of_x(), h = mine_of_h(), bias = mine_of_bias();
    zero_floats(base + at.ih + x.first * sum_row(), x.size() * sum_row());
    zero_floats(base + at.hh + h.first * sum_row(), h.size() * sum_row());
    zero_floats(base + at.bias + bias.first * S * kWidth, bias.size() * S * kWidth);
  }

  // Adds the `filled` rows of steps top - 1 down to bottom, whose dgates stand in that order.
  void add_chunk(const float* dgates, Index top, Index bottom, Index filled) const {
    for (Index first = 0; first < filled; first += kGradientBlock) {
      const Index count = smaller(kGradientBlock, filled - first);
      pack_operands(top, bottom, {first, first + count});
      for (Index panel = 0; panel < unit_panels(); ++panel) {
        add_panel(dgates + first * S * job.hidden, panel, count);
      }
    }
  }

  // Brings this member's inputs, of the chunk's rows `range`, into its blocks.
  void pack_operands(Index top, Index bottom, Range range) const {
    const Steps steps{job.rows};
    Index at_row = 0;
    for (Index s = top; s > bottom && at_row < range.last; at_row += steps.count(s)) {
      --s;
      const Range rows = intersect(range, at_row, at_row + steps.count(s));
      if (rows.size() == 0) continue;
      const Index to = rows.first - range.first;
      const Range b{rows.first - at_row, rows.last - at_row};
      const Range x = mine_of_x();
      pack_row_blocks(own(at.x_blocks), job.x + (steps.row(s) + b.first) * job.input + x.first, job.input, b.size(),
                      x.size(), kGradientBlock, to);
      // h_{t-1} is the output of the step before, or for rows that begin here h_0.
      const Range came = intersect(b, 0, steps.count(s - 1));
      const Range began = intersect(b, steps.count(s - 1), b.last);
      if (came.size() > 0) {
        pack_state(job.out + (steps.row(s - 1) + came.first) * job.out_row, job.out_row, came.size(), to);
      }
      if (began.size() > 0) {
        pack_state(job.h0 ? job.h0 + began.first * job.hidden : nullptr, job.hidden, began.size(), to + came.size());
      }
    }
  }

  // Brings this member's part of `count` rows of h, from_row apart, or of zeros, into its blocks from row `to` on.
  void pack_state(const float* from, Index from_row, Index count, Index to) const {
    const Range h = mine_of_h();
    float* const blocks = own(at.h_blocks);
    if (from) {
      pack_row_blocks(blocks, from + h.first, from_row, count, h.size(), kGradientBlock, to);
      return;
    }
    for (Index block = 0; block < ceil_div(h.size(), kRowBlock); ++block) {
      zero_floats(blocks + (block * kGradientBlock + to) * kRowBlock, count * kRowBlock);
    }
  }

  // Adds `count` rows of one unit panel. The slots of a panel are `lanes` apart (layout 1), so that those of a last,
  // narrow one share vectors.
  void add_panel(const float* dgates, Index panel, Index count) const {
    constexpr Index kStep = S * kWidth;
    const int lanes = smaller(kWidth, job.hidden - panel * kWidth);
    const Range x = mine_of_x(), h = mine_of_h(), biases = mine_of_bias();
    const bool with_bias = panel >= biases.first && panel < biases.last;
    float* const rows = own(at.panel);
    copy_panel(rows, dgates + panel * kStep, S * lanes, with_bias ? base + at.bias + panel * kStep : nullptr, count);
    with_vectors(G * lanes, [&]<int N>() {
      const Index column = panel * G * kWidth;
      transposed_product<N>(base + at.ih + x.first * sum_row() + column, sum_row(), own(at.x_blocks), kGradientBlock,
                            x.size(), rows + Cell::kInputSlot * lanes, kStep, count);
      transposed_product<N>(base + at.hh + h.first * sum_row() + column, sum_row(), own(at.h_blocks), kGradientBlock,
                            h.size(), rows + Cell::kStateSlot * lanes, kStep, count);
    });
  }

  // The `width` numbers of a panel from every row of dgates to rows of S vectors; adds them to `bias`, where it is not null.
  void copy_panel(float* to, const float* dgates, int width, float* bias, Index count) const {
    Vec sums[S];
    for (int s = 0; s < S; ++s) sums[s] = bias ? load(bias + s * kWidth) : zero();
    for (Index k = 0; k < count; ++k, dgates += S * job.hidden, to += S * kWidth) {
      GATEWISE_UNROLL
      for (int s = 0; s < S; ++s) {
        const int left = width - s * kWidth;
        const Vec value = left > 0 ? load_lanes(dgates + s * kWidth, smaller(kWidth, left)) : zero();
        store(to + s * kWidth, value);
        sums[s] = add(sums[s], value);
      }
    }
    for (int s = 0; s < S && bias; ++s) store(bias + s * kWidth, sums[s]);
  }

  // Adds this member's sums into the gradients of the parameters, [G·H, inputs] in PyTorch's gate order.
  void finish() const {
    for (Index panel = 0; panel < unit_panels(); ++panel) {
      turn(job.dw_ih, base + at.ih, job.input, mine_of_x(), panel, Cell::kInputGate);
      turn(job.dw_hh, base + at.hh, job.hidden, mine_of_h(), panel, Cell::kStateGate);
    }
    const Range biases = mine_of_bias();
    for (Index panel = biases.first; panel < biases.last; ++panel) {
      if (job.db_ih) add_bias(job.db_ih, panel, Cell::kInputSlot, Cell::kInputGate);
      if (job.db_hh) add_bias(job.db_hh, panel, Cell::kStateSlot, Cell::kStateGate);
    }
  }

  void turn(float* to, const float* sums, Index inputs, Range range, Index panel, const int* order) const {
    constexpr Index kBlock = 64;  // of inputs: the lines being read stay in L1 while each lane passes over them
    const int lanes = smaller(kWidth, job.hidden - panel * kWidth);
    for (Index i0 = range.first; i0 < range.last; i0 += kBlock) {
      const Index i1 = smaller(i0 + kBlock, range.last);
      for (int g = 0; g < G; ++g) {
        for (int lane = 0; lane < lanes; ++lane) {
          float* row = to + (order[g] * job.hidden + panel * kWidth + lane) * inputs;
          const float* column = sums + panel * G * kWidth + g * lanes + lane;
          for (Index i = i0; i < i1; ++i) row[i] += column[i * sum_row()];
        }
      }
    }
  }

  void add_bias(float* to, Index panel, int slot, const int* order) const {
    const int lanes = smaller(kWidth, job.hidden - panel * kWidth);
    const float* sums = base + at.bias + panel * S * kWidth + slot * lanes;
    for (int g = 0; g < G; ++g) {
      float* row = to + order[g] * job.hidden + panel * kWidth;
      for (int lane = 0; lane < lanes; ++lane) row[lane] += sums[g * lanes + lane];
    }
  }
};

GATEWISE_KERNEL_END
