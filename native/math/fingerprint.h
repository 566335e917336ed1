// A fingerprint of numbers, to see whether any of them has changed: 64 chains of 32 bits, each of which goes through some of
// the words.
//
//     state' = rotate(state xor word, 13) · m mod 2^32      with m odd
//
// which for a given state is a bijection of the word, so that a change of one word in a chain always shows. The rotation
// carries what differs in upper bits, as signs and exponents do, to where the product spreads it; several changes in one
// chain cancel with a chance of 2^-32, and in several chains with that of each.
//
// Plain loops, which compilers turn into vectors: it runs at about the speed at which memory can be read, in four places at
// once, since from memory, or a cache that is far away, a processor then reads up to half as fast again as in one.
#pragma once
#include <stdint.h>

#include "../kernel.h"
#include "../sequence/job.h"

GATEWISE_KERNEL_BEGIN

GATEWISE_INLINE uint32_t mix(uint32_t state, uint32_t word) {
  const uint32_t x = state ^ word;
  return ((x << 13) | (x >> 19)) * 0x9e3779b1u;
}

// Chains that read side by side, and the places where they do.
constexpr Index kBeside = 16;
constexpr Index kPlaces = kChains / kBeside;

// A word for each chain: kBeside adjacent ones from each place, which are `apart`.
GATEWISE_INLINE void mix_words(uint32_t (&chains)[kChains], const float* from, Index apart) {
  GATEWISE_UNROLL
  for (Index place = 0; place < kPlaces; ++place) {
    for (Index c = 0; c < kBeside; ++c) {
      uint32_t word;
      __builtin_memcpy(&word, from + place * apart + c, sizeof word);
      uint32_t& chain = chains[place * kBeside + c];
      chain = mix(chain, word);
    }
  }
}

inline void fingerprint_of(const float* from, Index floats, uint32_t* to) {
  uint32_t chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = static_cast<uint32_t>(c) + 1;
  const Index apart = floats / kChains * kBeside;
  for (Index i = 0; i < apart; i += kBeside) mix_words(chains, from + i, apart);
  const Index done = apart * kPlaces;
  if (floats > done) {
    float last[kChains] = {};
    __builtin_memcpy(last, from + done, static_cast<size_t>(floats - done) * sizeof(float));
    mix_words(chains, last, kBeside);
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
