// The vector vocabulary, in its plainest form: vectors of one lane. Every other vec_*.h has the same words with
// the same meaning, so that everything above is written once. Only these files may name an intrinsic.
#pragma once
#include <stdint.h>

#include "../kernel.h"
#include "half.h"

GATEWISE_KERNEL_BEGIN

using Vec = float;         // kWidth floats
constexpr int kWidth = 1;  // V

inline Vec load(const float* p) { return *p; }               // no alignment needed
inline Vec load_partial(const float* p, int) { return *p; }  // the first n lanes, 1 <= n <= kWidth; zero beyond
inline void store(float* p, Vec v) { *p = v; }
inline void store_partial(float* p, Vec v, int) { *p = v; }  // touches the first n lanes only
// Past the caches, where the ISA can: for what they would have lost again before it is read. p is aligned as a vector is, and
// other threads see it after settle().
inline void store_past(float* p, Vec v) { *p = v; }
inline void settle() {}
inline Vec broadcast(float x) { return x; }
// Keeps a vector that was loaded in a register: compilers load one that is used a few times anew for each use.
inline void hold(Vec&) {}
inline Vec zero() { return 0.0f; }
inline void transpose(Vec (&)[1]) {}  // lane j of vector i becomes lane i of vector j

// Numbers that are kept narrower than they are computed with: kWidth of them, or of bfloat16 two vectors, lane by lane.
inline void widen_bfloat16(const uint16_t* p, Vec& first, Vec& second) {
  const uint32_t low = static_cast<uint32_t>(p[0]) << 16;
  const uint32_t high = static_cast<uint32_t>(p[1]) << 16;
  __builtin_memcpy(&first, &low, sizeof first);
  __builtin_memcpy(&second, &high, sizeof second);
}
inline Vec widen_float16(const uint16_t* p) { return float_of_half(*p); }
inline Vec widen_int8(const int8_t* p) { return static_cast<float>(*p); }

inline Vec add(Vec a, Vec b) { return a + b; }
inline Vec sub(Vec a, Vec b) { return a - b; }
inline Vec mul(Vec a, Vec b) { return a * b; }
inline Vec div(Vec a, Vec b) { return a / b; }
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }  // rounded once where the ISA can, twice here and in SSE2
inline Vec fnma(Vec a, Vec b, Vec c) { return c - a * b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }                      // b where either is NaN, as x86 has it
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }                      // b where either is NaN
inline Vec where_greater(Vec a, Vec b, Vec v) { return a > b ? v : 0.0f; }  // v where a > b, else zero
inline Vec square_root(Vec v) { return __builtin_sqrtf(v); }                // correctly rounded; NaN below 0
inline Vec absolute(Vec v) { return __builtin_fabsf(v); }
inline Vec copy_sign(Vec magnitude, Vec sign) { return __builtin_copysignf(magnitude, sign); }

// The number with the bits of v moved up by 23: what were the lowest nine are its sign and exponent, and its fraction is zero.
inline Vec shift_into_exponent(Vec v) {
  uint32_t bits;
  __builtin_memcpy(&bits, &v, sizeof bits);
  bits <<= 23;
  __builtin_memcpy(&v, &bits, sizeof bits);
  return v;
}

GATEWISE_KERNEL_END
