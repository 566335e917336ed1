// Which passes go in groups (groups.h), and which go back by tiles (gemm/tiles.h). Both have bits of their own, so that it is a
// matter of sizes alone, and never of threads.
#pragma once
#include <algorithm>

#include "arguments.h"
#include "engine.h"
#include "groups.h"

namespace gatewise {

// Whether weights are so few that the sums of each group leave room in a cache.
inline bool has_few_weights(const CellKernels& cell, const ScanSize& size) {
  return product({cell.facts.gates, size.hidden, size.input + size.output}) <= Index{1} << 18;
}

// Whether a pass of so many sequences goes back by tiles.
inline bool suits_tiles(const Engine& engine, const CellKernels& cell, const ScanSize& size, Index batch) {
  // Fewer rows leave tiles half empty, and win less than groups do where those are to be had; of fewer features, units or gates
  // there is too little to win.
  constexpr Index kFewestRows = 16, kMoreThanGroups = 64, kFewestNumbers = 128;
  constexpr int kFewestGates = 3;
  const Index fewest = has_few_weights(cell, size) ? kMoreThanGroups : kFewestRows;
  const bool fills = batch >= fewest && std::min(size.input, size.hidden) >= kFewestNumbers;
  const bool fused = !cell.facts.staged && cell.facts.gates >= kFewestGates;
  return engine.kernels().tiles && fused && fills;
}

// Whether the sequences of a pass, where it is long, go in groups.
inline bool suits_groups(const Engine& engine, const CellKernels& cell, const ScanSize& size, Index batch) {
  // Fewer rows read each weight for too few of them.
  constexpr Index kFewest = 8;
  const bool fused = !cell.facts.staged;
  return fused && batch >= kFewest && has_few_weights(cell, size) && !suits_tiles(engine, cell, size, batch);
}

// What argument i tells: only who has tiles can be told to use them, and nobody for groups.
inline bool read_tiles(const Arguments& args, size_t i, const CellKernels& cell, const Groups& groups) {
  const bool tiles = args.flag(i);
  const bool can = Engine::of(args.env()).kernels().tiles && !cell.facts.staged && groups.count() == 1;
  if (tiles && !can) args.fail(i, "no tiles here");
  return tiles;
}

}  // namespace gatewise
