// Products by tiles: of many rows, on processors that have an instruction for a whole tile of products of 16-bit numbers.
//
// A float32 is the sum of three bfloat16 of 8 bits each, x = x₁ + x₂ + x₃. Products of these are exact in float32, and
//
//     a b = a₁b₁ + a₂b₁ + a₁b₂ + a₂b₂ + a₁b₃ + a₃b₁ + less than 2^-24 |a b|
//
// so that six of them are as exact as one rounded product of float32, and sums are float32. (Henry, Tang and Heinecke 2019,
// "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations".) Numbers below 2^-126 count as
// zeros on the way, and infinite ones may give NaN.
//
// An operand's K, where it ends within a tile, is filled up with zeros. A sum goes from tile to tile of K: rows, columns and
// blocks of whole tiles of K may be cut anywhere, with the same bits.
#pragma once
#include "gemm.h"

#if defined(__AVX512F__) && defined(__linux__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define GATEWISE_TILES 1
#include "../simd/tiles_amx.h"

GATEWISE_KERNEL_BEGIN

constexpr bool kHasTiles = true;
constexpr Index kStepFloats = 3 * kTileFloats;  // a tile's depth of one operand

GATEWISE_INLINE Index tile_steps(Index depth) { return ceil_div(depth, kTileDepth); }

// Floats that the tiles of so many rows or columns take.
GATEWISE_INLINE Index tiles_size(Index count, Index depth) {
  return ceil_div(count, kTileRows) * tile_steps(depth) * kStepFloats;
}

// 16 numbers of a row operand from number 16 i on, fewer where it ends.
GATEWISE_INLINE Vec numbers_of(const float* row, const Runs& runs, Index i) {
  const Index k = i * kWidth;
  const Index whole = runs.count * runs.length;
  if (k < whole) return load(row + k / runs.length * runs.distance + runs.first + k % runs.length);
  const Index left = whole + runs.last_length - k;
  return left > 0 ? load_lanes(row + runs.last_first + k - whole, smaller(kWidth, left)) : zero();
}

// Two numbers of K of 16 columns, which are line `pair` of a right tile.
GATEWISE_INLINE void store_right(float* step, Index pair, Vec first, Vec second) {
  const Parts x = parts_of(first), y = parts_of(second);
  for (int p = 0; p < 3; ++p) store_pairs(step + p * kTileFloats + pair * kWidth, x.of[p], y.of[p]);
}

// All numbers of K of a row, which are line `row` of a left tile.
GATEWISE_INLINE void store_left(float* step, Index row, Vec first, Vec second) {
  const Parts x = parts_of(first), y = parts_of(second);
  for (int p = 0; p < 3; ++p) store_line(step + p * kTileFloats + row * kWidth, x.of[p], y.of[p]);
}

// Calls body(first, count, rows, before) for rows `first` on, which two row tiles have, of `rows` and the rest of `count` rows, or
// one; so many tiles come before.
template <class Body>
GATEWISE_INLINE void for_row_tiles(Index rows, const Body& body) {
  Index before = 0;
  for_tiles(rows, 2 * kTileRows, [&](Index first, int count) {
    const bool two = count > kTileRows;
    body(first, count, two ? (count + 1) / 2 : count, before);
    before += two ? 2 : 1;
  });
}

// Left tiles of `rows` rows, as for_row_tiles cuts them: numbers of `steps` steps of K from step `first` on.
inline void pack_left_tiles(float* to, const float* a, Index a_row, const Runs& runs, Index rows, Index first,
                            Index steps) {
  for_row_tiles(rows, [&](Index row, int count, int whole, Index before) {
    for (int m = 0; m < count; ++m) {
      const float* const from = a + (row + m) * a_row;
      float* const tile = to + (before + m / whole) * steps * kStepFloats;
      for (Index s = 0; s < steps; ++s) {
        const Index i = 2 * (first + s);
        store_left(tile + s * kStepFloats, m % whole, numbers_of(from, runs, i), numbers_of(from, runs, i + 1));
      }
    }
  });
}

