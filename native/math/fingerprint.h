// A fingerprint of numbers, to see whether any of them has changed: 64 chains of 32 bits, word i in chain i mod 64.
//
//     state' = rotate(state xor word, 13) · m mod 2^32      with m odd
//
// which for a given state is a bijection of the word, so that a change of one word in a chain always shows. The rotation
// carries what differs in upper bits, as signs and exponents do, to where the product spreads it; several changes in one
// chain cancel with a chance of 2^-32, and in several chains with that of each.
//
// Plain loops, which compilers turn into vectors: it runs at about the speed at which memory can be read.
#pragma once
#include <stdint.h>

#include "../kernel.h"
#include "../sequence/job.h"

GATEWISE_KERNEL_BEGIN

GATEWISE_INLINE uint32_t mix(uint32_t state, uint32_t word) {
  const uint32_t x = state ^ word;
  return ((x << 13) | (x >> 19)) * 0x9e3779b1u;
}

GATEWISE_INLINE void mix_block(uint32_t (&chains)[kChains], const float* from) {
  for (int c = 0; c < kChains; ++c) {
    uint32_t word;
    __builtin_memcpy(&word, from + c, sizeof word);
    chains[c] = mix(chains[c], word);
  }
}

inline void fingerprint_of(const float* from, Index floats, uint32_t* to) {
  uint32_t chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = static_cast<uint32_t>(c) + 1;
  for (; floats >= kChains; floats -= kChains, from += kChains) mix_block(chains, from);
  if (floats > 0) {
    float last[kChains] = {};
    __builtin_memcpy(last, from, static_cast<size_t>(floats) * sizeof(float));
    mix_block(chains, last);
  }
  __builtin_memcpy(to, chains, sizeof chains);
}

// A team shares out the pieces.
inline void take_fingerprints(const Fingerprints& job, const Team& team) {
  for (Index p = team.index; p < job.count; p += team.size) {
    fingerprint_of(job.pieces[p].data, job.pieces[p].floats, job.to + p * kChains);
  }
}

GATEWISE_KERNEL_END
