// Numbers that look random and are a function of a key and an index, so that backward, and any thread, can make them anew.
#pragma once
#include <stdint.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// A well-mixed word of an index under a key; lib/layers/dropout.ts has the same.
GATEWISE_INLINE uint32_t noise(uint32_t key, uint32_t index) {
  uint32_t word = (index ^ key) * 0x9e3779b1u;
  word = (word ^ (word >> 15) ^ key) * 0x85ebca77u;
  word = (word ^ (word >> 13)) * 0xc2b2ae3du;
  return word ^ (word >> 16);
}

// Whether it happens, at probability p.
GATEWISE_INLINE bool happens(float p, uint32_t key, uint32_t index) {
  return static_cast<float>(noise(key, index) >> 8) < p * 16777216.0f;
}

GATEWISE_KERNEL_END
