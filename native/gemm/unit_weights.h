// Unit weights (layout 2 of pack.h) in the precisions that they may be kept in. Their products are in unit_product.h.
//
//     float32, bfloat16, float16    a number for a weight; sums go on from what the accumulators hold, in the order of k.
//                                   Of bfloat16 steps k and k + 1 share a vector, lane by lane, which costs half a shift
//                                   to take apart: k even in the lower half of each word. A last, single k is padded
//     int8                          w ≈ scale · q, with q whole from -127 to 127 and a scale for each row of W: the greatest
//                                   magnitude in the row is 127 · scale. acc += scale · Σ_k q a, the sum begun at zero
//
// Whatever they are kept in, numbers are widened to float32 and multiplied so.
#pragma once
#include "../precision.h"
#include "microkernel.h"
#include "pack.h"

GATEWISE_KERNEL_BEGIN

struct Bfloat16 {
  using Number = uint16_t;
  static constexpr bool kScaled = false;
  static constexpr bool kPaired = true;
  // To the nearest, ties to even; NaN stays NaN.
  static inline Number narrow(float x, float) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    if (x != x) return static_cast<Number>((bits >> 16) | 0x40);
    return static_cast<Number>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
};

struct Float16 {
  using Number = uint16_t;
  static constexpr bool kScaled = false;
  static constexpr bool kPaired = false;
  static GATEWISE_INLINE Vec load(const Number* p) { return widen_float16(p); }
  // To the nearest, ties to even; from 65520 on infinity.
  static inline Number narrow(float x, float) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = (bits >> 16) & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return static_cast<Number>(sign | 0x7e00);
    if (magnitude >= 0x477ff000) return static_cast<Number>(sign | 0x7c00);
    if (magnitude < 0x38800000) {
      // Below the normal range: adding 1/2 leaves as many bits of fraction as are kept, rounded.
      float value;
      __builtin_memcpy(&value, &magnitude, sizeof value);
      value += 0.5f;
      __builtin_memcpy(&magnitude, &value, sizeof magnitude);
      return static_cast<Number>(sign | (magnitude - 0x3f000000));
    }
    return static_cast<Number>(sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13));
  }
};

struct Int8 {
  using Number = int8_t;
  static constexpr bool kScaled = true;
  static constexpr bool kPaired = false;
  static GATEWISE_INLINE Vec load(const Number* p) { return widen_int8(p); }
  static inline Number narrow(float x, float inverse) {
    const float q = x * inverse + 12582912.0f - 12582912.0f;  // 1.5 * 2^23 leaves no bits for a fraction
    return q >= -127.0f && q <= 127.0f ? static_cast<Number>(q) : 0;
  }
};

// A precision as a template argument: body.template operator()<Kind>().
template <class Body>
GATEWISE_INLINE void with_precision(Precision precision, const Body& body) {
  switch (precision) {
    case Precision::kBfloat16: body.template operator()<Bfloat16>(); break;
    case Precision::kFloat16: body.template operator()<Float16>(); break;
    case Precision::kInt8: body.template operator()<Int8>(); break;
    case Precision::kFloat32: body.template operator()<Float32>(); break;
  }
}

// W of `gates` gates, all unit panels.
struct UnitWeights {
  const float* numbers;
  const float* scales;  // [U, gates, V], of int8
  Precision precision;
  Index size;  // floats that the numbers take
};

// Steps of k that a panel has room for.
constexpr Index padded_depth(Index depth, bool paired) { return paired ? depth + depth % 2 : depth; }

// Floats that the numbers take, and the scales.
inline Index unit_numbers_size(Index hidden, Index depth, int gates, Precision precision) {
  const Index bytes = precision == Precision::kFloat32 ? 4 : precision == Precision::kInt8 ? 1 : 2;
  const Index steps = padded_depth(depth, precision == Precision::kBfloat16);
  return ceil_div(unit_weights_size(hidden, steps, gates) * bytes, 4);
}
inline Index unit_scales_size(Index hidden, int gates, Precision precision) {
  return precision == Precision::kInt8 ? ceil_div(hidden, kWidth) * gates * kWidth : 0;
}

// A panel of w [gates·hidden, depth], narrowed.
template <class Kind>
inline void pack_narrow_weights(float* numbers, float* scales, const float* w, Index hidden, Index depth, int gates,
                                const int* order, Index panel) {
  constexpr Index kBlock = 64;  // of k
  float block[kBlock * kWidth];
  const int lanes = smaller(kWidth, hidden - panel * kWidth);
  for (int g = 0; g < gates; ++g) {
    const float* const rows = w + (order[g] * hidden + panel * kWidth) * depth;
    float inverse[kWidth] = {};
    for (int lane = 0; Kind::kScaled && lane < kWidth; ++lane) {
      float most = 0.0f;
      for (Index k = 0; lane < lanes && k < depth; ++k) {
        const float magnitude = __builtin_fabsf(rows[lane * depth + k]);
        if (most == most && !(magnitude <= most)) most = magnitude;  // a NaN stays, and so reaches the scale
      }
      scales[(panel * gates + g) * kWidth + lane] = most / 127.0f;
      inverse[lane] = most > 0.0f ? 127.0f / most : 0.0f;
    }
    auto* const to =
        reinterpret_cast<typename Kind::Number*>(numbers) + panel * padded_depth(depth, Kind::kPaired) * gates * kWidth;
    const auto place = [&](Index k, Index lane) {
      if constexpr (Kind::kPaired) return (((k >> 1) * gates + g) * kWidth + lane) * 2 + (k & 1);
      return (k * gates + g) * kWidth + lane;
    };
    if (Kind::kPaired && depth % 2) {
      for (Index lane = 0; lane < kWidth; ++lane) to[place(depth, lane)] = 0;
    }
    for (Index k0 = 0; k0 < depth; k0 += kBlock) {
      const Index count = smaller(kBlock, depth - k0);
      transpose_rows(block, kWidth, rows + k0, depth, lanes, count);
      for (Index i = 0; i < count * kWidth; ++i) {
        to[place(k0 + i / kWidth, i % kWidth)] = Kind::narrow(block[i], inverse[i % kWidth]);
      }
    }
  }
}

// The same in any precision; `to` has numbers, then scales. Whole ones may go past the caches.
template <Way To>
inline void pack_units(float* to, Index scales_at, Precision precision, const float* w, Index hidden, Index depth,
                       int gates, const int* order, Index panel) {
  with_precision(precision, [&]<class Kind>() {
    if constexpr (__is_same(Kind, Float32)) {
      pack_unit_weights<To>(to, w, hidden, depth, gates, order, panel);
    } else {
      pack_narrow_weights<Kind>(to, to + scales_at, w, hidden, depth, gates, order, panel);
    }
  });
}

GATEWISE_KERNEL_END
