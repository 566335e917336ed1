// exp, the logistic sigmoid and tanh, written once on the vector vocabulary.
//
// All three stand on one reduction. For x = n ln 2 + r, with n whole and |r| <= ln 2 / 2,
//     e^x = 2^n e^r,    e^r - 1 = r + r^2 q(r)
// where q is a polynomial of degree 4 fitted so that e^r has a relative error below 3.1e-9 (0.05 ULP) on that range.
//
// Accuracy, as the greatest distance to the correctly rounded result, in units in the last place (ULP):
//     exponential   x in [-87, 88]     2 ULP
//     sigmoid       x in [-87, inf]    3 ULP; below -87 it stays at sigmoid(-87) = 1.6e-38
//     hyperbolic    all x              4 ULP; odd, keeps the sign of zero
// NaN gives NaN. test/activations.test.ts holds every ISA to this.
#pragma once
#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// 2^n and e^r - 1 of x = n ln 2 + r, for |x| <= 88.
struct Reduced {
  Vec scale;
  Vec remainder;
};

GATEWISE_INLINE Reduced reduce_exponent(Vec x) {
  // Beside 1.5 * 2^23 a float has no bits for a fraction: the sum is rounded to a whole number, whose lowest bits are n + 127,
  // which is how the exponent of 2^n is written.
  const Vec shift = broadcast(12582912.0f + 127.0f);
  const Vec shifted = fma(x, broadcast(1.44269504088896341f), shift);  // 1 / ln 2
  const Vec n = sub(shifted, shift);
  // ln 2 in two parts, the first with so few bits that n times it is exact.
  Vec r = fnma(n, broadcast(0.693359375f), x);
  r = fnma(n, broadcast(-2.12194440e-4f), r);
  Vec q = broadcast(0x1.6a23cep-10f);
  q = fma(q, r, broadcast(0x1.123a20p-7f));
  q = fma(q, r, broadcast(0x1.5558f2p-5f));
  q = fma(q, r, broadcast(0x1.555492p-3f));
  q = fma(q, r, broadcast(0x1.fffffcp-2f));
  return {shift_into_exponent(shifted), fma(mul(r, r), q, r)};
}

// e^x, with x held to [-87, 88].
GATEWISE_INLINE Vec exponential(Vec x) {
  const Reduced e = reduce_exponent(min(broadcast(88.0f), max(broadcast(-87.0f), x)));
  return fma(e.scale, e.remainder, e.scale);
}

// 1 / (1 + e^-x) = e^x / (1 + e^x)
GATEWISE_INLINE Vec sigmoid(Vec x) {
  const Reduced e = reduce_exponent(min(broadcast(87.0f), max(broadcast(-87.0f), x)));
  const Vec t = fma(e.scale, e.remainder, e.scale);
  return div(t, add(t, broadcast(1.0f)));
}

// tanh |x| = t / (t + 2) with t = e^{2|x|} - 1, which keeps its relative accuracy down to zero.
GATEWISE_INLINE Vec hyperbolic_tangent(Vec x) {
  const Vec y = absolute(x);
  const Reduced e = reduce_exponent(min(broadcast(40.0f), add(y, y)));
  const Vec t = fma(e.scale, e.remainder, sub(e.scale, broadcast(1.0f)));
  return copy_sign(div(t, add(t, broadcast(2.0f))), x);
}

GATEWISE_KERNEL_END
