// The vector vocabulary for NEON, the baseline of 64-bit Arm. vec_scalar.h documents every word of it.
#pragma once
#include <arm_neon.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

using Vec = float32x4_t;
constexpr int kWidth = 4;

inline Vec load(const float* p) { return vld1q_f32(p); }
// The first lanes of two, at most n.
inline float32x2_t load_half(const float* p, int n) {
  return n > 1 ? vld1_f32(p) : vld1_lane_f32(p, vdup_n_f32(0.0f), 0);
}
inline Vec load_partial(const float* p, int n) {
  return vcombine_f32(load_half(p, n), n > 2 ? load_half(p + 2, n - 2) : vdup_n_f32(0.0f));
}
inline void store(float* p, Vec v) { vst1q_f32(p, v); }
inline void store_half(float* p, float32x2_t half, int n) { n > 1 ? vst1_f32(p, half) : vst1_lane_f32(p, half, 0); }
inline void store_partial(float* p, Vec v, int n) {
  store_half(p, vget_low_f32(v), n);
  if (n > 2) store_half(p + 2, vget_high_f32(v), n - 2);
}
inline void store_past(float* p, Vec v) { vst1q_f32(p, v); }
inline void settle() {}
inline Vec broadcast(float x) { return vdupq_n_f32(x); }
inline void hold(Vec&) {}
inline Vec zero() { return vdupq_n_f32(0.0f); }
inline void transpose(Vec (&v)[4]) {
  const float32x4x2_t even = vzipq_f32(v[0], v[2]);
  const float32x4x2_t odd = vzipq_f32(v[1], v[3]);
  const float32x4x2_t low = vzipq_f32(even.val[0], odd.val[0]);
  const float32x4x2_t high = vzipq_f32(even.val[1], odd.val[1]);
  v[0] = low.val[0];
  v[1] = low.val[1];
  v[2] = high.val[0];
  v[3] = high.val[1];
}

inline void widen_bfloat16(const uint16_t* p, Vec& first, Vec& second) {
  const uint32x4_t both = vreinterpretq_u32_u16(vld1q_u16(p));
  first = vreinterpretq_f32_u32(vshlq_n_u32(both, 16));
  second = vreinterpretq_f32_u32(vbicq_u32(both, vdupq_n_u32(0xffff)));
}
inline Vec widen_float16(const uint16_t* p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
inline Vec widen_int8(const int8_t* p) {
  uint32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  const int16x8_t words = vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four)));
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(words)));
}

inline Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
inline Vec sub(Vec a, Vec b) { return vsubq_f32(a, b); }
inline Vec mul(Vec a, Vec b) { return vmulq_f32(a, b); }
inline Vec div(Vec a, Vec b) { return vdivq_f32(a, b); }
inline Vec square_root(Vec v) { return vsqrtq_f32(v); }
inline Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
inline Vec fnma(Vec a, Vec b, Vec c) { return vfmsq_f32(c, a, b); }
// Not vminq and vmaxq, which give NaN where either is NaN.
inline Vec min(Vec a, Vec b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
inline Vec max(Vec a, Vec b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
inline Vec where_greater(Vec a, Vec b, Vec v) {
  return vreinterpretq_f32_u32(vandq_u32(vcgtq_f32(a, b), vreinterpretq_u32_f32(v)));
}
inline Vec absolute(Vec v) { return vabsq_f32(v); }
inline Vec copy_sign(Vec magnitude, Vec sign) { return vbslq_f32(vdupq_n_u32(0x80000000u), sign, magnitude); }
inline Vec shift_into_exponent(Vec v) { return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(v), 23)); }

GATEWISE_KERNEL_END
