// One buffer with everything a scan reads of its weights, cut into the layouts of gemm/pack.h.
#pragma once
#include "../cells/cell.h"
#include "../gemm/fetch.h"
#include "../gemm/tiles.h"
#include "../gemm/unit_weights.h"
#include "job.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

// Every piece of a buffer begins on a cache line.
GATEWISE_INLINE Index aligned(Index floats) { return ceil_div(floats, kLineFloats) * kLineFloats; }

// Where the pieces of a packed scan stand, in floats from its beginning.
struct WeightLayout {
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
  Index input_back;       // W_ih in gate-row order, layout 3, or right tiles of it: dx = dgates · W_ih
  Index state_back;       // W_hh in gate-row order, layout 3: dh = dgates · W_hh
  Index late_back;        // of the late gates
  Index projection_back;  // W_hr, layout 3
  Index forward_size;
  Index size;
  Precision precision;

  // `tiles` tells how backward multiplies.
  __attribute__((noinline))
  WeightLayout(const CellFacts& cell, const ScanSize& of, Precision kept = Precision::kFloat32, bool tiles = false)
      : precision(kept) {
    const Index panels = ceil_div(of.hidden, kWidth);
    const bool projected = of.output != of.hidden;
    const auto numbers = [&](Index depth, int gates) {
      return aligned(unit_numbers_size(of.hidden, depth, gates, kept));
    };
    const auto scales = [&](int gates) { return aligned(unit_scales_size(of.hidden, gates, kept)); };
    input = 0;
    input_scales = input + numbers(of.input, cell.gates);
    state = input_scales + scales(cell.gates);
    state_scales = state + numbers(of.output, cell.early_gates);
    late = state_scales + scales(cell.early_gates);
    late_scales = late + numbers(of.output, cell.late_gates);
    bias = late_scales + scales(cell.late_gates);
    vectors = bias + aligned(panels * cell.slots * kWidth);
    projection = vectors + aligned(cell.vectors * of.hidden);
    forward_size = projection + (projected ? aligned(column_weights_size(of.output, of.hidden)) : 0);
    input_back = forward_size;
    const Index rows = cell.gates * of.hidden;
    state_back = input_back + (tiles ? tiles_size(of.input, rows) : aligned(column_weights_size(of.input, rows)));
    late_back = state_back + aligned(column_weights_size(of.output, cell.early_gates * of.hidden));
    projection_back = late_back + aligned(column_weights_size(of.output, cell.late_gates * of.hidden));
    size = projection_back + (projected ? aligned(column_weights_size(of.hidden, of.output)) : 0);
  }

  // Where packed weights begin with `w`.
  UnitWeights input_of(const float* w) const { return {w + input, w + input_scales, precision, input_scales - input}; }
  UnitWeights state_of(const float* w) const { return {w + state, w + state_scales, precision, state_scales - state}; }
  UnitWeights late_of(const float* w) const { return {w + late, w + late_scales, precision, late_scales - late}; }
};

inline void pack_bias(const CellFacts& cell, float* to, Index hidden, int first_slot, const int* order,
                      const float* bias) {
  for (Index unit = 0; unit < hidden; ++unit) {
    float* panel = to + (unit / kWidth) * cell.slots * kWidth + unit % kWidth;
    for (int g = 0; g < cell.gates; ++g) panel[(first_slot + g) * kWidth] += bias[order[g] * hidden + unit];
  }
}

// Unit panels of the matrices, each both ways while a cache has it.
template <Way To>
inline void pack_matrices(const CellFacts& cell, const ScanPack& job, const WeightLayout& at, Range units) {
  const ScanSize& of = job.size;
  const auto pack = [&](Index piece, Index scales, Index back, const float* from, Index depth, int gates,
                        const int* order, bool tiles = false) {
    for (Index u = units.first; u < units.last; ++u) {
      pack_units<To>(job.to + piece, scales - piece, job.precision, from, of.hidden, depth, gates, order, u);
      if (!job.training) continue;
      if (tiles) {
        pack_column_tiles(job.to + back, from, depth, of.hidden, gates, order, u);
      } else {
        pack_column_weights<To>(job.to + back, from, depth, of.hidden, gates, order, u);
      }
    }
  };
  const float* const state = job.weights.w_hh;
  pack(at.input, at.input_scales, at.input_back, job.weights.w_ih, of.input, cell.gates, cell.input_gate, job.tiles);
  pack(at.state, at.state_scales, at.state_back, state, of.output, cell.early_gates, cell.state_gate);
  pack(at.late, at.late_scales, at.late_back, state, of.output, cell.late_gates, cell.state_gate + cell.early_gates);
}

// A team divides the unit panels of every piece, or a projection's outputs. What has one number a unit is the first member's.
inline void pack_weights(const CellFacts& cell, const ScanPack& job, const Team& team) {
  const ScanSize& of = job.size;
  const ScanArrays<const float>& w = job.weights;
  const WeightLayout at(cell, of, job.precision, job.tiles);
  const Range units = share_of(team, ceil_div(of.hidden, kWidth));
  // What is more than the far cache holds would drive out the weights themselves, and be gone before it is read.
  if (job.training && at.size > 2 * kFarCache) {
    pack_matrices<Way::kPast>(cell, job, at, units);
    settle();
  } else {
    pack_matrices<Way::kIn>(cell, job, at, units);
  }
  if (team.index == 0) {
    zero_floats(job.to + at.bias, at.projection - at.bias);
    if (w.b_ih) pack_bias(cell, job.to + at.bias, of.hidden, cell.input_bias, cell.input_gate, w.b_ih);
    if (w.b_hh) pack_bias(cell, job.to + at.bias, of.hidden, cell.state_bias, cell.state_gate, w.b_hh);
    for (int v = 0; v < cell.vectors; ++v) {
      if (w.vectors[v]) copy_floats(job.to + at.vectors + v * of.hidden, w.vectors[v], of.hidden);
    }
  }
  if (of.output == of.hidden) return;
  const Range panels = share_of(team, ceil_div(of.output, kPanelColumns));
  pack_transposed_weights(job.to + at.projection, w.w_hr, of.output, of.hidden, panels.first, panels.last);
  if (!job.training) return;
  const Range rows = share_of(team, ceil_div(of.output, kWidth));
  pack_plain_weights(job.to + at.projection_back, w.w_hr, of.hidden, of.output, rows.first, rows.last);
}

GATEWISE_KERNEL_END
