// Products on the layouts of pack.h. None of them knows of cells, time or threads: callers hand out rows and panels.
#pragma once
#include "../kernel.h"
#include "fetch.h"
#include "microkernel.h"
#include "pack.h"

GATEWISE_KERNEL_BEGIN

// The most depth of blocks of K, where several tiles of rows share a panel: four gates of the widest vectors are then 128 KiB,
// half of a small L2. A full tile works twelve cycles on what L2 delivers in eight, so that blocks small enough for L1 save
// nothing, and each block costs the sums a way to memory and back: with 24 KiB, inference of large batches took 7 to 9 %
// longer.
constexpr Index kBlockDepth = 512;

// A row operand whose K indices come in `runs` of equal length at a fixed distance, then a last shorter run: the
// state's or the input's slots of gate rows (layout 1 of pack.h), or, with one run, any plain row.
struct Runs {
  Index count;     // full runs
  Index length;    // numbers in a full run
  Index distance;  // from one run to the next
  Index first;     // offset of a full run
  Index last_length;
  Index last_first;
  Index depth() const { return count * length + last_length; }
};

// A row operand's numbers k .. k + count, whole runs but for what is left.
GATEWISE_INLINE Runs part_of(const Runs& runs, Index k, Index count) {
  if (runs.count == 0) return {0, 0, 0, 0, count, runs.last_first + k};
  const Index before = k / runs.length;
  const bool ends = k + count == runs.depth();
  return {ends ? runs.count - before : count / runs.length,
          runs.length,
          runs.distance,
          runs.first + before * runs.distance,
          ends ? runs.last_length : 0,
          runs.last_first};
}

// The depth of the blocks that K, if there is any, is cut into: as even as they can be, of so many numbers that must not be
// parted.
GATEWISE_INLINE Index even_blocks(Index depth, Index whole) {
  return whole * ceil_div(depth, whole * ceil_div(depth, kBlockDepth));
}

// The same of an operand's K, whose runs are not parted.
GATEWISE_INLINE Index even_blocks(const Runs& runs) {
  return even_blocks(runs.depth(), runs.count > 0 ? runs.length : 1);
}

GATEWISE_INLINE Runs plain_row(Index depth) { return {0, 0, 0, 0, depth, 0}; }

// Slots from..from+gates of rows with `slots` slots of `hidden` units.
GATEWISE_INLINE Runs slot_runs(Index hidden, int slots, int from, int gates) {
  if (gates == slots) return plain_row(hidden * slots);
  const Index full = hidden / kWidth;
  const Index lanes = hidden - full * kWidth;
  return {full, gates * kWidth, slots * kWidth, from * kWidth, gates * lanes, full * slots * kWidth + from * lanes};
}

// acc += a · w, where w's steps follow the runs of a.
template <int M, int N, class Fetch = FetchNothing>
GATEWISE_INLINE void accumulate_runs(Vec (&acc)[M][N], const float* a, Index a_row, const Runs& runs, const float* w,
                                     Fetch&& fetch = Fetch{}) {
  for (Index run = 0; run < runs.count; ++run) {
    accumulate<M, N>(acc, a + run * runs.distance + runs.first, a_row, 1, w, N * kWidth, runs.length, fetch);
    w += runs.length * N * kWidth;
  }
  accumulate<M, N>(acc, a + runs.last_first, a_row, 1, w, N * kWidth, runs.last_length, fetch);
}

// The same on accumulators in memory, N vectors a row, for products that more arithmetic follows; see multiply_block.
template <int M, int N>
__attribute__((noinline)) void multiply_runs(Vec* acc, const float* a, Index a_row, const Runs& runs, const float* w,
                                             const void* fetched) {
  Vec sums[M][N];
  load_tile(sums, acc, N);
  with_fetch<M>(fetched, [&](auto fetch) { accumulate_runs(sums, a, a_row, runs, w, fetch); });
  store_tile(acc, N, sums);
}

// out[rows, columns first..] = bias + a · w for one column panel (layout 3), or for a part of K that is not the first: += a · w.
// bias may be null.
template <int N>
GATEWISE_INLINE void panel_product(float* out, Index out_row, const float* a, Index a_row, const Runs& runs,
                                   const float* panel, const float* bias, bool begins, Index rows, int last_lanes) {
  for_tiles(rows, tile_rows(N), [&](Index first, int count) {
    with_rows<tile_rows(N)>(count, [&]<int M>() {
      Vec acc[M][N];
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        const float* const start = begins ? bias : out + (first + m) * out_row;
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) {
          acc[m][n] = !start       ? zero()
                      : n == N - 1 ? load_partial(start + n * kWidth, last_lanes)
                                   : load(start + n * kWidth);
        }
      }
      accumulate_runs(acc, a + first * a_row, a_row, runs, panel);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        float* row = out + (first + m) * out_row;
        GATEWISE_UNROLL
        for (int n = 0; n < N - 1; ++n) store(row + n * kWidth, acc[m][n]);
        store_partial(row + (N - 1) * kWidth, acc[m][N - 1], last_lanes);
      }
    });
  });
}

