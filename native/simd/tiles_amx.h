// The words of products by tiles, for AMX with bfloat16 beside AVX-512. What they are for stands in gemm/tiles.h.
//
// A tile is 16 rows of 64 bytes. Those of a left operand are 16 rows with 32 numbers of K each; of a right one, 16 pairs of K
// with the two numbers of 16 columns each; of sums, 16 rows of 16 columns. One instruction adds all products of a left and a
// right tile to a tile of sums.
#pragma once
#include <immintrin.h>
#include <stdint.h>

#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// Nothing of a function that works on tiles may be inlined where the processor has none.
#define GATEWISE_WITH_TILES __attribute__((noinline, target("amx-tile,amx-bf16")))

constexpr Index kTileRows = 16;
constexpr Index kTileColumns = 16;
constexpr Index kTileDepth = 32;
constexpr Index kTileFloats = 256;  // the size of one

// What a float32 is made of, each part with 16 zero bits at its end: a bfloat16 in the place of a float32.
struct Parts {
  __m512 of[3];
};

// x = of[0] + of[1] + of[2], each the nearest to what those before it leave. A number so large that the nearest would be infinity
// is cut instead. Of what is infinite the first part is all; of NaN at least one is.
GATEWISE_INLINE Parts parts_of(__m512 x) {
  const __m512i last = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
  const __m512i half = _mm512_set1_epi32(0x8000);
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
  const __mmask16 ordinary = _mm512_cmplt_epu32_mask(magnitude, _mm512_set1_epi32(0x7f000000));
  const __mmask16 finite = _mm512_cmpneq_epu32_mask(magnitude, _mm512_set1_epi32(0x7f800000));
  const __m512 first = _mm512_castsi512_ps(_mm512_and_si512(_mm512_mask_add_epi32(bits, ordinary, bits, half), last));
  const __m512 rest = _mm512_maskz_sub_ps(finite, x, first);
  const __m512 second = _mm512_castsi512_ps(_mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(rest), half), last));
  return {{first, second, _mm512_sub_ps(rest, second)}};
}

