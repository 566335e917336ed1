// What limits gradients: their length, and each number of them.
#pragma once
#include "../gemm/pack.h"

GATEWISE_KERNEL_BEGIN

// How many sums are kept side by side: the most lanes of any instruction set, so that all sum in the same order.
constexpr Index kSums = 16;

// Σ x², in float64, where the square of a float is exact: sum i takes every kSums-th number from i on, and in the end
// sums are added to each other from the first to the last. Products and sums of doubles are the same fused or not.
inline double sum_of_squares(const float* x, Index count) {
  double sums[kSums] = {};
  Index i = 0;
  for (; i + kSums <= count; i += kSums) {
    GATEWISE_UNROLL
    for (Index l = 0; l < kSums; ++l) sums[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
  }
  for (; i < count; ++i) sums[i % kSums] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  double total = 0;
  for (Index l = 0; l < kSums; ++l) total += sums[l];
  return total;
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
