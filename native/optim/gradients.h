// What limits gradients: their length, and each number of them.
#pragma once
#include "../gemm/pack.h"
#include "../math/sums.h"

GATEWISE_KERNEL_BEGIN

// Σ x², in float64, where the square of a float is exact: fused or not, the sum is the same.
inline double sum_of_squares(const float* x, Index count) {
  Sums sums;
  sums.add(count, [=](Index i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
  return sums.total();
}

// x ← factor·x
inline void scale_floats(float* x, Index count, float factor) {
  for (Index i = 0; i < count; i += kWidth) {
    const int lanes = smaller(kWidth, count - i);
    store_lanes(x + i, mul(load_lanes(x + i, lanes), broadcast(factor)), lanes);
  }
}

// x ← x held to [−limit, limit]; NaN stays.
inline void clamp_floats(float* x, Index count, float limit) {
  const Vec low = broadcast(-limit), high = broadcast(limit);
  for (Index i = 0; i < count; i += kWidth) {
    const int lanes = smaller(kWidth, count - i);
    store_lanes(x + i, min(high, max(low, load_lanes(x + i, lanes))), lanes);
  }
}

GATEWISE_KERNEL_END