// A run-time number of vectors, 1..kPanelVectors, as a template argument: body.template operator()<N>().
template <class Body>
GATEWISE_INLINE void with_vectors(Index columns, const Body& body) {
  switch (ceil_div(columns, kWidth)) {
    case 1: body.template operator()<1>(); break;
    case 2: body.template operator()<2>(); break;
    case 3: body.template operator()<3>(); break;
    default: body.template operator()<4>(); break;
  }
}

// out[rows, columns] = bias + a · w, all column panels. Where tiles share a panel that fills L2, K is cut, and the panels go
// through with so many rows at a time that the sums stay near from one part to the next.
inline void column_product(float* out, Index out_row, const float* a, Index a_row, const Runs& runs, const float* w,
                           const float* bias, Index rows, Index columns) {
  constexpr Index kTogether = 64 * tile_rows(kPanelVectors);
  const Index depth = runs.depth();
  const bool cuts = rows > tile_rows(kPanelVectors) && depth * kPanelColumns >= kNearCache;
  const Index block = cuts ? even_blocks(runs) : depth;
  const Index together = cuts ? kTogether : rows;
  for (Index row = 0; row < rows; row += together) {
    const Index some = row + together < rows ? together : rows - row;
    for (Index first = 0; first < columns; first += kPanelColumns) {
      const Index count = smaller(kPanelColumns, columns - first);
      with_vectors(count, [&]<int N>() {
        for (Index k0 = 0; k0 < depth; k0 += block) {
          panel_product<N>(out + row * out_row + first, out_row, a + row * a_row, a_row,
                           part_of(runs, k0, smaller(block, depth - k0)), w + first * depth + k0 * N * kWidth,
                           bias ? bias + first : nullptr, k0 == 0, some, static_cast<int>(count - (N - 1) * kWidth));
        }
      });
    }
  }
}

// c[m, N vectors] += Σ_k a[k, m] · b[k, N vectors], for m of `columns`, with a in row blocks (layout 4). Where the sums begin,
// c holds nothing yet.
template <int N>
__attribute__((noinline)) void transposed_product(float* c, Index c_row, const float* blocks, Index rows_in_block,
                                                  Index columns, const float* b, Index b_step, Index depth,
                                                  bool begins) {
  for (Index first = 0; first < columns; first += kRowBlock) {
    const float* block = blocks + (first / kRowBlock) * rows_in_block * kRowBlock;
    for_tiles(smaller(kRowBlock, columns - first), tile_rows(N), [&](Index m0, int count) {
      with_rows<tile_rows(N)>(count, [&]<int M>() {
        Vec acc[M][N];
        float* rows = c + (first + m0) * c_row;
        GATEWISE_UNROLL
        for (int m = 0; m < M; ++m) {
          GATEWISE_UNROLL
          for (int n = 0; n < N; ++n) acc[m][n] = begins ? zero() : load(rows + m * c_row + n * kWidth);
        }
        // The next tile's sums are fetched while this one is computed.
        for (int m = M; m < 2 * M && first + m0 + m < columns; ++m) prefetch_floats(rows + m * c_row, N * kWidth);
        accumulate<M, N>(acc, block + m0, 1, kRowBlock, b, b_step, depth);
        GATEWISE_UNROLL
        for (int m = 0; m < M; ++m) {
          GATEWISE_UNROLL
          for (int n = 0; n < N; ++n) store(rows + m * c_row + n * kWidth, acc[m][n]);
        }
      });
    });
  }
}

// c[m, N vectors] += Σ_k a[k, m] · b[k, N vectors], for `rows` of m, each sum begun at zero; the last vector of c has so many
// lanes.
template <int N>
__attribute__((noinline)) void add_transposed_product(float* c, Index c_row, const float* a, Index a_step, Index rows,
                                                      const float* b, Index b_step, Index depth, int last_lanes) {
  const auto lanes_of = [&](int n) { return n == N - 1 ? last_lanes : kWidth; };
  for_tiles(rows, tile_rows(N), [&](Index first, int count) {
    with_rows<tile_rows(N)>(count, [&]<int M>() {
      Vec acc[M][N];
      float* const to = c + first * c_row;
      for (int m = 0; m < M; ++m) prefetch_floats(to + m * c_row, N * kWidth);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) acc[m][n] = zero();
      }
      accumulate<M, N>(acc, a + first, 1, a_step, b, b_step, depth);
      GATEWISE_UNROLL
      for (int m = 0; m < M; ++m) {
        GATEWISE_UNROLL
        for (int n = 0; n < N; ++n) {
          float* const sums = to + m * c_row + n * kWidth;
          store_lanes(sums, add(load_lanes(sums, lanes_of(n)), acc[m][n]), lanes_of(n));
        }
      }
    });
  });
}

GATEWISE_KERNEL_END
