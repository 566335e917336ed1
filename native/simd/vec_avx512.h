// The vector vocabulary for AVX-512 (F, DQ, BW, VL). vec_scalar.h documents every word of it.
#pragma once
#include <immintrin.h>
#include <stdint.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

using Vec = __m512;
constexpr int kWidth = 16;

inline __mmask16 first_lanes(int n) { return static_cast<__mmask16>((1u << n) - 1u); }

inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline Vec load_partial(const float* p, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline void store_partial(float* p, Vec v, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }
inline void store_past(float* p, Vec v) { _mm512_stream_ps(p, v); }
inline void settle() { _mm_sfence(); }
inline Vec broadcast(float x) { return _mm512_set1_ps(x); }
inline void hold(Vec& v) { asm("" : "+v"(v)); }
inline Vec zero() { return _mm512_setzero_ps(); }
// Blocks of 4 lanes by 4 vectors within each quarter, then quarters.
inline void transpose(Vec (&v)[16]) {
  __m512 t[16];
  GATEWISE_UNROLL
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  __m512 u[16];
  GATEWISE_UNROLL
  for (int i = 0; i < 16; i += 4) {
    GATEWISE_UNROLL
    for (int j = 0; j < 2; ++j) {
      u[i + 2 * j] = _mm512_shuffle_ps(t[i + j], t[i + 2 + j], 0x44);
      u[i + 2 * j + 1] = _mm512_shuffle_ps(t[i + j], t[i + 2 + j], 0xee);
    }
  }
  GATEWISE_UNROLL
  for (int i = 0; i < 4; ++i) {
    // Quarters q of u[i + 4 j] are the block of rows 4 j and columns 4 q + i.
    const __m512 a = _mm512_shuffle_f32x4(u[i], u[i + 4], 0x88);
    const __m512 b = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0x88);
    const __m512 c = _mm512_shuffle_f32x4(u[i], u[i + 4], 0xdd);
    const __m512 d = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0xdd);
    v[i] = _mm512_shuffle_f32x4(a, b, 0x88);
    v[i + 8] = _mm512_shuffle_f32x4(a, b, 0xdd);
    v[i + 4] = _mm512_shuffle_f32x4(c, d, 0x88);
    v[i + 12] = _mm512_shuffle_f32x4(c, d, 0xdd);
  }
}

inline void widen_bfloat16(const uint16_t* p, Vec& first, Vec& second) {
  const __m512i both = _mm512_loadu_si512(p);
  first = _mm512_castsi512_ps(_mm512_slli_epi32(both, 16));
  second = _mm512_castsi512_ps(_mm512_andnot_si512(_mm512_set1_epi32(0xffff), both));
}
inline Vec widen_float16(const uint16_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline Vec widen_int8(const int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}

inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }
inline Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec where_greater(Vec a, Vec b, Vec v) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), v); }
inline Vec square_root(Vec v) { return _mm512_sqrt_ps(v); }
inline Vec absolute(Vec v) { return _mm512_abs_ps(v); }
inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m512 mask = _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(0x80000000u)));
  return _mm512_or_ps(_mm512_andnot_ps(mask, magnitude), _mm512_and_ps(mask, sign));
}
inline Vec shift_into_exponent(Vec v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(v), 23)); }

GATEWISE_KERNEL_END
