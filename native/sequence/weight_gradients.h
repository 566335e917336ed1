// The gradients of a scan's weights and biases, summed chunk by chunk:
//
//     dW_ih = Σ_rows dgates ⊗ x     dW_hh = Σ_rows dgates ⊗ h_{t-1}     db = Σ_rows dgates
//
// Sums are kept transposed, [inputs, gates of a panel], so that a row of dgates is a run of whole vectors and needs no
// transposition of its own; they are turned once, at the end. A team divides the unit panels. Each member brings x and h
// into blocks for itself: that is a small copy, and spares a meeting for every block of rows.
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
  Range mine() const { return share_of(team, unit_panels()); }
  float* own(Index piece) const { return base + at.members + team.index * at.member_size + piece; }
  Index sum_row() const { return unit_panels() * G * kWidth; }

  // Zeroes this member's panels of the sums.
  void clear() const {
    const Range panels = mine();
    const Index from = panels.first * G * kWidth;
    const Index count = panels.size() * G * kWidth;
    for (Index i = 0; i < job.input; ++i) zero_floats(base + at.ih + i * sum_row() + from, count);
    for (Index j = 0; j < job.hidden; ++j) zero_floats(base + at.hh + j * sum_row() + from, count);
    zero_floats(base + at.bias + panels.first * S * kWidth, panels.size() * S * kWidth);
  }

  // Adds the `filled` rows of steps top - 1 down to bottom, whose dgates stand in that order.
  void add_chunk(const float* dgates, Index top, Index bottom, Index filled) const {
    const Range panels = mine();
    if (panels.size() == 0) return;
    for (Index first = 0; first < filled; first += kGradientBlock) {
      const Index count = smaller(kGradientBlock, filled - first);
      pack_operands(top, bottom, {first, first + count});
      for (Index panel = panels.first; panel < panels.last; ++panel) {
        add_panel(dgates + first * S * job.hidden, panel, count);
      }
    }
  }

  // Brings x and h_{t-1} of the chunk's rows `range` into this member's blocks.
  void pack_operands(Index top, Index bottom, Range range) const {
    const Steps steps{job.rows};
    Index at_row = 0;
    for (Index s = top; s > bottom && at_row < range.last; at_row += steps.count(s)) {
      --s;
      const Index count = steps.count(s);
      const Range rows = intersect(range, at_row, at_row + count);
      if (rows.size() == 0) continue;
      const Index b = rows.first - at_row;
      const Index to = rows.first - range.first;
      pack_row_blocks(own(at.x_blocks), job.x + (steps.row(s) + b) * job.input, job.input, rows.size(), job.input,
                      kGradientBlock, to);
      const Range all{b, b + rows.size()};
      const Index before = steps.count(s - 1);
      const Range came = intersect(all, 0, before);
      if (came.size() > 0) {
        pack_row_blocks(own(at.h_blocks), job.out + (steps.row(s - 1) + came.first) * job.out_row, job.out_row,
                        came.size(), job.hidden, kGradientBlock, to);
      }
      const Range began = intersect(all, before, count);
      if (began.size() > 0) {
        float* const blocks = own(at.h_blocks);
        const Index place = to + came.size();
        if (job.h0) {
          pack_row_blocks(blocks, job.h0 + began.first * job.hidden, job.hidden, began.size(), job.hidden,
                          kGradientBlock, place);
        } else {
          for (Index block = 0; block < ceil_div(job.hidden, kRowBlock); ++block) {
            zero_floats(blocks + (block * kGradientBlock + place) * kRowBlock, began.size() * kRowBlock);
          }
        }
      }
    }
  }

  // Adds `count` rows of one unit panel.
  void add_panel(const float* dgates, Index panel, Index count) const {
    constexpr Index kStep = S * kWidth;
    const Index unit = panel * kWidth;
    const int lanes = smaller(kWidth, job.hidden - unit);
    float* const rows = own(at.panel);
    float* const bias = base + at.bias + panel * kStep;
    Vec sums[S];
    for (int s = 0; s < S; ++s) sums[s] = load(bias + s * kWidth);
    const float* from = dgates + unit * S;
    for (Index k = 0; k < count; ++k, from += S * job.hidden) {
      GATEWISE_UNROLL
      for (int s = 0; s < S; ++s) {
        const Vec value = load_lanes(from + s * lanes, lanes);
        store(rows + k * kStep + s * kWidth, value);
        sums[s] = add(sums[s], value);
      }
    }
    for (int s = 0; s < S; ++s) store(bias + s * kWidth, sums[s]);
    transposed_product<G, Cell::kInputSlot>(base + at.ih + panel * G * kWidth, sum_row(), own(at.x_blocks),
                                            kGradientBlock, job.input, rows, kStep, count);
    transposed_product<G, Cell::kStateSlot>(base + at.hh + panel * G * kWidth, sum_row(), own(at.h_blocks),
                                            kGradientBlock, job.hidden, rows, kStep, count);
  }

  // Adds this member's sums into the gradients of the parameters, [G·H, inputs] in PyTorch's gate order.
  void finish() const {
    const Range panels = mine();
    for (Index panel = panels.first; panel < panels.last; ++panel) {
      turn(job.dw_ih, base + at.ih, job.input, panel, Cell::kInputGate);
      turn(job.dw_hh, base + at.hh, job.hidden, panel, Cell::kStateGate);
      if (job.db_ih) add_bias(job.db_ih, panel, Cell::kInputSlot, Cell::kInputGate);
      if (job.db_hh) add_bias(job.db_hh, panel, Cell::kStateSlot, Cell::kStateGate);
    }
  }

  void turn(float* to, const float* sums, Index inputs, Index panel, const int* order) const {
    constexpr Index kBlock = 64;  // of inputs: the lines being read stay in L1 while each lane passes over them
    const int lanes = smaller(kWidth, job.hidden - panel * kWidth);
    for (Index i0 = 0; i0 < inputs; i0 += kBlock) {
      const Index i1 = smaller(i0 + kBlock, inputs);
      for (int g = 0; g < G; ++g) {
        for (int lane = 0; lane < lanes; ++lane) {
          float* row = to + (order[g] * job.hidden + panel * kWidth + lane) * inputs;
          const float* column = sums + (panel * G + g) * kWidth + lane;
          for (Index i = i0; i < i1; ++i) row[i] += column[i * sum_row()];
        }
      }
    }
  }

  void add_bias(float* to, Index panel, int slot, const int* order) const {
    const int lanes = smaller(kWidth, job.hidden - panel * kWidth);
    const float* sums = base + at.bias + (panel * S + slot) * kWidth;
    for (int g = 0; g < G; ++g) {
      float* row = to + order[g] * job.hidden + panel * kWidth;
      for (int lane = 0; lane < lanes; ++lane) row[lane] += sums[g * kWidth + lane];
    }
  }
};

GATEWISE_KERNEL_END
