// Rows whose part in the weights' gradients waits for others to fill a tile's depth with: from one chunk of steps to the next, and
// from one job to the next.
#pragma once
#include "weights.h"

GATEWISE_KERNEL_BEGIN

struct KeptRowsLayout {
  static constexpr Index kMost = kTileDepth - 1;
  Index count;   // how many there are, as a float
  Index begun;   // 1 where sums have begun
  Index dgates;  // [kMost, D·H]
  Index x;       // [kMost, I]
  Index h;       // [kMost, H]
  Index size;
  KeptRowsLayout(const CellFacts& cell, const ScanSize& of) {
    count = 0;
    begun = 1;
    dgates = aligned(2);
    x = dgates + aligned(kMost * cell.grad_slots * of.hidden);
    h = x + aligned(kMost * of.input);
    size = h + aligned(kMost * of.hidden);
  }
};

GATEWISE_KERNEL_END
