// What each ISA offers: one constant table, filled by kernels.cc, chosen from by dispatch.cc.
#pragma once
#include "../cells/facts.h"
#include "../loss/job.h"
#include "../optim/job.h"
#include "../sequence/job.h"

namespace gatewise {

// A cell's scan. Sizes are in floats.
struct CellKernels {
  const char* name;
  CellFacts facts;
  Index (*weights_size)(const ScanSize& size, bool training, Precision precision, bool tiles);
  void (*pack)(const ScanPack& job, const Team& team);
  Index (*forward_scratch)(const ScanSize& size, Index batch);
  void (*forward)(const ScanForward& job, const Team& team);
  Index (*sums_size)(const ScanSize& size);
  Index (*link_size)(const ScanSize& size, Index batch);
  Index (*backward_scratch)(const ScanSize& size, const Rows& rows, Index chunk_rows, bool tiles, int team);
  void (*backward)(const ScanBackward& job, const Team& team);
};

struct LinearKernels {
  Index (*weights_size)(Index in, Index out);
  void (*pack)(float* to, Index in, Index out, const float* weight);
  void (*forward)(const LinearForward& job, const Team& team);
  Index (*backward_scratch)(Index in, Index out, int team);
  void (*backward)(const LinearBackward& job, const Team& team);
};

// A rule by which parameters follow their gradients.
struct RuleKernels {
  const char* name;
  int buffers;
  int coefficients;
  void (*update)(const UpdateJob& job, const Team& team);
};

// A loss of single elements.
struct LossKernels {
  const char* name;
  int inputs;  // numbers of the prediction for each loss
  double (*reduce)(const LossJob& job);
};

enum Cell {
#define CELL(name, type) kCell_##name,
#include "../cells/cells.def"
#undef CELL
  kCells
};

enum Rule {
#define RULE(name, ...) kRule_##name,
#include "../optim/rules.def"
#undef RULE
  kRules
};

enum Loss {
#define LOSS(name, type) kLoss_##name,
#include "../loss/rules.def"
#undef LOSS
  kLosses
};

struct Kernels {
  const char* isa;
  int width;       // V
  bool has_tiles;  // whether there are products by tiles (gemm/tiles.h)
  bool tiles;      // and whether they are used
  CellKernels cells[kCells];
  LinearKernels linear;
  void (*fingerprints)(const Fingerprints& job, const Team& team);
  LossKernels losses[kLosses];
  RuleKernels rules[kRules];
  double (*sum_of_squares)(const float* x, Index count);
  void (*scale)(float* x, Index count, float factor);
  void (*clamp)(float* x, Index count, float limit);
  // Elementwise, over count floats: for the tests of their accuracy.
  void (*exponential)(float* to, const float* from, Index count);
  void (*sigmoid)(float* to, const float* from, Index count);
  void (*hyperbolic_tangent)(float* to, const float* from, Index count);
};

#define GATEWISE_TARGET(name, ...) extern const Kernels kernels_##name;
#define GATEWISE_VARIANT(...)
#include "targets.def"
#undef GATEWISE_VARIANT
#undef GATEWISE_TARGET

}  // namespace gatewise
