// The gradients of the weights of a short pass, which is one chunk (binding/chunks.h) and one block of it:
//
//     dW_ih += dgatesᵀ x     dW_hh += dgatesᵀ h_{t-1}
//
// straight to where they are wanted. Sums that wait transposed (weight_gradients.h) spare long passes a transposition for each block
// of rows; here they would be written for the sake of one block, then read and turned. Each sum is the same chain of additions.
#pragma once
#include "gradient_operands.h"

GATEWISE_KERNEL_BEGIN

struct DirectGradients : GradientOperands {
  using GradientOperands::GradientOperands;

  // Whether the rows and their operands fit the near cache, and vectors of columns are mostly whole. Tiles take other sums.
  bool apply() const {
    constexpr Index kNarrowest = 2 * kWidth;
    const Index all = job.rows.offsets[job.rows.steps];
    const bool whole = job.begins && job.ends && job.first_group == 0;
    const bool fits = all <= kGradientBlock && all * (job.size.input + job.size.hidden) <= kNearCache;
    return whole && fits && !cell.staged && !job.tiles && smaller(job.size.input, job.size.hidden) >= kNarrowest;
  }

  // Adds all rows, whose dgates stand in the order of visiting.
  void add(const float* dgates) const {
    const Range all{0, job.rows.offsets[job.rows.steps]};
    pack_operands<kPanelColumns>(job.rows.steps, 0, all);
    const Range panels = mine_of_panels();
    for (Index panel = panels.first; panel < panels.last; ++panel) {
      copy_panel_rows(dgates, panel, job.rows.steps, 0, all, true);
      add_gates(job.d.w_ih, job.size.input, mine_of_x(), own(at.x_blocks), panel, cell.input_slot, cell.input_gate);
      add_gates(job.d.w_hh, job.size.hidden, mine_of_h(), own(at.h_blocks), panel, cell.state_slot, cell.state_gate);
    }
    add_biases();
  }

  // Those rows of a gradient [G·H, inputs] that are a panel's units.
  void add_gates(float* to, Index inputs, Range mine, const float* blocks, Index panel, int slot,
                 const int* order) const {
    const Index rows = job.rows.offsets[job.rows.steps];
    const int lanes = lanes_of(panel);
    for (int g = 0; g < cell.gates; ++g) {
      float* const unit = to + (order[g] * job.size.hidden + panel * kWidth) * inputs + mine.first;
      for (Index first = 0; first < mine.size(); first += kPanelColumns) {
        const Index columns = smaller(kPanelColumns, mine.size() - first);
        with_vectors(columns, [&]<int N>() {
          add_transposed_product<N>(unit + first, inputs, own(at.panel) + (slot + g) * lanes, cell.grad_slots * kWidth,
                                    lanes, blocks + first * kBlockRows, kPanelColumns, rows,
                                    static_cast<int>(columns - (N - 1) * kWidth));
        });
      }
    }
  }
};

GATEWISE_KERNEL_END
