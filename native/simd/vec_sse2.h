// The vector vocabulary for SSE2, the baseline of x86-64. vec_scalar.h documents every word of it.
#pragma once
#include <emmintrin.h>

#include "../kernel.h"
#include "half.h"

GATEWISE_KERNEL_BEGIN

using Vec = __m128;
constexpr int kWidth = 4;

inline Vec load(const float* p) { return _mm_loadu_ps(p); }
// The first lanes of two, at most n.
inline Vec load_half(const float* p, int n) {
  return n > 1 ? _mm_loadl_pi(_mm_setzero_ps(), reinterpret_cast<const __m64*>(p)) : _mm_load_ss(p);
}
inline Vec load_partial(const float* p, int n) {
  return _mm_movelh_ps(load_half(p, n), n > 2 ? load_half(p + 2, n - 2) : _mm_setzero_ps());
}
inline void store(float* p, Vec v) { _mm_storeu_ps(p, v); }
inline void store_half(float* p, Vec v, int n) {
  n > 1 ? _mm_storel_pi(reinterpret_cast<__m64*>(p), v) : _mm_store_ss(p, v);
}
inline void store_partial(float* p, Vec v, int n) {
  store_half(p, v, n);
  if (n > 2) store_half(p + 2, _mm_movehl_ps(v, v), n - 2);
}
inline void store_past(float* p, Vec v) { _mm_stream_ps(p, v); }
inline void settle() { _mm_sfence(); }
inline Vec broadcast(float x) { return _mm_set1_ps(x); }
inline void hold(Vec&) {}
inline Vec zero() { return _mm_setzero_ps(); }
inline void transpose(Vec (&v)[4]) { _MM_TRANSPOSE4_PS(v[0], v[1], v[2], v[3]); }

inline void widen_bfloat16(const uint16_t* p, Vec& first, Vec& second) {
  const __m128i both = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  first = _mm_castsi128_ps(_mm_slli_epi32(both, 16));
  second = _mm_castsi128_ps(_mm_andnot_si128(_mm_set1_epi32(0xffff), both));
}
inline Vec widen_float16(const uint16_t* p) {
  return _mm_setr_ps(float_of_half(p[0]), float_of_half(p[1]), float_of_half(p[2]), float_of_half(p[3]));
}
inline Vec widen_int8(const int8_t* p) { return _mm_setr_ps(p[0], p[1], p[2], p[3]); }

inline Vec add(Vec a, Vec b) { return _mm_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm_mul_ps(a, b); }
inline Vec div(Vec a, Vec b) { return _mm_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
inline Vec fnma(Vec a, Vec b, Vec c) { return _mm_sub_ps(c, _mm_mul_ps(a, b)); }
inline Vec min(Vec a, Vec b) { return _mm_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm_max_ps(a, b); }
inline Vec where_greater(Vec a, Vec b, Vec v) { return _mm_and_ps(_mm_cmpgt_ps(a, b), v); }
inline Vec square_root(Vec v) { return _mm_sqrt_ps(v); }
inline Vec absolute(Vec v) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), v); }
inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m128 mask = _mm_set1_ps(-0.0f);
  return _mm_or_ps(_mm_andnot_ps(mask, magnitude), _mm_and_ps(mask, sign));
}
inline Vec shift_into_exponent(Vec v) { return _mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(v), 23)); }

GATEWISE_KERNEL_END