// A line of a left tile: numbers k..k + 15 of a row, then the next 16.
GATEWISE_INLINE void store_line(float* to, __m512 first, __m512 second) {
  const __m512i odd = _mm512_set_epi16(63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27, 25,
                                       23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  _mm512_store_si512(to, _mm512_permutex2var_epi16(_mm512_castps_si512(first), odd, _mm512_castps_si512(second)));
}

// A line of a right tile: numbers k and k + 1 of 16 columns.
GATEWISE_INLINE void store_pairs(float* to, __m512 first, __m512 second) {
  const __m512i low = _mm512_srli_epi32(_mm512_castps_si512(first), 16);
  const __m512i high = _mm512_and_si512(_mm512_castps_si512(second), _mm512_set1_epi32(static_cast<int>(0xffff0000u)));
  _mm512_store_si512(to, _mm512_or_si512(low, high));
}

// Sums of some rows of tiles side by side.
struct TileSums {
  const float* from;  // what they begin with
  Index from_row;     // to the next row, in floats; 0 where all rows begin alike
  float* to;
  Index to_row;
};

// What is brought into the cache while tiles are multiplied: so many numbers of some rows, `row` apart.
struct FetchRows {
  const float* at = nullptr;
  Index row = 0;
  Index rows = 0;
  Index numbers = 0;
};

GATEWISE_WITH_TILES inline void release_tiles() { _tile_release(); }

// How tiles are used: sums 0 and 1 of a row tile, 2 and 3 of another, left operands 4 and 5 of these, right ones 6 and 7. One of
// fewer rows takes less time.
GATEWISE_WITH_TILES inline void shape_tiles(int first, int second) {
  struct __attribute__((packed)) {
    uint8_t palette = 1;
    uint8_t start = 0;
    uint8_t reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {};
  } shapes;
  const int rows[8] = {first, first, second, second, first, second, 16, 16};
  for (int i = 0; i < 8; ++i) shapes.rows[i] = static_cast<uint8_t>(rows[i]);
  // The compiler takes no more than the first eight bytes of it for read.
  asm volatile("" ::"r"(&shapes) : "memory");
  _tile_loadconfig(&shapes);
}

GATEWISE_INLINE void fetch_tile(const float* tile) {
  GATEWISE_UNROLL
  for (Index i = 0; i < kTileFloats; i += kWidth) __builtin_prefetch(tile + i);
}

// sums += a · b for one or two row tiles, M, and one or two tiles of columns, N, of which the second one's rows of sums follow
// the first one's: `depth` steps of K, of which an operand has three tiles each, right ones for each tile of columns. Steps of b
// are b_step floats apart, row tiles of a a_apart.
//
// Products of two sums of three are nine. Those of the second and third part with the third are less than half of the last bit of
// the product, and are left out. Four tiles of sums are what makes each wait for none of its own before it is there. What the
// next step needs is fetched into the first cache: a tile that waits for a line there makes all that follow wait.
template <int M, int N>
GATEWISE_WITH_TILES void multiply_tiles(const TileSums& sums, int first_rows, const float* a, Index a_apart,
                                        const float* b, Index b_step, Index depth, const FetchRows& fetch) {
  // The compiler does not know what tiles read and write.
  asm volatile("" ::: "memory");
  const Index from_row = sums.from_row * Index{sizeof(float)};
  const Index to_row = sums.to_row * Index{sizeof(float)};
  const float* const from = sums.from + first_rows * sums.from_row;
  float* const to = sums.to + first_rows * sums.to_row;
  _tile_loadd(0, sums.from, from_row);
  if constexpr (N > 1) _tile_loadd(1, sums.from + kTileColumns, from_row);
  if constexpr (M > 1) _tile_loadd(2, from, from_row);
  if constexpr (M > 1 && N > 1) _tile_loadd(3, from + kTileColumns, from_row);
  const Index fetched = (fetch.rows + depth - 1) / depth;
  for (Index k = 0, row = 0; k < depth; ++k, a += 3 * kTileFloats, b += b_step) {
    for (Index end = row + fetched; row < end && row < fetch.rows; ++row) {
      for (Index i = 0; i < fetch.numbers; i += kWidth) __builtin_prefetch(fetch.at + row * fetch.row + i, 1, 2);
    }
// Part p of the left tiles, or of the right ones, and all their products.
#define GATEWISE_LEFT(p)                                                  \
  _tile_loadd(4, a + (p)*kTileFloats, 64);                                \
  if constexpr (M > 1) _tile_loadd(5, a + a_apart + (p)*kTileFloats, 64); \
  fetch_tile(a + (3 + (p)) * kTileFloats);                                \
  if constexpr (M > 1) fetch_tile(a + a_apart + (3 + (p)) * kTileFloats);
#define GATEWISE_RIGHT(p)                                               \
  _tile_loadd(6, b + (p)*kTileFloats, 64);                              \
  if constexpr (N > 1) _tile_loadd(7, b + (3 + (p)) * kTileFloats, 64); \
  _tile_dpbf16ps(0, 4, 6);                                              \
  if constexpr (N > 1) _tile_dpbf16ps(1, 4, 7);                         \
  if constexpr (M > 1) _tile_dpbf16ps(2, 5, 6);                         \
  if constexpr (M > 1 && N > 1) _tile_dpbf16ps(3, 5, 7);
#define GATEWISE_NEXT(p)                    \
  fetch_tile(b + b_step + (p)*kTileFloats); \
  if constexpr (N > 1) fetch_tile(b + b_step + (3 + (p)) * kTileFloats);
    GATEWISE_LEFT(0)
    GATEWISE_RIGHT(0)
    GATEWISE_NEXT(0)
    GATEWISE_RIGHT(1)
    GATEWISE_NEXT(1)
    GATEWISE_RIGHT(2)
    GATEWISE_NEXT(2)
    GATEWISE_LEFT(1)
    GATEWISE_RIGHT(0)
    GATEWISE_RIGHT(1)
    GATEWISE_LEFT(2)
    GATEWISE_RIGHT(0)
#undef GATEWISE_NEXT
#undef GATEWISE_RIGHT
#undef GATEWISE_LEFT
  }
  _tile_stored(0, sums.to, to_row);
  if constexpr (N > 1) _tile_stored(1, sums.to + kTileColumns, to_row);
  if constexpr (M > 1) _tile_stored(2, to, to_row);
  if constexpr (M > 1 && N > 1) _tile_stored(3, to + kTileColumns, to_row);
  asm volatile("" ::: "memory");
}

GATEWISE_KERNEL_END
