// Unit weights (layout 2 of pack.h) in the precisions that they may be kept in, and their products.
//
//     float32, bfloat16, float16    a number for a weight; sums go on from what the accumulators hold, in the order of k.
//                                   Of bfloat16 steps k and k + 1 share a vector, lane by lane, which costs half a shift
//                                   to take apart: k even in the lower half of each word. A last, single k is padded
//     int8                          w ≈ scale · q, with q whole from -127 to 127 and a scale for each row of W: the greatest
//                                   magnitude in the row is 127 · scale. acc += scale · Σ_k q a, the sum begun at zero
//
// Whatever they are kept in, numbers are widened to float32 and multiplied so.
#pragma once
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

// Panels first..last of w [gates·hidden, depth], narrowed.
template <class Kind>
inline void pack_narrow_weights(float* numbers, float* scales, const float* w, Index hidden, Index depth, int gates,
                                const int* order, Index first, Index last) {
  constexpr Index kBlock = 64;  // of k
  float block[kBlock * kWidth];
  for (Index panel = first; panel < last; ++panel) {
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
      auto* const to = reinterpret_cast<typename Kind::Number*>(numbers) +
                       panel * padded_depth(depth, Kind::kPaired) * gates * kWidth;
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
}

// The same in any precision; `to` has numbers, then scales.
inline void pack_units(float* to, Index scales_at, Precision precision, const float* w, Index hidden, Index depth,
                       int gates, const int* order, Index first, Index last) {
  with_precision(precision, [&]<class Kind>() {
    if constexpr (__is_same(Kind, Float32)) {
      pack_unit_weights(to, w, hidden, depth, gates, order, first, last);
    } else {
      pack_narrow_weights<Kind>(to, to + scales_at, w, hidden, depth, gates, order, first, last);
    }
  });
}

// acc[m][n] += Σ_k a[m * a_row + k] w_k, from an even k on.
template <int M, int N, class Fetch>
GATEWISE_INLINE void accumulate_pairs(Vec (&acc)[M][N], const float* a, Index a_row, const Bfloat16::Number* w,
                                      Index depth, Fetch fetch) {
  for (Index k = 0; k < depth; k += 2, w += 2 * N * kWidth) {
    fetch(w, 2 * N * kWidth * sizeof(*w));
    Vec first[N], second[N];
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) widen_bfloat16(w + 2 * n * kWidth, first[n], second[n]);
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      const Vec value = broadcast(a[m * a_row + k]);
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) acc[m][n] = fma(value, first[n], acc[m][n]);
    }
    if (k + 1 == depth) return;
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      const Vec value = broadcast(a[m * a_row + k + 1]);
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) acc[m][n] = fma(value, second[n], acc[m][n]);
    }
  }
}

// Steps k0 .. k0 + count of a unit panel of `depth` steps, and the tile of rows that they are multiplied with.
struct PanelBlock {
  Index panel;
  Index depth;
  Index k0;
  Index count;
  Index first;  // row of the tile
};

// A block as products of one tile read it.
template <class Kind>
struct BlockWeights {
  const typename Kind::Number* numbers;
  const float* scales;
  Index count;
  const char* next;  // what to fetch from, or null
};

// Whether tiles fetch blocks: full ones, or nearly so.
template <class Kind, int M>
constexpr bool kFetchesBlocks = M >= 5 && __is_same(Kind, Float32);

// A block stands where the one before it ends. Each of the first tiles fetches a line of it every step.
template <class Kind, int M, int N>
GATEWISE_INLINE BlockWeights<Kind> block_of(const UnitWeights& weights, const PanelBlock& block) {
  using Number = typename Kind::Number;
  constexpr Index kStep = N * kWidth;
  BlockWeights<Kind> of;
  of.numbers = reinterpret_cast<const Number*>(weights.numbers) +
               (block.panel * padded_depth(block.depth, Kind::kPaired) + block.k0) * kStep;
  of.scales = weights.scales + block.panel * kStep;
  of.count = block.count;
  of.next = nullptr;
  if (M == 1 && row_fetches(weights.size)) of.next = reinterpret_cast<const char*>(of.numbers);
  if (kFetchesBlocks<Kind, M> && weights.size > kNearCache) {
    const Index line = ceil_div(block.first, M) * kLineBytes;
    if (line < kStep * Index{sizeof(Number)}) {
      of.next = reinterpret_cast<const char*>(of.numbers + block.count * kStep) + line * block.count;
    }
  }
  return of;
}

// acc += the product of M rows with a block.
template <class Kind, int M, int N, class Fetch>
GATEWISE_INLINE void accumulate_block(Vec (&acc)[M][N], const float* a, Index a_row, const BlockWeights<Kind>& w,
                                      Fetch fetch) {
  if constexpr (Kind::kScaled) {
    Vec sums[M][N];
    GATEWISE_UNROLL
    for (int m = 0; m < M; ++m) {
      GATEWISE_UNROLL
      for (int n = 0; n < N; ++n) sums[m][n] = zero();
    }
    accumulate<M, N, Kind>(sums, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch);
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) {
      const Vec scale = load(w.scales + n * kWidth);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) acc[m][n] = fma(sums[m][n], scale, acc[m][n]);
    }
  } else if constexpr (Kind::kPaired) {
    accumulate_pairs(acc, a, a_row, w.numbers, w.count, fetch);
  } else {
    accumulate<M, N, Kind>(acc, a, a_row, 1, w.numbers, N * kWidth, w.count, fetch);
  }
}

// The same into slots First.. of accumulators in memory. Not inlined: beside the activations that follow such a product,
// compilers run out of registers and spill accumulators within the loop.
template <class Kind, int M, int N, int First, int Slots>
__attribute__((noinline)) void multiply_block(Vec (&acc)[M][Slots], const float* a, Index a_row,
                                              const typename Kind::Number* numbers, const float* scales, Index count,
                                              const char* next) {
  Vec sums[M][N];
  GATEWISE_UNROLL
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) sums[m][n] = acc[m][First + n];
  }
  const BlockWeights<Kind> w{numbers, scales, count, next};
  const auto run = [&](auto fetch) { accumulate_block(sums, a, a_row, w, fetch); };
  if (!next) {
    run(FetchNothing{});
  } else if constexpr (M == 1) {
    run(FetchAhead{});
  } else if constexpr (kFetchesBlocks<Kind, M>) {
    run(FetchBlock{next});
  }
  GATEWISE_UNROLL
  for (int m = 0; m < M; ++m) {
    GATEWISE_UNROLL
    for (int n = 0; n < N; ++n) acc[m][First + n] = sums[m][n];
  }
}

template <int M, int N, int First, int Slots>
GATEWISE_INLINE void multiply(Vec (&acc)[M][Slots], const float* a, Index a_row, const UnitWeights& weights,
                              const PanelBlock& block) {
  with_precision(weights.precision, [&]<class Kind>() {
    const auto w = block_of<Kind, M, N>(weights, block);
    multiply_block<Kind, M, N, First>(acc, a, a_row, w.numbers, w.scales, w.count, w.next);
  });
}

// The depth of blocks of K for so many rows. A sum that is scaled at its end is not cut.
GATEWISE_INLINE Index depth_of_blocks(const UnitWeights& weights, Index rows, int tile, Index depth) {
  const bool cuts = rows > tile && weights.precision != Precision::kInt8;
  return cuts ? kBlockDepth : depth;
}

GATEWISE_KERNEL_END
