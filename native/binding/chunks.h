// How many rows of a scan are in the caches at a time.
#pragma once
#include <algorithm>

#include "../sequence/job.h"

namespace gatewise {

// Rows of gates that are made ahead of their steps: enough to share a pass over W_ih, few enough for the caches.
inline Index forward_chunk(Index batch, Index row_floats) {
  const Index rows = std::min<Index>(512, (Index{1} << 20) / row_floats);
  return std::max(batch, rows);
}

// Rows of dgates between two additions to the sums of the weights' gradients, which are about (I + H)·G·H numbers: enough
// that reading and writing the sums is little beside it. A team, which meets after every chunk, takes up to 1 MiB of them.
inline Index backward_chunk(Index batch, const ScanSize& size, Index row_floats, int team) {
  Index rows = std::clamp<Index>(size.input + size.hidden, 512, 2048);
  if (team > 1) rows = std::clamp<Index>((Index{1} << 18) / row_floats, rows, 8192);
  return std::max(batch, rows);
}

}  // namespace gatewise
