// Where the sums of the weights' gradients stand, and what each member of a team needs beside them.
#pragma once
#include "weights.h"

GATEWISE_KERNEL_BEGIN

// Rows of a chunk that go through the caches at once. Of 256, four vectors of 8 lanes fill a first-level cache, from which tiles
// then read them; of 16 lanes they come from L2 either way, and more rows spare the sums journeys to memory.
constexpr Index kGradientBlock = kWidth < 16 ? 256 : 512;
constexpr Index kBlockRows = rows_apart(kGradientBlock);
// The same for tiles, in steps of their depth.
constexpr Index kGradientTiles = 16;

struct GradientLayout {
  // The sums, in `size` floats:
  Index ih;          // [U, I, G, V]
  Index hh;          // [U, R, early gates, V]
  Index late;        // [U, H, late gates, V]
  Index projection;  // [R, U, V]
  Index bias;        // [U, D, V]
  Index size;
  // For each member, in `member_size` floats:
  Index x_blocks;     // rows of x in layout 4 of gemm/pack.h, or as left tiles of it, turned
  Index h_blocks;     // rows of h_{t-1}
  Index late_blocks;  // rows of r ⊙ h
  Index dh_blocks;    // rows of dL/dh, with a projection
  Index panel;        // [kGradientBlock, D, V] of dgates, or right tiles of it
  Index member_size;

  GradientLayout(const CellFacts& cell, const ScanSize& of, bool tiles) {
    const bool projected = of.output != of.hidden;
    const Index units = ceil_div(of.hidden, kWidth) * kWidth;
    const auto blocks = [&](Index columns) {
      if (tiles) return tiles_size(columns, kGradientTiles * kTileDepth);
      const Index narrow = ceil_div(columns, kRowBlock) * kRowBlock;
      const Index wide = ceil_div(columns, kPanelColumns) * kPanelColumns;  // of direct_gradients.h
      return (narrow > wide ? narrow : wide) * kBlockRows;
    };
    ih = 0;
    hh = ih + aligned(of.input * units * cell.gates);
    late = hh + aligned(of.output * units * cell.early_gates);
    projection = late + aligned(of.hidden * units * cell.late_gates);
    bias = projection + (projected ? aligned(of.output * units) : 0);
    size = bias + aligned(units * cell.grad_slots);
    x_blocks = 0;
    h_blocks = x_blocks + blocks(of.input);
    late_blocks = h_blocks + blocks(of.output);
    dh_blocks = late_blocks + (cell.late_gates > 0 ? blocks(of.hidden) : 0);
    panel = dh_blocks + (projected ? blocks(of.output) : 0);
    member_size = panel + kGradientBlock * cell.grad_slots * kWidth;
    if (!tiles) return;
    const Index left = left_tiles_size(kStepsAtOnce * kTileDepth);  // of the input's gradient, which comes after these
    member_size = panel + tiles_size(cell.grad_slots * kWidth, kGradientTiles * kTileDepth);
    if (member_size < left) member_size = left;
  }
};

GATEWISE_KERNEL_END
