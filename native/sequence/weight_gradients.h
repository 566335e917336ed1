// The gradients of a scan's weights and biases, summed chunk by chunk:
//
//     dW_ih = Σ_rows dgates ⊗ x     dW_hh = Σ_rows dgates ⊗ h_{t-1}     db = Σ_rows dgates
//
// and for cells that have them, of late gates with r ⊙ h, and dW_hr = Σ_rows dh ⊗ (what the cell gave).
//
// Sums are kept transposed, [inputs, gates of a panel], so that a row of dgates is a run of whole vectors and needs no
// transposition of its own; they are turned once, at the end.
#pragma once
#include "gradient_operands.h"

GATEWISE_KERNEL_BEGIN

struct WeightGradients : GradientOperands {
  using GradientOperands::GradientOperands;

  // Those sums of a piece, of so many inputs and gates, that are of a unit panel.
  float* sums_of(Index piece, Index panel, Index inputs, int gates) const {
    return sums + piece + panel * inputs * gates * kWidth;
  }
  Index projection_row() const { return unit_panels() * kWidth; }

  // Adds its rows of steps top - 1 down to bottom, of the `filled` whose dgates stand in that order.
  void add_chunk(const float* dgates, Index top, Index bottom, Index filled) const {
    const Index mine = job.first_group > 0 ? rows_of_steps(top, bottom) : filled;
    for (Index first = 0; first < mine; first += kGradientBlock) {
      const Index count = smaller(kGradientBlock, mine - first);
      const bool begins = job.begins && first == 0 && !any_from(top);
      pack_operands(top, bottom, {first, first + count});
      const Range panels = mine_of_panels();
      for (Index panel = panels.first; panel < panels.last; ++panel) {
        add_panel(dgates, panel, top, bottom, {first, first + count}, begins);
      }
      if (projected()) add_projection(first, count, begins);
    }
  }

  // Adds rows `range` of one unit panel. The slots of a panel are `lanes` apart (layout 1), so that those of a last,
  // narrow one share vectors.
  void add_panel(const float* dgates, Index panel, Index top, Index bottom, Range range, bool begins) const {
    const Index count = range.size();
    const int lanes = lanes_of(panel);
    const Index vector_row = cell.grad_slots * kWidth;
    const float* const copied = own(at.panel);
    copy_panel_rows(dgates, panel, top, bottom, range, begins);
    const auto add_gates = [&](float* to, int gates, int slot, Range range, const float* blocks) {
      const Index row = gates * kWidth;
      with_vectors(gates * lanes, [&]<int N>() {
        transposed_product<N>(to + range.first * row, row, blocks, kBlockRows, range.size(), copied + slot * lanes,
                              vector_row, count, begins);
      });
    };
    add_gates(sums_of(at.ih, panel, job.size.input, cell.gates), cell.gates, cell.input_slot, mine_of_x(),
              own(at.x_blocks));
    add_gates(sums_of(at.hh, panel, job.size.output, cell.early_gates), cell.early_gates, cell.state_slot, mine_of_h(),
              own(at.h_blocks));
    if (cell.late_gates > 0) {
      add_gates(sums_of(at.late, panel, job.size.hidden, cell.late_gates), cell.late_gates,
                cell.state_slot + cell.early_gates, mine_of_late(), own(at.late_blocks));
    }
  }

  // Adds dh ⊗ (what the cell gave) of `count` rows of the chunk.
  void add_projection(Index first, Index count, bool begins) const {
    const Range mine = mine_of_projection();
    pack_row_blocks(own(at.dh_blocks), job.scratch + room.dh_rows + first * job.size.output + mine.first,
                    job.size.output, count, mine.size(), kBlockRows, 0);
    for (Index unit = 0; unit < job.size.hidden; unit += kPanelColumns) {
      with_vectors(smaller(kPanelColumns, job.size.hidden - unit), [&]<int N>() {
        transposed_product<N>(sums + at.projection + mine.first * projection_row() + unit, projection_row(),
                              own(at.dh_blocks), kBlockRows, mine.size(),
                              job.scratch + room.made + first * room.made_row + unit, room.made_row, count, begins);
      });
    }
  }

  // Adds this member's sums into the gradients of the parameters, [G·H, inputs] in PyTorch's gate order.
  void finish() const {
    const Range panels = mine_of_panels();
    for (Index panel = panels.first; panel < panels.last; ++panel) {
      turn(job.d.w_ih, at.ih, job.size.input, mine_of_x(), panel, cell.gates, cell.input_gate);
      turn(job.d.w_hh, at.hh, job.size.output, mine_of_h(), panel, cell.early_gates, cell.state_gate);
      turn(job.d.w_hh, at.late, job.size.hidden, mine_of_late(), panel, cell.late_gates,
           cell.state_gate + cell.early_gates);
    }
    const Range mine = mine_of_projection();
    for (Index r = mine.first; r < mine.last; ++r) {
      const float* from = sums + at.projection + r * projection_row();
      for (Index unit = 0; unit < job.size.hidden; ++unit) job.d.w_hr[r * job.size.hidden + unit] += from[unit];
    }
    add_biases();
  }

  void turn(float* to, Index piece, Index inputs, Range range, Index panel, int gates, const int* order) const {
    const int lanes = lanes_of(panel);
    const Index step = gates * kWidth;
    const float* const from = sums_of(piece, panel, inputs, gates);
    const bool far = at.size > kNearCache;
    for (Index i = range.first; i < range.last; i += kWidth) {
      const int count = smaller(kWidth, range.last - i);
      for (Index n = i + kWidth; far && n < smaller(i + 2 * kWidth, range.last); ++n) {
        prefetch_floats(from + n * step, gates * lanes);
      }
      for (int g = 0; g < gates; ++g) {
        float* const rows = to + (order[g] * job.size.hidden + panel * kWidth) * inputs + i;
        Vec v[kWidth];
        GATEWISE_UNROLL
        for (int n = 0; n < kWidth; ++n)
          v[n] = n < count ? load_lanes(from + (i + n) * step + g * lanes, lanes) : zero();
        transpose(v);
        GATEWISE_UNROLL
        for (int lane = 0; lane < kWidth; ++lane) {
          if (lane >= lanes) break;
          float* const row = rows + lane * inputs;
          store_lanes(row, add(load_lanes(row, count), v[lane]), count);
        }
      }
    }
  }
};

GATEWISE_KERNEL_END
