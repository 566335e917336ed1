// One buffer with everything a scan reads of its weights, cut into the layouts of gemm/pack.h.
#pragma once
#include "../cells/cell.h"
#include "../gemm/fetch.h"
#include "../gemm/unit_weights.h"
#include "job.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

// Every piece of a buffer begins on a cache line.
GATEWISE_INLINE Index aligned(Index floats) { return ceil_div(floats, kLineFloats) * kLineFloats; }

// Where the pieces of a packed scan stand, in floats from its beginning.
template <class Cell>
struct WeightLayout {
  static constexpr int kLate = Cell::kLateGates;
  static constexpr int kEarly = Cell::kGates - kLate;
  // Unit weights, layout 2, and of each the scales, in the precision that they are kept in:
  Index input;  // W_ih
  Index input_scales;
  Index state;  // W_hh of the early gates
  Index state_scales;
  Index late;  // W_hh of the late gates
  Index late_scales;
  Index bias;             // [U, S, V]: b_ih + b_hh where input and state share a slot
  Index vectors;          // [vectors, H]
  Index projection;       // W_hrᵀ, layout 3: h = W_hr (what the cell gives)
  Index input_back;       // W_ih in gate-row order, layout 3: dx = dgates · W_ih
  Index state_back;       // W_hh in gate-row order, layout 3: dh = dgates · W_hh
  Index late_back;        // of the late gates
  Index projection_back;  // W_hr, layout 3
  Index forward_size;
  Index size;
  Precision precision;

  explicit WeightLayout(const ScanSize& of, Precision kept = Precision::kFloat32) : precision(kept) {
    const Index panels = ceil_div(of.hidden, kWidth);
    const bool projected = of.output != of.hidden;
    const auto numbers = [&](Index depth, int gates) {
      return aligned(unit_numbers_size(of.hidden, depth, gates, kept));
    };
    const auto scales = [&](int gates) { return aligned(unit_scales_size(of.hidden, gates, kept)); };
    input = 0;
    input_scales = input + numbers(of.input, Cell::kGates);
    state = input_scales + scales(Cell::kGates);
    state_scales = state + numbers(of.output, kEarly);
    late = state_scales + scales(kEarly);
    late_scales = late + numbers(of.output, kLate);
    bias = late_scales + scales(kLate);
    vectors = bias + aligned(panels * Cell::kSlots * kWidth);
    projection = vectors + aligned(Cell::kVectors * of.hidden);
    forward_size = projection + (projected ? aligned(column_weights_size(of.output, of.hidden)) : 0);
    input_back = forward_size;
    state_back = input_back + aligned(column_weights_size(of.input, Cell::kGates * of.hidden));
    late_back = state_back + aligned(column_weights_size(of.output, kEarly * of.hidden));
    projection_back = late_back + aligned(column_weights_size(of.output, kLate * of.hidden));
    size = projection_back + (projected ? aligned(column_weights_size(of.hidden, of.output)) : 0);
  }

  // Where packed weights begin with `w`.
  UnitWeights input_of(const float* w) const { return {w + input, w + input_scales, precision, input_scales - input}; }
  UnitWeights state_of(const float* w) const { return {w + state, w + state_scales, precision, state_scales - state}; }
  UnitWeights late_of(const float* w) const { return {w + late, w + late_scales, precision, late_scales - late}; }
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
  const Layout at(of, job.precision);
  const int* const early = Cell::kStateGate;
  const int* const late = Cell::kStateGate + Layout::kEarly;
  const bool projected = of.output != of.hidden;
  const Range units = share_of(team, ceil_div(of.hidden, kWidth));
  const auto unit_weights = [&](Index piece, Index scales, const float* from, Index depth, int gates,
                                const int* order) {
    pack_units(job.to + piece, scales - piece, job.precision, from, of.hidden, depth, gates, order, units.first,
               units.last);
  };
  unit_weights(at.input, at.input_scales, w.w_ih, of.input, Cell::kGates, Cell::kInputGate);
  unit_weights(at.state, at.state_scales, w.w_hh, of.output, Layout::kEarly, early);
  if constexpr (Layout::kLate > 0) unit_weights(at.late, at.late_scales, w.w_hh, of.output, Layout::kLate, late);
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
