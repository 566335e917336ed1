// exp and ln(1 + x) in float64 for losses: plain loops over them are what the compiler turns into vectors, and every
// instruction set gives the same bits. Relative error below 4e-16. NaN gives NaN.
#pragma once
#include <stdint.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// e^x, with x held to [-708, 709]. For x = n ln 2 + r, |r| <= ln 2 / 2: 2^n e^r, e^r by its series, whose rest is 4e-18.
GATEWISE_INLINE double exponential64(double x) {
  x = x < -708.0 ? -708.0 : x;
  x = x > 709.0 ? 709.0 : x;
  // Adding 1.5 * 2^52 leaves no bits for a fraction, and n in the lowest bits.
  constexpr double kShift = 0x1.8p52;
  const double shifted = x * 1.4426950408889634 + kShift;
  const double n = shifted - kShift;
  // ln 2 in two parts, the first with so few bits that n times it is exact.
  const double r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
  double q = 1.0 / 6227020800.0;
  q = q * r + 1.0 / 479001600.0;
  q = q * r + 1.0 / 39916800.0;
  q = q * r + 1.0 / 3628800.0;
  q = q * r + 1.0 / 362880.0;
  q = q * r + 1.0 / 40320.0;
  q = q * r + 1.0 / 5040.0;
  q = q * r + 1.0 / 720.0;
  q = q * r + 1.0 / 120.0;
  q = q * r + 1.0 / 24.0;
  q = q * r + 1.0 / 6.0;
  q = q * r + 0.5;
  q = q * r + 1.0;
  q = q * r + 1.0;
  const uint64_t exponent = (__builtin_bit_cast(uint64_t, shifted) + 1023) << 52;
  return q * __builtin_bit_cast(double, exponent);
}

// Σ z^k / (2k + 1) from term `first` to term 17, divided by z^first.
template <int first>
GATEWISE_INLINE double inverse_odd_series(double z) {
  if constexpr (first == 17) {
    return 1.0 / 35.0;
  } else {
    return inverse_odd_series<first + 1>(z) * z + 1.0 / (2 * first + 1);
  }
}

// ln(1 + x) for x in [0, 1]: 2 artanh s with s = x / (2 + x) <= 1/3, by its series, whose rest is 1e-18.
GATEWISE_INLINE double logarithm_of_1_plus(double x) {
  const double s = x / (2.0 + x);
  return 2.0 * s * inverse_odd_series<0>(s * s);
}

GATEWISE_KERNEL_END
