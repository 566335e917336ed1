// The only place where weights and operands are rearranged for the microkernel.
//
// Letters: V the vector width, U = ceil(H / V) the unit panels, G gates, S slots (cells/cell.h).
//
// 1. Gate rows. A row of tapes has S·H numbers, one of dgates D·H with D gradient slots (S here), and no padding. Unit
//    panel u holds units uV .. uV+V-1, slot by slot; the last one holds the L = H - uV that are left, so its slots are L
//    apart:
//
//      | slot 0: V | slot 1: V | … | slot S-1: V |  next panel …  | slot 0: L | … | slot S-1: L |
//
// 2. Unit weights, for products whose columns are gates (W_ih x and W_hh h): panel u is K steps of G·V floats, so
//    that one load per gate and k feeds a tile. Lanes beyond H are zero.
//
//      panel u, step k:  | gate 0 of V units | gate 1 | … | gate G-1 |
//
// 3. Column weights, for all other products: panel p covers 4V columns, step k has ceil(columns left / V) vectors.
//
// 4. Row blocks, an operand of the weight gradients: some columns a block, whole for all rows, then the next block.
#pragma once
#include "../kernel.h"
#include "microkernel.h"

GATEWISE_KERNEL_BEGIN

// Columns of a row block. A tile takes its own of them from every row, so that where blocks come from a far cache, few tiles
// should share a line: whole tiles of any sort, or one vector, which is sooner copied.
constexpr Index kRowBlock = kWidth < 16 ? 12 : kWidth;
// Rows from one row block to the next, which has so many at most. A power of two of them would be in the same sets of a cache.
constexpr Index rows_apart(Index most) { return most + 8; }

GATEWISE_INLINE Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

GATEWISE_INLINE int smaller(Index a, Index b) { return static_cast<int>(a < b ? a : b); }

// A vector of n lanes, all of them or fewer: full vectors take the plain instruction.
GATEWISE_INLINE Vec load_lanes(const float* p, int n) { return n == kWidth ? load(p) : load_partial(p, n); }

GATEWISE_INLINE void store_lanes(float* p, Vec v, int n) {
  if (n == kWidth) {
    store(p, v);
  } else {
    store_partial(p, v, n);
  }
}

GATEWISE_INLINE void copy_floats(float* to, const float* from, Index count) {
  Index i = 0;
  for (; i + kWidth <= count; i += kWidth) store(to + i, load(from + i));
  const int left = static_cast<int>(count - i);
  if (left > 0) store_partial(to + i, load_partial(from + i, left), left);
}

GATEWISE_INLINE void add_floats(float* to, const float* from, Index count) {
  for (Index i = 0; i < count; ++i) to[i] += from[i];
}

GATEWISE_INLINE void zero_floats(float* to, Index count) {
  __builtin_memset(to, 0, static_cast<size_t>(count) * sizeof(float));
}

inline Index unit_weights_size(Index hidden, Index depth, int gates) {
  return ceil_div(hidden, kWidth) * depth * gates * kWidth;
}

inline Index column_weights_size(Index columns, Index depth) { return ceil_div(columns, kWidth) * kWidth * depth; }

// Where packed weights go: into the caches, or past them.
enum class Way { kIn, kPast };

template <Way To>
GATEWISE_INLINE void store_by(float* p, Vec v) {
  To == Way::kPast ? store_past(p, v) : store(p, v);
}

// Columns from rows: to[k * step + lane] is number k of row `lane`; rows from `lanes` on count as zeros.
template <Way To = Way::kIn>
inline void transpose_rows(float* to, Index step, const float* from, Index from_row, int lanes, Index depth) {
  for (Index k = 0; k < depth; k += kWidth) {
    const int count = smaller(kWidth, depth - k);
    Vec v[kWidth];
    GATEWISE_UNROLL
    for (int i = 0; i < kWidth; ++i) v[i] = i < lanes ? load_lanes(from + i * from_row + k, count) : zero();
    transpose(v);
    GATEWISE_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i < count) store_by<To>(to + (k + i) * step, v[i]);
    }
  }
}

// A unit panel of layout 2 of w [gates·hidden, depth]: gate g of it is row block order[g] of w.
template <Way To>
inline void pack_unit_weights(float* to, const float* w, Index hidden, Index depth, int gates, const int* order,
                              Index panel) {
  const Index step = gates * kWidth;
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, hidden - unit);
  for (int g = 0; g < gates; ++g) {
    transpose_rows<To>(to + panel * depth * step + g * kWidth, step, w + (order[g] * hidden + unit) * depth, depth,
                       lanes, depth);
  }
}

// A unit panel, which is a run of rows, of all column panels of layout 3 of w [gates·hidden, columns], its rows in the order of
// gate rows (layout 1): gate g of a panel is row block order[g] of w.
template <Way To = Way::kIn>
inline void pack_column_weights(float* to, const float* w, Index columns, Index hidden, int gates, const int* order,
                                Index panel) {
  const Index unit = panel * kWidth;
  const int lanes = smaller(kWidth, hidden - unit);
  for (Index column = 0; column < columns; column += kPanelColumns) {
    const Index count = smaller(kPanelColumns, columns - column);
    const Index step = ceil_div(count, kWidth) * kWidth;
    float* row = to + column * gates * hidden + unit * gates * step;
    for (int g = 0; g < gates; ++g) {
      const float* from = w + (order[g] * hidden + unit) * columns + column;
      for (int lane = 0; lane < lanes; ++lane, row += step, from += columns) {
        for (Index j = 0; j < count; j += kWidth) {
          store_by<To>(row + j, load_lanes(from + j, smaller(kWidth, count - j)));
        }
      }
    }
  }
}

// Panels first..last of w [rows, columns] in its own order, with rows for units.
inline void pack_plain_weights(float* to, const float* w, Index columns, Index rows, Index first, Index last) {
  constexpr int kOrder[1] = {0};
  for (Index panel = first; panel < last; ++panel) pack_column_weights(to, w, columns, rows, 1, kOrder, panel);
}

// Column panels first..last of layout 3 of the transpose of w [columns, depth].
inline void pack_transposed_weights(float* to, const float* w, Index columns, Index depth, Index first, Index last) {
  for (Index panel = first; panel < last; ++panel) {
    const Index column = panel * kPanelColumns;
    const Index count = smaller(kPanelColumns, columns - column);
    const Index step = ceil_div(count, kWidth) * kWidth;
    for (Index j = 0; j < count; j += kWidth) {
      transpose_rows(to + column * depth + j, step, w + (column + j) * depth, depth, smaller(kWidth, count - j), depth);
    }
  }
}

// Layout 4: rows [count, columns] into blocks of `rows_in_block` rows, from row `at` on.
template <Index Block = kRowBlock>
inline void pack_row_blocks(float* to, const float* from, Index from_row, Index count, Index columns,
                            Index rows_in_block, Index at) {
  const Index whole = columns - columns % Block;
  to += at * Block;
  for (Index r = 0; r < count; ++r, from += from_row, to += Block) {
    float* block = to;
    for (Index first = 0; first < whole; first += Block, block += rows_in_block * Block) {
      copy_floats(block, from + first, Block);
    }
    if (whole < columns) copy_floats(block, from + whole, columns - whole);
  }
}

GATEWISE_KERNEL_END
