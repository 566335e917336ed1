// The LSTM with what others have added to it, each of which can be left out: peepholes p (Gers and Schmidhuber 2000),
// a bound on c (Sak et al. 2014), and a forget gate that is coupled to the input gate (Greff et al. 2017, CIFG).
//
//     i = σ(a_i + p_i ⊙ c)
//     f = σ(a_f + p_f ⊙ c)         coupled: f = 1 − i
//     g = tanh(a_g)
//     c' = hold(f ⊙ c + i ⊙ g)     held to [−bound, bound]
//     o = σ(a_o + p_o ⊙ c')
//     h' = o ⊙ tanh(c')
//
// where a = W_ih x + b_ih + W_hh h + b_hh. Coupled, there are three gates: i, g, o.
#pragma once
#include "staged.h"

GATEWISE_KERNEL_BEGIN

template <bool Coupled>
struct LstmVariant : CellDefaults {
  static constexpr bool kStaged = true;
  static constexpr int kGates = Coupled ? 3 : 4;
  static constexpr int kSlots = kGates;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = 0;
  static constexpr int kInputBias = 0;
  static constexpr int kStateBias = 0;
  static constexpr int kInputGate[4] = {0, 1, 2, 3};
  static constexpr int kStateGate[4] = {0, 1, 2, 3};
  static constexpr bool kHasCell = true;
  static constexpr int kVectors = Coupled ? 2 : 3;  // p_i, p_f, p_o
  static constexpr int kVectorSlot = kSlots;
  static constexpr int kGradSlots = kSlots + kVectors;
  static constexpr int kI = 0, kF = 1, kG = Coupled ? 1 : 2, kO = Coupled ? 2 : 3;  // slots; kF where not coupled
  static constexpr int kPeepI = 0, kPeepF = 1, kPeepO = Coupled ? 1 : 2;

  struct Peepholes {
    Vec p[kVectors];
    GATEWISE_INLINE Peepholes(const float* vectors, Index hidden, Index unit, int lanes) {
      GATEWISE_UNROLL
      for (int v = 0; v < kVectors; ++v) p[v] = load_lanes(vectors + v * hidden + unit, lanes);
    }
  };

  static GATEWISE_INLINE Vec forget_gate(const Vec (&slots)[kSlots]) {
    return Coupled ? sub(broadcast(1.0f), slots[kI]) : slots[kF];
  }

  static void forward_row(const RowForward& row) {
    const Vec bound = broadcast(row.bound);
    for_units(row.hidden, [&](Index unit, int lanes) {
      const Peepholes peep(row.vectors, row.hidden, unit, lanes);
      const Vec before = load_or_zero(row.before_c, unit, lanes);
      Vec slots[kSlots];
      load_slots(slots, row.slots, unit, lanes);
      slots[kI] = sigmoid(fma(peep.p[kPeepI], before, slots[kI]));
      if constexpr (!Coupled) slots[kF] = sigmoid(fma(peep.p[kPeepF], before, slots[kF]));
      slots[kG] = hyperbolic_tangent(slots[kG]);
      const Vec c = hold(fma(forget_gate(slots), before, mul(slots[kI], slots[kG])), bound);
      slots[kO] = sigmoid(fma(peep.p[kPeepO], c, slots[kO]));
      store_slots(row.slots, unit, lanes, slots);
      store_lanes(row.h + unit, mul(slots[kO], hyperbolic_tangent(c)), lanes);
      store_lanes(row.c + unit, c, lanes);
    });
  }

  // With tc = tanh(c'):
  //     da_o = dh' tc o (1 − o)
  //     dc' += dh' o (1 − tc²) + da_o p_o, where it is not held
  //     da_i = dc' g i (1 − i)         coupled: dc' (g − c) i (1 − i)
  //     da_f = dc' c f (1 − f)
  //     da_g = dc' i (1 − g²)
  //     dc = dc' f + da_i p_i + da_f p_f
  //     dp_i = da_i c     dp_f = da_f c     dp_o = da_o c'
  static void backward_row(const RowBackward& row) {
    const Vec bound = broadcast(row.bound);
    for_units(row.hidden, [&](Index unit, int lanes) {
      const Peepholes peep(row.vectors, row.hidden, unit, lanes);
      const Vec before = load_or_zero(row.before_c, unit, lanes);
      Vec slots[kSlots], d[kGradSlots];
      load_slots(slots, row.slots, unit, lanes);
      const Vec f = forget_gate(slots);
      const Vec free = fma(f, before, mul(slots[kI], slots[kG]));
      const Vec c = hold(free, bound);
      const Vec tc = hyperbolic_tangent(c);
      const Vec dh = load_lanes(row.dh + unit, lanes);
      d[kO] = mul(mul(dh, tc), sigmoid_slope(slots[kO]));
      Vec dc = fma(mul(dh, slots[kO]), tangent_slope(tc), load_lanes(row.dc + unit, lanes));
      dc = hold_slope(free, bound, fma(d[kO], peep.p[kPeepO], dc));
      d[kI] = mul(mul(dc, Coupled ? sub(slots[kG], before) : slots[kG]), sigmoid_slope(slots[kI]));
      d[kG] = mul(mul(dc, slots[kI]), tangent_slope(slots[kG]));
      Vec dbefore = fma(dc, f, mul(d[kI], peep.p[kPeepI]));
      d[kVectorSlot + kPeepI] = mul(d[kI], before);
      d[kVectorSlot + kPeepO] = mul(d[kO], c);
      if constexpr (!Coupled) {
        d[kF] = mul(mul(dc, before), sigmoid_slope(f));
        dbefore = fma(d[kF], peep.p[kPeepF], dbefore);
        d[kVectorSlot + kPeepF] = mul(d[kF], before);
      }
      store_slots(row.dgates, unit, lanes, d);
      store_lanes(row.dc + unit, dbefore, lanes);
      if (row.h) store_lanes(row.h + unit, mul(slots[kO], tc), lanes);
    });
  }
};

GATEWISE_KERNEL_END