// Left tiles of columns, whose K are rows: the step of K that `rows` are, null ones being zeros. `to` is that step of the first 16
// columns, with `apart` floats to the next 16.
inline void pack_turned_tiles(float* to, Index apart, const float* const (&rows)[kTileDepth], Index columns) {
  for (Index column = 0; column < columns; column += kTileRows, to += apart) {
    const int lanes = smaller(kTileRows, columns - column);
    Vec halves[2][kWidth];
    for (int half = 0; half < 2; ++half) {
      GATEWISE_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        const float* const row = rows[half * kWidth + i];
        halves[half][i] = row ? load_lanes(row + column, lanes) : zero();
      }
      transpose(halves[half]);
    }
    for (int m = 0; m < lanes; ++m) store_left(to, m, halves[0][m], halves[1][m]);
  }
}

// A unit panel, which is a run of K, of all right tiles of w [gates·hidden, columns], its rows in the order of gate rows
// (layout 1 of pack.h): column panels as in layout 3, of each the steps of K, each with a tile for every 16 columns.
inline void pack_column_tiles(float* to, const float* w, Index columns, Index hidden, int gates, const int* order,
                              Index panel) {
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, hidden - unit);
  const Index steps = tile_steps(gates * hidden);
  const Index begin = unit * gates;
  const Index end = unit + lanes == hidden ? steps * kTileDepth : begin + gates * lanes;
  const auto numbers = [&](Index k, Index column) {
    const int i = static_cast<int>(k - begin);
    if (i >= gates * lanes) return zero();
    return load_lanes(w + (order[i / lanes] * hidden + unit + i % lanes) * columns + column,
                      smaller(kWidth, columns - column));
  };
  for (Index column = 0; column < columns; column += kWidth) {
    const Index first = column / kPanelColumns * kPanelColumns;
    const Index tiles = ceil_div(smaller(kPanelColumns, columns - first), kWidth);
    float* const tile = to + (first / kWidth * steps + (column - first) / kWidth) * kStepFloats;
    for (Index k = begin; k < end; k += 2) {
      store_right(tile + k / kTileDepth * tiles * kStepFloats, k % kTileDepth / 2, numbers(k, column),
                  numbers(k + 1, column));
    }
  }
}

// M row tiles, of which the first has `rows` rows, by N tiles of columns, two at a time.
template <int M, int N>
GATEWISE_INLINE void multiply_columns(const TileSums& sums, int rows, const float* a, const float* b, Index b_step,
                                      Index depth, FetchRows fetch) {
  if constexpr (N > 0) {
    constexpr int kTogether = N > 1 ? 2 : 1;
    multiply_tiles<M, kTogether>(sums, rows, a, depth * kStepFloats, b, b_step, depth, fetch);
    const TileSums rest{sums.from + 2 * kTileColumns, sums.from_row, sums.to + 2 * kTileColumns, sums.to_row};
    multiply_columns<M, N - kTogether>(rest, rows, a, b + 2 * kStepFloats, b_step, depth, {});
  }
}

// One or two row tiles by N tiles of columns: `count` rows, of which the first tile has `rows`.
template <int N>
GATEWISE_INLINE void multiply_row_tiles(const TileSums& sums, int count, int rows, const float* a, const float* b,
                                        Index b_step, Index depth, const FetchRows& fetch) {
  shape_tiles(rows, count > rows ? count - rows : rows);
  count > rows ? multiply_columns<2, N>(sums, rows, a, b, b_step, depth, fetch)
               : multiply_columns<1, N>(sums, rows, a, b, b_step, depth, fetch);
}

