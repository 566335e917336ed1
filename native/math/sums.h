// Sums in float64 whose order is the same on every instruction set.
#pragma once
#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// Number i goes to sum i mod kSums; in the end the sums are added from the first to the last. There are as many as the
// widest instruction set has lanes of float32, so that all of them can keep this order.
struct Sums {
  static constexpr Index kSums = 16;
  double parts[kSums] = {};

  // `number(i)` for i from 0 to count. Where there is more to come, count must be a multiple of kSums.
  template <class Number>
  GATEWISE_INLINE void add(Index count, Number number) {
    Index i = 0;
    for (; i + kSums <= count; i += kSums) {
      GATEWISE_UNROLL
      for (Index l = 0; l < kSums; ++l) parts[l] += number(i + l);
    }
    for (; i < count; ++i) parts[i % kSums] += number(i);
  }

  double total() const {
    double sum = 0;
    for (const double part : parts) sum += part;
    return sum;
  }
};

GATEWISE_KERNEL_END
