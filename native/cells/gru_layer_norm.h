// The GRU of gru.h, reset-after, with its sums normalised (Ba et al. 2016; layer_norm.h):
//
//     r = σ(a_r)    z = σ(a_z)    n = tanh(γ_x ⊙ norm(W_ih x)_n + b_in + r ⊙ (γ_h ⊙ norm(W_hh h)_n + b_hn))
//     h' = (1 − z) ⊙ n + z ⊙ h
#pragma once
#include "gru.h"
#include "layer_norm.h"

GATEWISE_KERNEL_BEGIN

struct GruLayerNorm : LayerNorm<Gru, 0> {
  static void forward_row(const RowForward& row) {
    const Norms norms(row.slots, row.vectors, row.hidden);
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec gates[Gru::kSlots], h, c;
      norms.gates(row.bias, unit, lanes, gates);
      Gru::forward_step(gates, load_or_zero(row.before_h, unit, lanes), h, c);
      float* const own = row.slots + unit * kSlots + kOwn * lanes;
      for (int s = 0; s < Gru::kSlots; ++s) store_lanes(own + s * lanes, gates[s], lanes);
      store_lanes(row.h + unit, h, lanes);
    });
  }

  static void backward_row(const RowBackward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      const float* const own = row.slots + unit * kSlots + kOwn * lanes;
      Vec gates[Gru::kSlots], d[Gru::kSlots];
      for (int s = 0; s < Gru::kSlots; ++s) gates[s] = load_lanes(own + s * lanes, lanes);
      Vec dbefore = zero();
      Gru::backward_step(gates, load_or_zero(row.before_h, unit, lanes), zero(), load_lanes(row.dh + unit, lanes),
                         dbefore, d);
      float* const to = row.dgates + unit * kGradSlots + kOwn * lanes;
      for (int s = 0; s < Gru::kSlots; ++s) store_lanes(to + s * lanes, d[s], lanes);
      store_lanes(row.dbefore + unit, add(load_lanes(row.dbefore + unit, lanes), dbefore), lanes);
    });
    backward_sums(row);
  }
};

GATEWISE_KERNEL_END
