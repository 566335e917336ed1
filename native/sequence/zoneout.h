// Zoneout (Krueger et al. 2017): a unit keeps its state of the step before with probability p,
//
//     s' = m ⊙ s + (1 − m) ⊙ s̃
//
// where s̃ is what the cell gives, and m is 1 or 0 while training and p, its expectation, else.
#pragma once
#include "../math/noise.h"
#include "steps.h"

GATEWISE_KERNEL_BEGIN

struct Zoneout {
  float p;
  bool random;
  uint32_t key;

  GATEWISE_INLINE float mask(Index row, Index hidden, Index unit) const {
    if (!random) return p;
    return happens(p, key, static_cast<uint32_t>(row * hidden + unit)) ? 1.0f : 0.0f;
  }

  // One row of [H]; before is null for zeros, and may be `to`.
  void forward(float* to, const float* made, const float* before, Index row, Index hidden) const {
    for (Index unit = 0; unit < hidden; ++unit) {
      const float m = mask(row, hidden, unit);
      const float kept = before ? m * before[unit] : 0.0f;
      to[unit] = kept + (1.0f - m) * made[unit];
    }
  }

  // d: that of s' in, of s̃ out; kept: what goes to s unchanged.
  void backward(float* d, float* kept, Index row, Index hidden) const {
    for (Index unit = 0; unit < hidden; ++unit) {
      const float m = mask(row, hidden, unit);
      kept[unit] = m * d[unit];
      d[unit] = (1.0f - m) * d[unit];
    }
  }
};

GATEWISE_INLINE Zoneout zoneout_of_h(const Extras& extras) { return {extras.zoneout_h, extras.random, extras.key}; }
GATEWISE_INLINE Zoneout zoneout_of_c(const Extras& extras) {
  return {extras.zoneout_c, extras.random, extras.key ^ 0x5bd1e995u};
}

GATEWISE_KERNEL_END
