// Which passes go back by tiles.
#pragma once
#include <algorithm>

#include "arguments.h"
#include "engine.h"
#include "groups.h"

namespace gatewise {

// Whether a pass of so many sequences does. Tiles give other bits than vectors do, so that it is a matter of sizes alone. Sequences
// that may go in groups do that instead: a group has too few for tiles.
inline bool suits_tiles(const Engine& engine, const CellKernels& cell, const ScanSize& size, Index batch) {
  // Fewer rows leave tiles half empty; of fewer features, units or gates there is too little to win.
  constexpr Index kFewestRows = 16, kFewestNumbers = 128;
  constexpr int kFewestGates = 3;
  const bool fills = batch >= kFewestRows && std::min(size.input, size.hidden) >= kFewestNumbers;
  const bool fused = !cell.facts.staged && cell.facts.gates >= kFewestGates;
  return engine.kernels().tiles && fused && fills && !Groups::suit(cell, size, batch);
}

// What argument i tells: only who has tiles can be told to use them, and nobody for groups.
inline bool read_tiles(const Arguments& args, size_t i, const CellKernels& cell, const Groups& groups) {
  const bool tiles = args.flag(i);
  const bool can = Engine::of(args.env()).kernels().tiles && !cell.facts.staged && groups.count() == 1;
  if (tiles && !can) args.fail(i, "no tiles here");
  return tiles;
}

}  // namespace gatewise