// The same for sums that stand `lanes` apart where they are to be, tile by tile, and end with `last` lanes. Where those are not
// whole, tiles cannot write there.
template <int N>
GATEWISE_INLINE void multiply_lanes(const TileSums& sums, int lanes, int last, int count, int rows, const float* a,
                                    const float* b, Index b_step, Index depth, const FetchRows& fetch = {}) {
  if (lanes == kWidth && last == kWidth) {
    return multiply_row_tiles<N>(sums, count, rows, a, b, b_step, depth, fetch);
  }
  Vec whole[2 * kTileRows * N];
  float* const room = reinterpret_cast<float*>(whole);
  const bool begins = sums.from_row == 0;
  const auto lanes_of = [&](int n) { return n == N - 1 ? last : lanes; };
  for (int m = 0; m < count && !begins; ++m) {
    for (int n = 0; n < N; ++n) whole[m * N + n] = load_lanes(sums.from + m * sums.from_row + n * lanes, lanes_of(n));
  }
  const TileSums there{begins ? sums.from : room, begins ? 0 : N * kWidth, room, N * kWidth};
  multiply_row_tiles<N>(there, count, rows, a, b, b_step, depth, fetch);
  for (int m = 0; m < count; ++m) {
    for (int n = 0; n < N; ++n) store_lanes(sums.to + m * sums.to_row + n * lanes, whole[m * N + n], lanes_of(n));
  }
}

// Rows whose left tiles are made at once, and steps of K: as much as leaves room for a panel beside them in L2.
constexpr Index kRowsAtOnce = 256;
constexpr Index kStepsAtOnce = 16;

// Floats of the left tiles that a product of rows of so many numbers makes room for.
GATEWISE_INLINE Index left_tiles_size(Index depth) { return tiles_size(kRowsAtOnce, depth); }

// What tiles begin with where there is nothing yet.
alignas(64) constexpr float kNoSums[kPanelColumns] = {};

// out[rows, columns] = a · w, with w as pack_column_tiles has it; the left tiles of `room` are of kStepsAtOnce.
inline void column_tiles_product(float* out, Index out_row, const float* a, Index a_row, const Runs& runs,
                                 const float* w, Index rows, Index columns, float* room) {
  const Index steps = tile_steps(runs.depth());
  for (Index row = 0; row < rows; row += kRowsAtOnce) {
    const Index some = smaller(kRowsAtOnce, rows - row);
    for (Index s = 0; s < steps; s += kStepsAtOnce) {
      const Index count = smaller(kStepsAtOnce, steps - s);
      pack_left_tiles(room, a + row * a_row, a_row, runs, some, s, count);
      for (Index first = 0; first < columns; first += kPanelColumns) {
        with_vectors(smaller(kPanelColumns, columns - first), [&]<int N>() {
          const float* const panel = w + (first / kWidth * steps + s * N) * kStepFloats;
          const int last = smaller(kWidth, columns - first - (N - 1) * kWidth);
          for_row_tiles(some, [&](Index m, int tile, int whole, Index before) {
            float* const to = out + (row + m) * out_row + first;
            const TileSums sums{s == 0 ? kNoSums : to, s == 0 ? 0 : out_row, to, out_row};
            multiply_lanes<N>(sums, kWidth, last, tile, whole, room + before * count * kStepFloats, panel,
                              N * kStepFloats, count);
          });
        });
      }
    }
  }
  release_tiles();
}

GATEWISE_KERNEL_END

#else

// Where there are none, nobody asks for them.
GATEWISE_KERNEL_BEGIN

constexpr bool kHasTiles = false;
constexpr Index kTileDepth = 1;
constexpr Index kStepsAtOnce = 1;

inline Index tiles_size(Index, Index) { return 0; }
inline Index left_tiles_size(Index) { return 0; }
inline void pack_column_tiles(float*, const float*, Index, Index, int, const int*, Index) {}
inline void column_tiles_product(float*, Index, const float*, Index, const Runs&, const float*, Index, Index, float*) {}

GATEWISE_KERNEL_END

#endif
