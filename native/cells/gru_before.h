// Gated recurrent unit in the reset-before form, the paper's own (Cho et al. 2014), as TensorFlow.js and ONNX have it.
//
//     r = σ(W_ir x + b_ir + W_hr h + b_hr)              reset gate
//     z = σ(W_iz x + b_iz + W_hz h + b_hz)              update gate
//     n = tanh(W_in x + b_in + W_hn (r ⊙ h) + b_hn)     candidate, whose state gate is late: it takes r ⊙ h
//     h' = (1 − z) ⊙ n + z ⊙ h
#pragma once
#include "staged.h"

GATEWISE_KERNEL_BEGIN

struct GruBefore : CellDefaults {
  static constexpr bool kStaged = true;
  static constexpr int kGates = 3;
  static constexpr int kSlots = 4;
  static constexpr int kGradSlots = 3;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = 0;
  static constexpr int kInputBias = 0;
  static constexpr int kStateBias = 0;
  static constexpr int kInputGate[kGates] = {0, 1, 2};
  static constexpr int kStateGate[kGates] = {0, 1, 2};
  static constexpr int kLateGates = 1;
  static constexpr int kLateSlot = 3;
  static constexpr bool kHasCell = false;
  enum Slot { kR, kZ, kN };

  static void reset_row(const RowForward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      float* const slots = row.slots + unit * kSlots;
      const Vec r = sigmoid(load_lanes(slots + kR * lanes, lanes));
      store_lanes(slots + kR * lanes, r, lanes);
      const Vec kept = mul(r, load_or_zero(row.operand, unit, lanes));
      store_lanes(slots + kLateSlot * lanes, kept, lanes);
      store_lanes(row.late + unit, kept, lanes);
    });
  }

  static void forward_row(const RowForward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec slots[kSlots];
      load_slots(slots, row.slots, unit, lanes);
      slots[kZ] = sigmoid(slots[kZ]);
      slots[kN] = hyperbolic_tangent(slots[kN]);
      store_slots(row.slots, unit, lanes, slots);
      const Vec before = load_or_zero(row.before_h, unit, lanes);
      store_lanes(row.h + unit, fma(slots[kZ], sub(before, slots[kN]), slots[kN]), lanes);
    });
  }

  //     da_z = dh' (h − n) z (1 − z)
  //     da_n = dh' (1 − z) (1 − n²)
  //     dh = dh' z, beside what comes through the products
  static void backward_row(const RowBackward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec slots[kSlots], d[kGradSlots];
      load_slots(slots, row.slots, unit, lanes);
      const Vec dh = load_lanes(row.dh + unit, lanes);
      const Vec before = load_or_zero(row.before_h, unit, lanes);
      d[kR] = zero();
      d[kZ] = mul(mul(dh, sub(before, slots[kN])), sigmoid_slope(slots[kZ]));
      d[kN] = mul(fnma(dh, slots[kZ], dh), tangent_slope(slots[kN]));
      store_slots(row.dgates, unit, lanes, d);
      store_lanes(row.dbefore + unit, fma(dh, slots[kZ], load_lanes(row.dbefore + unit, lanes)), lanes);
    });
  }

  // With dq = W_hnᵀ da_n:
  //     da_r = dq h r (1 − r)
  //     dh += dq r
  static void backward_reset_row(const RowBackward& row, const float* dlate) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      const Vec r = load_lanes(row.slots + unit * kSlots + kR * lanes, lanes);
      const Vec dq = load_lanes(dlate + unit, lanes);
      store_lanes(row.dgates + unit * kGradSlots + kR * lanes,
                  mul(mul(dq, load_or_zero(row.operand, unit, lanes)), sigmoid_slope(r)), lanes);
      store_lanes(row.doperand + unit, fma(dq, r, load_lanes(row.doperand + unit, lanes)), lanes);
    });
  }
};

GATEWISE_KERNEL_END
