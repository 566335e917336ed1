// The gradients of a scan's weights and biases, summed chunk by chunk:
//
//     dW_ih = Σ_rows dgates ⊗ x     dW_hh = Σ_rows dgates ⊗ h_{t-1}     db = Σ_rows dgates
//
// and for cells that have them, of late gates with r ⊙ h, and dW_hr = Σ_rows dh ⊗ (what the cell gave).
//
// Sums are kept transposed, [inputs, gates of a panel], so that a row of dgates is a run of whole vectors and needs no
// transposition of its own; they are turned once, at the end. A team divides the I + R inputs evenly, which it could not
// do with a few unit panels. Each member copies panels of dgates for itself: that is little, and spares a meeting for every
// block of rows. Biases, and whatever else is a plain sum over rows, it divides by panels.
#pragma once
#include "../gemm/gemm.h"
#include "backward_layout.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

template <class Cell>
struct WeightGradients {
  const ScanBackward& job;
  const Team& team;
  const BackwardLayout<Cell>& room;
  const GradientLayout<Cell>& at;
  static constexpr int G = Cell::kGates;
  static constexpr int D = Cell::kGradSlots;
  static constexpr int kEarly = GradientLayout<Cell>::kEarly;
  static constexpr int kLate = GradientLayout<Cell>::kLate;

  Index unit_panels() const { return ceil_div(job.size.hidden, kWidth); }
  // A row of sums for `gates` gates.
  Index sum_row(int gates) const { return unit_panels() * gates * kWidth; }
  float* own(Index piece) const { return job.scratch + room.members + team.index * at.member_size + piece; }
  bool projected() const { return job.size.output != job.size.hidden; }

  // This member's share of the inputs: those of x, and those of h.
  Range mine() const { return share_of(team, job.size.input + job.size.output); }
  Range mine_of_x() const { return intersect(mine(), 0, job.size.input); }
  Range mine_of_h() const {
    const Range all = intersect(mine(), job.size.input, job.size.input + job.size.output);
    return {all.first - job.size.input, all.last - job.size.input};
  }
  Range mine_of_late() const { return share_of(team, kLate > 0 ? job.size.hidden : 0); }
  Range mine_of_projection() const { return share_of(team, projected() ? job.size.output : 0); }
  // The panels whose biases are this member's.
  Range mine_of_bias() const { return share_of(team, unit_panels()); }

  // Adds the `filled` rows of steps top - 1 down to bottom, whose dgates stand in that order.
  void add_chunk(const float* dgates, Index top, Index bottom, Index filled) const {
    for (Index first = 0; first < filled; first += kGradientBlock) {
      const Index count = smaller(kGradientBlock, filled - first);
      const bool begins = job.begins && top == job.rows.steps && first == 0;
      pack_operands(top, bottom, {first, first + count});
      for (Index panel = 0; panel < unit_panels(); ++panel) {
        add_panel(dgates + first * D * job.size.hidden, panel, count, begins);
      }
      if (projected()) add_projection(first, count, begins);
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
      pack_row_blocks(own(at.x_blocks), job.x + (steps.row(s) + b.first) * job.size.input + x.first, job.size.input,
                      b.size(), x.size(), kGradientBlock, to);
      // h_{t-1} is the output of the step before, or for rows that begin here h_0.
      const Range came = intersect(b, 0, steps.count(s - 1));
      const Range began = intersect(b, steps.count(s - 1), b.last);
      if (came.size() > 0) {
        pack_state(job.out + (steps.row(s - 1) + came.first) * job.out_row, job.out_row, came, to);
      }
      if (began.size() > 0) {
        pack_state(job.h0 ? job.h0 + began.first * job.size.output : nullptr, job.size.output, began, to + came.size());
      }
      if constexpr (kLate > 0)
        pack_late(job.gates + (steps.row(s) + b.first) * Cell::kSlots * job.size.hidden, b.size(), to);
    }
  }

