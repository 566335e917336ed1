// The losses of single elements and their slopes, in float64 of float32 numbers; lib/losses/ says where each is from. p is
// the prediction, t the target, d = p − t, c the coefficient. On a corner the slope is 0. NaN comes through everywhere.
#pragma once
#include "../math/float64.h"

GATEWISE_KERNEL_BEGIN

GATEWISE_INLINE double absolute64(double x) { return __builtin_fabs(x); }
// x held to [-limit, limit]
GATEWISE_INLINE double held64(double x, double limit) { return x > limit ? limit : x < -limit ? -limit : x; }

// d²
struct Squared {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double, double* slope) {
    const double d = p[0] - t;
    slope[0] = 2 * d;
    return d * d;
  }
};

// |d|
struct Absolute {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double, double* slope) {
    const double d = p[0] - t;
    slope[0] = d > 0 ? 1 : d < 0 ? -1 : d;
    return absolute64(d);
  }
};

// ½d² where |d| <= c, else c·(|d| − ½c)
struct Huber {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double c, double* slope) {
    const double d = p[0] - t;
    const double distance = absolute64(d);
    slope[0] = held64(d, c);
    return distance <= c ? 0.5 * distance * distance : c * (distance - 0.5 * c);
  }
};

// ½d² / c where |d| < c, else |d| − ½c
struct SmoothL1 {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double c, double* slope) {
    const double d = p[0] - t;
    const double distance = absolute64(d);
    slope[0] = held64(d / c, 1);
    return distance < c ? (0.5 * distance * distance) / c : distance - 0.5 * c;
  }
};

// −c·d where p is too low, (1 − c)·d where it is too high
struct Pinball {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double c, double* slope) {
    const double d = p[0] - t;
    const double share = d < 0 ? -c : 1 - c;
    slope[0] = d == 0 || d != d ? d : share;
    return share * d;
  }
};

// −t·ln σ(p) − (1 − t)·ln(1 − σ(p)), slope σ(p) − t; with e^−|p| only, which cannot overflow:
// −ln σ(p) = max(−p, 0) + ln(1 + e^−|p|). The sign of p is asked for once: a loop that branches on it is no vector's.
struct BceWithLogits {
  static constexpr int kInputs = 1;
  GATEWISE_INLINE static double at(const double* p, double t, double, double* slope) {
    const double magnitude = absolute64(p[0]);
    const double tail = exponential64(-magnitude);
    slope[0] = (p[0] >= 0 ? 1 : tail) / (1 + tail) - t;
    return 0.5 * (p[0] + magnitude) - p[0] * t + logarithm_of_1_plus(tail);
  }
};

// ½·(s + d² / e^s) of a mean p[0] and s = ln variance, p[1] or at least c
struct Gaussian {
  static constexpr int kInputs = 2;
  GATEWISE_INLINE static double at(const double* p, double t, double c, double* slope) {
    const double d = p[0] - t;
    const double s = p[1] < c ? c : p[1];
    const double precision = exponential64(-s);
    const double e = d * d * precision;
    slope[0] = d * precision;
    slope[1] = 0.5 * (1 - e);
    return 0.5 * (s + e);
  }
};

GATEWISE_KERNEL_END
