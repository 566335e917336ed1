// The LSTM of lstm.h with its sums and its cell state normalised (Ba et al. 2016; layer_norm.h):
//
//     i, f, o = σ(a_i), σ(a_f), σ(a_o)    g = tanh(a_g)
//     c' = hold(f ⊙ c + i ⊙ g)
//     h' = o ⊙ tanh(γ_c ⊙ norm(c') + β_c)      the norm over H
#pragma once
#include "layer_norm.h"
#include "lstm.h"

GATEWISE_KERNEL_BEGIN

struct LstmLayerNorm : LayerNorm<Lstm, 2> {
  static constexpr int kGain = 2 * kGates;  // vectors γ_c
  static constexpr int kShift = kGain + 1;  // and β_c

  static GATEWISE_INLINE void load_gates(const float* row, Index unit, int lanes, Vec (&gates)[Lstm::kSlots]) {
    const float* const own = row + unit * kSlots + kOwn * lanes;
    GATEWISE_UNROLL
    for (int s = 0; s < Lstm::kSlots; ++s) gates[s] = load_lanes(own + s * lanes, lanes);
  }

  static void forward_row(const RowForward& row) {
    const Norms norms(row.slots, row.vectors, row.hidden);
    const Vec bound = broadcast(row.bound);
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec gates[Lstm::kSlots];
      norms.gates(row.bias, unit, lanes, gates);
      gates[Lstm::kI] = sigmoid(gates[Lstm::kI]);
      gates[Lstm::kF] = sigmoid(gates[Lstm::kF]);
      gates[Lstm::kG] = hyperbolic_tangent(gates[Lstm::kG]);
      gates[Lstm::kO] = sigmoid(gates[Lstm::kO]);
      float* const own = row.slots + unit * kSlots + kOwn * lanes;
      for (int s = 0; s < Lstm::kSlots; ++s) store_lanes(own + s * lanes, gates[s], lanes);
      const Vec c =
          fma(gates[Lstm::kF], load_or_zero(row.before_c, unit, lanes), mul(gates[Lstm::kI], gates[Lstm::kG]));
      store_lanes(row.c + unit, hold(c, bound), lanes);
    });
    const Moments of_c(row.c, row.hidden, 1, 0, 1);
    for_units(row.hidden, [&](Index unit, int lanes) {
      const Vec y = fma(norms.vector(unit, lanes, kGain), of_c.norm(load_lanes(row.c + unit, lanes)),
                        norms.vector(unit, lanes, kShift));
      const Vec o = load_lanes(row.slots + unit * kSlots + (kOwn + Lstm::kO) * lanes, lanes);
      store_lanes(row.h + unit, mul(o, hyperbolic_tangent(y)), lanes);
    });
  }

  // With y = norm(c') and t = tanh(γ_c y + β_c):
  //     da_o = dh' t o (1 − o)
  //     dβ_c = dh' o (1 − t²)     dγ_c = dβ_c y     dy = dβ_c γ_c
  //     dc' += the norm's way back of dy, where c' is not held
  //     da_i, da_f, da_g and dc as in lstm.h
  static void backward_row(const RowBackward& row) {
    const Vec bound = broadcast(row.bound);
    constexpr int kGainSlot = kVectorSlot + kGain, kShiftSlot = kVectorSlot + kShift;
    const auto free_state = [&](const Vec(&gates)[Lstm::kSlots], Vec before) {
      return fma(gates[Lstm::kF], before, mul(gates[Lstm::kI], gates[Lstm::kG]));
    };
    // c' waits in the place of dγ_c.
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec gates[Lstm::kSlots];
      load_gates(row.slots, unit, lanes, gates);
      const Vec c = hold(free_state(gates, load_or_zero(row.before_c, unit, lanes)), bound);
      store_lanes(row.dgates + unit * kGradSlots + kGainSlot * lanes, c, lanes);
    });
    const Moments of_c(row.dgates, row.hidden, kGradSlots, kGainSlot, 1);
    NormSums sums;
    for_units(row.hidden, [&](Index unit, int lanes) {
      float* const d = row.dgates + unit * kGradSlots;
      const Vec y = of_c.norm(load_lanes(d + kGainSlot * lanes, lanes));
      const Vec gain = load_lanes(row.vectors + kGain * row.hidden + unit, lanes);
      const Vec shift = load_lanes(row.vectors + kShift * row.hidden + unit, lanes);
      const Vec t = hyperbolic_tangent(fma(gain, y, shift));
      const Vec o = load_lanes(row.slots + unit * kSlots + (kOwn + Lstm::kO) * lanes, lanes);
      const Vec dh = load_lanes(row.dh + unit, lanes);
      const Vec dshift = mul(mul(dh, o), tangent_slope(t));
      sums.take(mul(dshift, gain), y);
      store_lanes(d + (kOwn + Lstm::kO) * lanes, mul(mul(dh, t), sigmoid_slope(o)), lanes);
      store_lanes(d + kShiftSlot * lanes, dshift, lanes);
    });
    sums.divide(row.hidden);
    for_units(row.hidden, [&](Index unit, int lanes) {
      float* const d = row.dgates + unit * kGradSlots;
      Vec gates[Lstm::kSlots];
      load_gates(row.slots, unit, lanes, gates);
      const Vec before = load_or_zero(row.before_c, unit, lanes);
      const Vec gain = load_lanes(row.vectors + kGain * row.hidden + unit, lanes);
      const Vec y = of_c.norm(load_lanes(d + kGainSlot * lanes, lanes));
      const Vec dshift = load_lanes(d + kShiftSlot * lanes, lanes);
      store_lanes(d + kGainSlot * lanes, mul(dshift, y), lanes);
      Vec dc = add(load_lanes(row.dc + unit, lanes), sums.back(mul(dshift, gain), y, of_c.inverse));
      dc = hold_slope(free_state(gates, before), bound, dc);
      float* const own = d + kOwn * lanes;
      store_lanes(own + Lstm::kI * lanes, mul(mul(dc, gates[Lstm::kG]), sigmoid_slope(gates[Lstm::kI])), lanes);
      store_lanes(own + Lstm::kF * lanes, mul(mul(dc, before), sigmoid_slope(gates[Lstm::kF])), lanes);
      store_lanes(own + Lstm::kG * lanes, mul(mul(dc, gates[Lstm::kI]), tangent_slope(gates[Lstm::kG])), lanes);
      store_lanes(row.dc + unit, mul(dc, gates[Lstm::kF]), lanes);
    });
    backward_sums(row);
  }
};

GATEWISE_KERNEL_END