  // Brings this member's part of rows `b` of h, from_row apart, or of zeros, into its blocks from row `to` on.
  void pack_state(const float* from, Index from_row, Range b, Index to) const {
    const Range h = mine_of_h();
    float* const blocks = own(at.h_blocks);
    if (from) {
      pack_row_blocks(blocks, from + h.first, from_row, b.size(), h.size(), kGradientBlock, to);
      if (job.extras.dropout) drop_out_blocks(blocks, h, b, to);
      return;
    }
    for (Index block = 0; block < ceil_div(h.size(), kRowBlock); ++block) {
      zero_floats(blocks + (block * kGradientBlock + to) * kRowBlock, b.size() * kRowBlock);
    }
  }

  void drop_out_blocks(float* blocks, Range h, Range b, Index to) const {
    for (Index i = 0; i < b.size(); ++i) {
      const float* mask = job.extras.dropout + (b.first + i) * job.size.output + h.first;
      for (Index j = 0; j < h.size(); ++j) {
        blocks[((j / kRowBlock) * kGradientBlock + to + i) * kRowBlock + j % kRowBlock] *= mask[j];
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
      const float* from = gates + unit * Cell::kSlots + late_slot() * lanes + j % kWidth;
      const Index place = j - late.first;
      float* column = blocks + ((place / kRowBlock) * kGradientBlock + to) * kRowBlock + place % kRowBlock;
      for (Index i = 0; i < count; ++i) column[i * kRowBlock] = from[i * Cell::kSlots * job.size.hidden];
    }
  }
  static constexpr int late_slot() {
    if constexpr (kLate > 0) return Cell::kLateSlot;
    return 0;
  }

  // Adds `count` rows of one unit panel. The slots of a panel are `lanes` apart (layout 1), so that those of a last,
  // narrow one share vectors.
  void add_panel(const float* dgates, Index panel, Index count, bool begins) const {
    const int lanes = smaller(kWidth, job.size.hidden - panel * kWidth);
    const Range biases = mine_of_bias();
    const bool with_bias = panel >= biases.first && panel < biases.last;
    float* const rows = own(at.panel);
    copy_panel(rows, dgates + panel * D * kWidth, D * lanes,
               with_bias ? job.sums + at.bias + panel * D * kWidth : nullptr, count, begins);
    add_gates<G>(at.ih, mine_of_x(), own(at.x_blocks), rows + Cell::kInputSlot * lanes, panel, lanes, count, begins);
    add_gates<kEarly>(at.hh, mine_of_h(), own(at.h_blocks), rows + Cell::kStateSlot * lanes, panel, lanes, count,
                      begins);
    if constexpr (kLate > 0) {
      add_gates<kLate>(at.late, mine_of_late(), own(at.late_blocks), rows + (Cell::kStateSlot + kEarly) * lanes, panel,
                       lanes, count, begins);
    }
  }

  // Adds blocks ⊗ the panel's `Gates` slots at `rows` to the sums of a range of inputs.
  template <int Gates>
  void add_gates(Index piece, Range range, const float* blocks, const float* rows, Index panel, int lanes, Index count,
                 bool begins) const {
    with_vectors(Gates * lanes, [&]<int N>() {
      if constexpr (N <= Gates) {
        transposed_product<N>(job.sums + piece + range.first * sum_row(Gates) + panel * Gates * kWidth, sum_row(Gates),
                              blocks, kGradientBlock, range.size(), rows, D * kWidth, count, begins);
      }
    });
  }

  // Adds dh ⊗ (what the cell gave) of `count` rows of the chunk.
  void add_projection(Index first, Index count, bool begins) const {
    const Range mine = mine_of_projection();
    pack_row_blocks(own(at.dh_blocks), job.scratch + room.dh_rows + first * job.size.output + mine.first,
                    job.size.output, count, mine.size(), kGradientBlock, 0);
    for (Index unit = 0; unit < job.size.hidden; unit += kPanelColumns) {
      with_vectors(smaller(kPanelColumns, job.size.hidden - unit), [&]<int N>() {
        transposed_product<N>(job.sums + at.projection + mine.first * sum_row(1) + unit, sum_row(1), own(at.dh_blocks),
                              kGradientBlock, mine.size(), job.scratch + room.made + first * room.made_row + unit,
                              room.made_row, count, begins);
      });
    }
  }

  // The `width` numbers of a panel from every row of dgates to rows of D vectors; adds them to `bias`, where it is not null,
  // or begins it.
  void copy_panel(float* to, const float* dgates, int width, float* bias, Index count, bool begins) const {
    Vec sums[D];
    for (int s = 0; s < D; ++s) sums[s] = bias && !begins ? load(bias + s * kWidth) : zero();
    for (Index k = 0; k < count; ++k, dgates += D * job.size.hidden, to += D * kWidth) {
      GATEWISE_UNROLL
      for (int s = 0; s < D; ++s) {
        const int left = width - s * kWidth;
        const Vec value = left > 0 ? load_lanes(dgates + s * kWidth, smaller(kWidth, left)) : zero();
        store(to + s * kWidth, value);
        sums[s] = add(sums[s], value);
      }
    }
    for (int s = 0; s < D && bias; ++s) store(bias + s * kWidth, sums[s]);
  }

  // Adds this member's sums into the gradients of the parameters, [G·H, inputs] in PyTorch's gate order.
  void finish() const {
    for (Index panel = 0; panel < unit_panels(); ++panel) {
      turn<G>(job.d.w_ih, at.ih, job.size.input, mine_of_x(), panel, Cell::kInputGate);
      turn<kEarly>(job.d.w_hh, at.hh, job.size.output, mine_of_h(), panel, Cell::kStateGate);
      if constexpr (kLate > 0) {
        turn<kLate>(job.d.w_hh, at.late, job.size.hidden, mine_of_late(), panel, Cell::kStateGate + kEarly);
      }
    }
    const Range mine = mine_of_projection();
    for (Index r = mine.first; r < mine.last; ++r) {
      const float* sums = job.sums + at.projection + r * sum_row(1);
      for (Index unit = 0; unit < job.size.hidden; ++unit) job.d.w_hr[r * job.size.hidden + unit] += sums[unit];
    }
    const Range biases = mine_of_bias();
    for (Index panel = biases.first; panel < biases.last; ++panel) {
      if (job.d.b_ih) add_bias(job.d.b_ih, panel, Cell::kInputBias, Cell::kInputGate);
      if (job.d.b_hh) add_bias(job.d.b_hh, panel, Cell::kStateBias, Cell::kStateGate);
      if constexpr (Cell::kVectors > 0) {
        for (int v = 0; v < Cell::kVectors; ++v) {
          if (job.d.vectors[v]) add_units(job.d.vectors[v], panel, Cell::kVectorSlot + v);
        }
      }
    }
  }

  template <int Gates>
  void turn(float* to, Index piece, Index inputs, Range range, Index panel, const int* order) const {
    const int lanes = smaller(kWidth, job.size.hidden - panel * kWidth);
    const Index step = sum_row(Gates);
    for (int g = 0; g < Gates; ++g) {
      const float* const sums = job.sums + piece + panel * Gates * kWidth + g * lanes;
      float* const rows = to + (order[g] * job.size.hidden + panel * kWidth) * inputs;
      for (Index i = range.first; i < range.last; i += kWidth) {
        const int count = smaller(kWidth, range.last - i);
        Vec v[kWidth];
        GATEWISE_UNROLL
        for (int n = 0; n < kWidth; ++n) v[n] = n < count ? load_lanes(sums + (i + n) * step, lanes) : zero();
        transpose(v);
        GATEWISE_UNROLL
        for (int lane = 0; lane < kWidth; ++lane) {
          if (lane >= lanes) break;
          float* const row = rows + lane * inputs + i;
          store_lanes(row, add(load_lanes(row, count), v[lane]), count);
        }
      }
    }
  }

  void add_bias(float* to, Index panel, int slot, const int* order) const {
    for (int g = 0; g < G; ++g) add_units(to + order[g] * job.size.hidden, panel, slot + g);
  }

  // Adds the sums of a gradient slot to the units of a panel.
  void add_units(float* to, Index panel, int slot) const {
    const int lanes = smaller(kWidth, job.size.hidden - panel * kWidth);
    const float* sums = job.sums + at.bias + panel * D * kWidth + slot * lanes;
    for (int lane = 0; lane < lanes; ++lane) to[panel * kWidth + lane] += sums[lane];
  }
};

GATEWISE_KERNEL_END
