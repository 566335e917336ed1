// What each ISA offers: one constant table, filled by kernels.cc, chosen from by dispatch.cc.
#pragma once
#include "../sequence/job.h"

namespace gatewise {

// A cell's scan. Sizes are in floats.
struct CellKernels {
  const char* name;
  int gates;       // G
  int slots;       // S
  int grad_slots;  // D
  int vectors;
  bool has_cell;  // whether there is a c beside h
  bool staged;    // whether a step needs whole rows: a team then divides only the rows of the batch
  Index (*weights_size)(const ScanSize& size, bool training, Precision precision);
  void (*pack)(const ScanPack& job, const Team& team);
  Index (*forward_scratch)(const ScanSize& size, Index batch);
  void (*forward)(const ScanForward& job, const Team& team);
  Index (*sums_size)(const ScanSize& size);
  Index (*link_size)(const ScanSize& size, Index batch);
  Index (*backward_scratch)(const ScanSize& size, const Rows& rows, Index chunk_rows, int team);
  void (*backward)(const ScanBackward& job, const Team& team);
};

struct LinearKernels {
  Index (*weights_size)(Index in, Index out);
  void (*pack)(float* to, Index in, Index out, const float* weight);
  void (*forward)(const LinearForward& job, const Team& team);
  Index (*backward_scratch)(Index in, Index out, int team);
  void (*backward)(const LinearBackward& job, const Team& team);
};

enum Cell {
#define CELL(name, type) kCell_##name,
#include "../cells/cells.def"
#undef CELL
  kCells
};

struct Kernels {
  const char* isa;
  int width;  // V
  CellKernels cells[kCells];
  LinearKernels linear;
  void (*fingerprints)(const Fingerprints& job, const Team& team);
  // Elementwise, over count floats: for the tests of their accuracy.
  void (*exponential)(float* to, const float* from, Index count);
  void (*sigmoid)(float* to, const float* from, Index count);
  void (*hyperbolic_tangent)(float* to, const float* from, Index count);
};

#define GATEWISE_TARGET(name, ...) extern const Kernels kernels_##name;
#include "targets.def"
#undef GATEWISE_TARGET

}  // namespace gatewise
