// One buffer with everything a scan reads of its weights, cut into the layouts of gemm/pack.h.
#pragma once
#include "../cells/cell.h"
#include "../gemm/pack.h"
#include "job.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

constexpr Index kAlign = 16;  // floats in a cache line: every piece of a buffer begins on one

GATEWISE_INLINE Index aligned(Index floats) { return ceil_div(floats, kAlign) * kAlign; }

// Where the pieces of a packed scan stand, in floats from its beginning.
template <class Cell>
struct WeightLayout {
  static constexpr int kLate = Cell::kLateGates;
  static constexpr int kEarly = Cell::kGates - kLate;
  Index input;            // W_ih, layout 2
  Index state;            // W_hh of the early gates, layout 2
  Index late;             // W_hh of the late gates, layout 2
  Index bias;             // [U, S, V]: b_ih + b_hh where input and state share a slot
  Index vectors;          // [vectors, H]
  Index projection;       // W_hrᵀ, layout 3: h = W_hr (what the cell gives)
  Index input_back;       // W_ih in gate-row order, layout 3: dx = dgates · W_ih
  Index state_back;       // W_hh in gate-row order, layout 3: dh = dgates · W_hh
  Index late_back;        // of the late gates
  Index projection_back;  // W_hr, layout 3
  Index forward_size;
  Index size;

  explicit WeightLayout(const ScanSize& of) {
    const Index panels = ceil_div(of.hidden, kWidth);
    const bool projected = of.output != of.hidden;
    input = 0;
    state = input + aligned(unit_weights_size(of.hidden, of.input, Cell::kGates));
    late = state + aligned(unit_weights_size(of.hidden, of.output, kEarly));
    bias = late + aligned(unit_weights_size(of.hidden, of.output, kLate));
    vectors = bias + aligned(panels * Cell::kSlots * kWidth);
    projection = vectors + aligned(Cell::kVectors * of.hidden);
    forward_size = projection + (projected ? aligned(column_weights_size(of.output, of.hidden)) : 0);
    input_back = forward_size;
    state_back = input_back + aligned(column_weights_size(of.input, Cell::kGates * of.hidden));
    late_back = state_back + aligned(column_weights_size(of.output, kEarly * of.hidden));
    projection_back = late_back + aligned(column_weights_size(of.output, kLate * of.hidden));
    size = projection_back + (projected ? aligned(column_weights_size(of.hidden, of.output)) : 0);
  }
};

template <class Cell>
inline void pack_bias(float* to, Index hidden, int first_slot, const int* order, const float* bias) {
  for (Index unit = 0; unit < hidden; ++unit) {
    float* panel = to + (unit / kWidth) * Cell::kSlots * kWidth + unit % kWidth;
    for (int g = 0; g < Cell::kGates; ++g) panel[(first_slot + g) * kWidth] += bias[order[g] * hidden + unit];
  }
}

// A team divides the panels of every piece. What has one number a unit is the first member's.
template <class Cell>
inline void pack_scan(const ScanPack& job, const Team& team) {
  using Layout = WeightLayout<Cell>;
  const ScanSize& of = job.size;
  const ScanArrays<const float>& w = job.weights;
  const Layout at(of);
  const int* const early = Cell::kStateGate;
  const int* const late = Cell::kStateGate + Layout::kEarly;
  const bool projected = of.output != of.hidden;
  const Range units = share_of(team, ceil_div(of.hidden, kWidth));
  const auto unit_weights = [&](Index piece, const float* from, Index depth, int gates, const int* order) {
    pack_unit_weights(job.to + piece, from, of.hidden, depth, gates, order, units.first, units.last);
  };
  unit_weights(at.input, w.w_ih, of.input, Cell::kGates, Cell::kInputGate);
  unit_weights(at.state, w.w_hh, of.output, Layout::kEarly, early);
  if constexpr (Layout::kLate > 0) unit_weights(at.late, w.w_hh, of.output, Layout::kLate, late);
  if (team.index == 0) {
    zero_floats(job.to + at.bias, at.projection - at.bias);
    if (w.b_ih) pack_bias<Cell>(job.to + at.bias, of.hidden, Cell::kInputBias, Cell::kInputGate, w.b_ih);
    if (w.b_hh) pack_bias<Cell>(job.to + at.bias, of.hidden, Cell::kStateBias, Cell::kStateGate, w.b_hh);
    for (int v = 0; v < Cell::kVectors; ++v) {
      if (w.vectors[v]) copy_floats(job.to + at.vectors + v * of.hidden, w.vectors[v], of.hidden);
    }
  }
  const auto panels_of = [&](Index columns) { return share_of(team, ceil_div(columns, kPanelColumns)); };
  if (projected) {
    const Range panels = panels_of(of.output);
    pack_transposed_weights(job.to + at.projection, w.w_hr, of.output, of.hidden, panels.first, panels.last);
  }
  if (!job.training) return;
  const auto column_weights = [&](Index piece, const float* from, Index columns, Index depth, const auto& row_of) {
    const Range panels = panels_of(columns);
    pack_column_weights(job.to + piece, from, columns, depth, row_of, panels.first, panels.last);
  };
  column_weights(at.input_back, w.w_ih, of.input, Cell::kGates * of.hidden,
                 GateRows<Cell::kGates>{of.hidden, Cell::kInputGate});
  column_weights(at.state_back, w.w_hh, of.output, Layout::kEarly * of.hidden,
                 GateRows<Layout::kEarly>{of.hidden, early});
  if constexpr (Layout::kLate > 0) {
    column_weights(at.late_back, w.w_hh, of.output, Layout::kLate * of.hidden,
                   GateRows<Layout::kLate>{of.hidden, late});
  }
  if (projected) {
    column_weights(at.projection_back, w.w_hr, of.hidden, of.output, [](Index k) { return k; });
  }
}

GATEWISE_KERNEL_END
