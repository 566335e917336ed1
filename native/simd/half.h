// IEEE 754 binary16, for instruction sets that have no conversion of their own.
#pragma once
#include <stdint.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// Exact: every half is a float. Exponent and fraction go to their places, and a multiplication by 2^112 sets the bias
// right, which makes halves below the normal range come out normal too.
inline float float_of_half(uint16_t half) {
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7fff) << 13;
  float value;
  __builtin_memcpy(&value, &magnitude, sizeof value);
  value *= 0x1p112f;
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  if (magnitude >= 0x0f800000) bits |= 0x7f800000;  // infinity and NaN keep their exponent
  bits |= static_cast<uint32_t>(half & 0x8000) << 16;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

GATEWISE_KERNEL_END
