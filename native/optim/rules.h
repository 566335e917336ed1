// The optimisers' updates of V numbers. Products and sums are rounded one by one, never fused, and in the order in which
// they stand above each rule, from left to right: so the bits are those of a plain loop in float32, whatever the
// instruction set.
//
// x is a number of the value, g of the gradient; the rule's own numbers follow in the order of its buffers. What does not
// depend on the place is a coefficient, made and rounded by lib/optim/.
#pragma once
#include "../kernel.h"
#include "job.h"

GATEWISE_KERNEL_BEGIN

// a·b + c, rounded twice.
GATEWISE_INLINE Vec mul_add(Vec a, Vec b, Vec c) { return add(mul(a, b), c); }

// x ← x + share·(g − x): x is a running mean of g.
struct Average {
  static constexpr int kBuffers = 0;
  static constexpr int kCoefficients = 1;
  Vec share;
  explicit Average(const float* c) : share(broadcast(c[0])) {}
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec*) const { return add(x, mul(share, sub(g, x))); }
};

// d = g + decay·x        x ← x − lr·d
struct Sgd {
  static constexpr int kBuffers = 0;
  static constexpr int kCoefficients = 2;
  Vec lr, decay;
  explicit Sgd(const float* c) : lr(broadcast(c[0])), decay(broadcast(c[1])) {}
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec*) const { return sub(x, mul(lr, mul_add(decay, x, g))); }
};

// d = g + decay·x        v ← momentum·v + share·d        x ← x − lr·v, or with Nesterov's look ahead x − lr·(d + momentum·v)
template <bool kNesterov>
struct SgdMomentum {
  static constexpr int kBuffers = 1;
  static constexpr int kCoefficients = 4;
  Vec lr, decay, momentum, share;
  explicit SgdMomentum(const float* c)
      : lr(broadcast(c[0])), decay(broadcast(c[1])), momentum(broadcast(c[2])), share(broadcast(c[3])) {}
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec* v) const {
    const Vec d = mul_add(decay, x, g);
    v[0] = mul_add(momentum, v[0], mul(share, d));
    return sub(x, mul(lr, kNesterov ? mul_add(momentum, v[0], d) : v[0]));
  }
};

// d = g + decay·x        m ← beta1·m + rest1·d        v ← beta2·v + rest2·d·d        s = v, or AMSGrad's s ← max(s, v)
// x ← keep·x − rate·m / (√s·scale + eps)
template <bool kAmsgrad>
struct Adam {
  static constexpr int kBuffers = kAmsgrad ? 3 : 2;
  static constexpr int kCoefficients = 9;
  Vec decay, beta1, rest1, beta2, rest2, keep, rate, scale, eps;
  explicit Adam(const float* c)
      : decay(broadcast(c[0])),
        beta1(broadcast(c[1])),
        rest1(broadcast(c[2])),
        beta2(broadcast(c[3])),
        rest2(broadcast(c[4])),
        keep(broadcast(c[5])),
        rate(broadcast(c[6])),
        scale(broadcast(c[7])),
        eps(broadcast(c[8])) {}
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec* own) const {
    const Vec d = mul_add(decay, x, g);
    own[0] = mul_add(beta1, own[0], mul(rest1, d));
    own[1] = mul_add(beta2, own[1], mul(mul(rest2, d), d));
    Vec s = own[1];
    if constexpr (kAmsgrad) s = own[2] = max(own[2], own[1]);
    return sub(mul(keep, x), div(mul(rate, own[0]), mul_add(square_root(s), scale, eps)));
  }
};

// d = g + decay·x        s ← alpha·s + rest·d·d        x ← x − lr·(d / (√s + eps))
template <int kMeans = 1>
struct RmsProp {
  static constexpr int kBuffers = kMeans;
  static constexpr int kCoefficients = 5;
  Vec lr, decay, alpha, rest, eps;
  explicit RmsProp(const float* c)
      : lr(broadcast(c[0])),
        decay(broadcast(c[1])),
        alpha(broadcast(c[2])),
        rest(broadcast(c[3])),
        eps(broadcast(c[4])) {}
  GATEWISE_INLINE Vec square(Vec d, Vec s) const { return mul_add(alpha, s, mul(mul(rest, d), d)); }
  GATEWISE_INLINE Vec direction(Vec x, Vec g, Vec* own) const {
    const Vec d = mul_add(decay, x, g);
    own[0] = square(d, own[0]);
    return div(d, add(square_root(own[0]), eps));
  }
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec* own) const { return sub(x, mul(lr, direction(x, g, own))); }
};

// The same with m ← alpha·m + rest·d and √max(0, s − m·m) in place of √s: rounding can bring the variance of a steady
// gradient below 0, and its root would be NaN.
struct CenteredRmsProp : RmsProp<2> {
  using RmsProp<2>::RmsProp;
  GATEWISE_INLINE Vec direction(Vec x, Vec g, Vec* own) const {
    const Vec d = mul_add(decay, x, g);
    own[0] = square(d, own[0]);
    own[1] = mul_add(alpha, own[1], mul(rest, d));
    const Vec variance = max(zero(), sub(own[0], mul(own[1], own[1])));
    return div(d, add(square_root(variance), eps));
  }
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec* own) const { return sub(x, mul(lr, direction(x, g, own))); }
};

// Either of them with u ← momentum·u + direction        x ← x − lr·u
template <class Base>
struct RmsPropMomentum : Base {
  static constexpr int kBuffers = Base::kBuffers + 1;
  static constexpr int kCoefficients = Base::kCoefficients + 1;
  Vec momentum;
  explicit RmsPropMomentum(const float* c) : Base(c), momentum(broadcast(c[Base::kCoefficients])) {}
  GATEWISE_INLINE Vec step(Vec x, Vec g, Vec* own) const {
    Vec& u = own[Base::kBuffers];
    u = mul_add(momentum, u, Base::direction(x, g, own));
    return sub(x, mul(Base::lr, u));
  }
};

GATEWISE_KERNEL_END
