// Long short-term memory (Hochreiter and Schmidhuber 1997, the forget gate of Gers et al. 2000), as PyTorch has it.
//
//     i = σ(W_ii x + b_ii + W_hi h + b_hi)          input gate
//     f = σ(W_if x + b_if + W_hf h + b_hf)          forget gate
//     g = tanh(W_ig x + b_ig + W_hg h + b_hg)       candidate
//     o = σ(W_io x + b_io + W_ho h + b_ho)          output gate
//     c' = f ⊙ c + i ⊙ g
//     h' = o ⊙ tanh(c')
#pragma once
#include "../math/activations.h"
#include "cell.h"

GATEWISE_KERNEL_BEGIN

struct Lstm : CellDefaults {
  static constexpr int kGates = 4;
  static constexpr int kSlots = 4;
  static constexpr int kGradSlots = 4;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = 0;
  static constexpr int kInputBias = kInputSlot;
  static constexpr int kStateBias = kStateSlot;
  static constexpr int kInputGate[kGates] = {0, 1, 2, 3};
  static constexpr int kStateGate[kGates] = {0, 1, 2, 3};
  static constexpr bool kHasCell = true;
  enum Slot { kI, kF, kG, kO };

  static GATEWISE_INLINE void forward_step(Vec (&slots)[kSlots], Vec carried, Vec& h, Vec& c) {
    slots[kI] = sigmoid(slots[kI]);
    slots[kF] = sigmoid(slots[kF]);
    slots[kG] = hyperbolic_tangent(slots[kG]);
    slots[kO] = sigmoid(slots[kO]);
    c = fma(slots[kF], carried, mul(slots[kI], slots[kG]));
    h = mul(slots[kO], hyperbolic_tangent(c));
  }

  // With tc = tanh(c') and every d-name the derivative of the loss:
  //     dc' += dh' o (1 − tc²)
  //     da_i = dc' g i (1 − i)     da_f = dc' c f (1 − f)
  //     da_g = dc' i (1 − g²)      da_o = dh' tc o (1 − o)
  //     dc = dc' f
  static GATEWISE_INLINE void backward_step(const Vec (&slots)[kSlots], Vec carried, Vec c, Vec dh, Vec& dcarried,
                                            Vec (&dgates)[kSlots]) {
    const Vec tc = hyperbolic_tangent(c);
    const Vec dc = fma(mul(dh, slots[kO]), tangent_slope(tc), dcarried);
    dgates[kI] = mul(mul(dc, slots[kG]), sigmoid_slope(slots[kI]));
    dgates[kF] = mul(mul(dc, carried), sigmoid_slope(slots[kF]));
    dgates[kG] = mul(mul(dc, slots[kI]), tangent_slope(slots[kG]));
    dgates[kO] = mul(mul(dh, tc), sigmoid_slope(slots[kO]));
    dcarried = mul(dc, slots[kF]);
  }
};

GATEWISE_KERNEL_END
