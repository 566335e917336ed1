// The plain recurrent network (Elman 1990), as PyTorch's RNN has it.
//
//     h' = tanh(W_ih x + b_ih + W_hh h + b_hh)      or max(0, …)
#pragma once
#include "staged.h"

GATEWISE_KERNEL_BEGIN

struct RnnFacts : CellDefaults {
  static constexpr int kGates = 1;
  static constexpr int kSlots = 1;
  static constexpr int kGradSlots = 1;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = 0;
  static constexpr int kInputGate[kGates] = {0};
  static constexpr int kStateGate[kGates] = {0};
  static constexpr bool kHasCell = false;
};

struct TanhStep : RnnFacts {
  static GATEWISE_INLINE void forward_step(Vec (&slots)[kSlots], Vec, Vec& h, Vec&) {
    h = slots[0] = hyperbolic_tangent(slots[0]);
  }
  //     da = dh' (1 − h'²)
  static GATEWISE_INLINE void backward_step(const Vec (&slots)[kSlots], Vec, Vec, Vec dh, Vec& dcarried,
                                            Vec (&dgates)[kSlots]) {
    dgates[0] = mul(dh, tangent_slope(slots[0]));
    dcarried = zero();
  }
};

struct ReluStep : RnnFacts {
  static GATEWISE_INLINE void forward_step(Vec (&slots)[kSlots], Vec, Vec& h, Vec&) {
    h = slots[0] = max(zero(), slots[0]);  // NaN stays
  }
  //     da = dh' where h' > 0
  static GATEWISE_INLINE void backward_step(const Vec (&slots)[kSlots], Vec, Vec, Vec dh, Vec& dcarried,
                                            Vec (&dgates)[kSlots]) {
    dgates[0] = where_greater(slots[0], zero(), dh);
    dcarried = zero();
  }
};

using RnnTanh = Staged<TanhStep>;
using RnnRelu = Staged<ReluStep>;

GATEWISE_KERNEL_END
