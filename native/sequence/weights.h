// One buffer with everything a scan reads of its weights, cut into the layouts of gemm/pack.h.
#pragma once
#include "../cells/cell.h"
#include "../gemm/pack.h"

GATEWISE_KERNEL_BEGIN

constexpr Index kAlign = 16;  // floats in a cache line: every piece of a buffer begins on one

GATEWISE_INLINE Index aligned(Index floats) { return ceil_div(floats, kAlign) * kAlign; }

// Where the pieces of a packed scan stand, in floats from its beginning.
template <class Cell>
struct WeightLayout {
  Index input;       // W_ih, layout 2
  Index state;       // W_hh, layout 2
  Index bias;        // [U, S, V]: b_ih + b_hh where input and state share a slot
  Index input_back;  // W_ih in gate-row order, layout 3: dx = dgates · W_ih
  Index state_back;  // W_hh in gate-row order, layout 3: dh = dgates · W_hh
  Index forward_size;
  Index size;

  WeightLayout(Index in, Index hidden) {
    const Index panels = ceil_div(hidden, kWidth);
    input = 0;
    state = input + aligned(unit_weights_size(hidden, in, Cell::kGates));
    bias = state + aligned(unit_weights_size(hidden, hidden, Cell::kGates));
    forward_size = bias + aligned(panels * Cell::kSlots * kWidth);
    input_back = forward_size;
    state_back = input_back + aligned(column_weights_size(in, Cell::kGates * hidden));
    size = state_back + aligned(column_weights_size(hidden, Cell::kGates * hidden));
  }
};

template <class Cell>
inline void pack_bias(float* to, Index hidden, int first_slot, const int* order, const float* bias) {
  for (Index unit = 0; unit < hidden; ++unit) {
    float* panel = to + (unit / kWidth) * Cell::kSlots * kWidth + unit % kWidth;
    for (int g = 0; g < Cell::kGates; ++g) panel[(first_slot + g) * kWidth] += bias[order[g] * hidden + unit];
  }
}

// w_ih [G·H, I], w_hh [G·H, H], b_ih and b_hh [G·H] or null. `training` adds what only backward reads.
template <class Cell>
inline void pack_scan(float* to, Index in, Index hidden, const float* w_ih, const float* w_hh, const float* b_ih,
                      const float* b_hh, bool training) {
  const WeightLayout<Cell> at(in, hidden);
  pack_unit_weights(to + at.input, w_ih, hidden, in, Cell::kGates, Cell::kInputGate);
  pack_unit_weights(to + at.state, w_hh, hidden, hidden, Cell::kGates, Cell::kStateGate);
  zero_floats(to + at.bias, at.forward_size - at.bias);
  if (b_ih) pack_bias<Cell>(to + at.bias, hidden, Cell::kInputSlot, Cell::kInputGate, b_ih);
  if (b_hh) pack_bias<Cell>(to + at.bias, hidden, Cell::kStateSlot, Cell::kStateGate, b_hh);
  if (!training) return;
  const Index depth = Cell::kGates * hidden;
  pack_column_weights(to + at.input_back, w_ih, in, depth, GateRows<Cell::kGates>{hidden, Cell::kInputGate});
  pack_column_weights(to + at.state_back, w_hh, hidden, depth, GateRows<Cell::kGates>{hidden, Cell::kStateGate});
}

GATEWISE_KERNEL_END
