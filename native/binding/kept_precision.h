// How a pass keeps its weights.
#pragma once
#include <algorithm>

#include "arguments.h"
#include "engine.h"
#include "groups.h"

namespace gatewise {

// The precision in which a pass of so many sequences keeps weights that are asked for in some: those of float32 may go by tiles.
// Tiles give other bits than vectors do, so that it is a matter of sizes alone, as groups are, which need small tiles.
inline Precision kept_precision(const Engine& engine, const CellKernels& cell, const ScanSize& size, Index batch,
                                Precision asked) {
  // Fewer rows leave tiles half empty; of fewer features, units or gates there is too little to win.
  constexpr Index kFewestRows = 16, kFewestNumbers = 128;
  constexpr int kFewestGates = 3;
  const bool fills = batch >= kFewestRows && std::min(size.input, size.hidden) >= kFewestNumbers;
  const bool fused = !cell.facts.staged && cell.facts.gates >= kFewestGates;
  const bool tiles = engine.kernels().tiles && fused && fills && !Groups::suit(cell, size, batch);
  return tiles && asked == Precision::kFloat32 ? Precision::kTiles : asked;
}

// The one that argument i tells. Tiles are for who has them.
inline Precision read_kept_precision(const Arguments& args, size_t i, const CellKernels& cell) {
  const Precision kept = args.precision(i);
  const bool can = Engine::of(args.env()).kernels().tiles && !cell.facts.staged;
  if (kept == Precision::kTiles && !can) args.fail(i, "a precision that the cell's weights can be kept in");
  return kept;
}

// The same for training, of sequences that may go in groups.
inline Precision read_trained_precision(const Arguments& args, size_t i, const CellKernels& cell,
                                        const Groups& groups) {
  const Precision kept = read_kept_precision(args, i, cell);
  const bool trains = kept == Precision::kFloat32 || (kept == Precision::kTiles && groups.count() == 1);
  if (!trains) args.fail(i, "a precision to train in");
  return kept;
}

}  // namespace gatewise
