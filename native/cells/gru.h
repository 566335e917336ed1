// Gated recurrent unit (Cho et al. 2014) in the reset-after form of PyTorch, cuDNN and Keras.
//
//     r = σ(W_ir x + b_ir + W_hr h + b_hr)          reset gate
//     z = σ(W_iz x + b_iz + W_hz h + b_hz)          update gate
//     m = W_hn h + b_hn                             the state's part of the candidate
//     n = tanh(W_in x + b_in + r ⊙ m)               candidate
//     h' = (1 − z) ⊙ n + z ⊙ h
//
// Slots n, r, z, m: the input adds into the first three, the state into the last three.
#pragma once
#include "../math/activations.h"
#include "cell.h"

GATEWISE_KERNEL_BEGIN

struct Gru : CellDefaults {
  static constexpr int kGates = 3;
  static constexpr int kSlots = 4;
  static constexpr int kGradSlots = 4;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = 1;
  static constexpr int kInputBias = kInputSlot;
  static constexpr int kStateBias = kStateSlot;
  static constexpr int kInputGate[kGates] = {2, 0, 1};  // n, r, z in PyTorch's order r, z, n
  static constexpr int kStateGate[kGates] = {0, 1, 2};  // r, z, m
  static constexpr bool kHasCell = false;
  enum Slot { kN, kR, kZ, kM };

  static GATEWISE_INLINE void forward_step(Vec (&slots)[kSlots], Vec carried, Vec& h, Vec&) {
    slots[kR] = sigmoid(slots[kR]);
    slots[kZ] = sigmoid(slots[kZ]);
    slots[kN] = hyperbolic_tangent(fma(slots[kR], slots[kM], slots[kN]));
    h = fma(slots[kZ], sub(carried, slots[kN]), slots[kN]);
  }

  //     dh' += what came unit by unit from the step after
  //     da_z = dh' (h − n) z (1 − z)
  //     da_n = dh' (1 − z) (1 − n²)
  //     da_r = da_n m r (1 − r)
  //     dm = da_n r
  //     dh = dh' z, beside W_hhᵀ (da_r, da_z, dm)
  static GATEWISE_INLINE void backward_step(const Vec (&slots)[kSlots], Vec carried, Vec, Vec dh, Vec& dcarried,
                                            Vec (&dgates)[kSlots]) {
    const Vec d = add(dh, dcarried);
    dgates[kZ] = mul(mul(d, sub(carried, slots[kN])), sigmoid_slope(slots[kZ]));
    dgates[kN] = mul(fnma(d, slots[kZ], d), tangent_slope(slots[kN]));
    dgates[kR] = mul(mul(dgates[kN], slots[kM]), sigmoid_slope(slots[kR]));
    dgates[kM] = mul(dgates[kN], slots[kR]);
    dcarried = mul(d, slots[kZ]);
  }
};

GATEWISE_KERNEL_END
