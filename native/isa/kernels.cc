// Compiled once per row of targets.def, with that row's flags and vocabulary. See kernel.h for what may stand here.
#include GATEWISE_VEC_HEADER

#include "kernels.h"
#include "../cells/gru.h"
#include "../cells/gru_before.h"
#include "../cells/gru_layer_norm.h"
#include "../cells/lstm.h"
#include "../cells/lstm_layer_norm.h"
#include "../cells/lstm_variant.h"
#include "../cells/rnn.h"
#include "../dense/linear.h"
#include "../loss/reduce.h"
#include "../math/fingerprint.h"
#include "../optim/gradients.h"
#include "../optim/update.h"
#include "../sequence/backward.h"
#include "../sequence/forward.h"
#include "../sequence/fused_backward.h"
#include "../sequence/fused_forward.h"
#include "../sequence/staged_backward.h"
#include "../sequence/staged_forward.h"

#define GATEWISE_TEXT_OF(x) #x
#define GATEWISE_TEXT(x) GATEWISE_TEXT_OF(x)
#define GATEWISE_JOIN_OF(a, b) a##b
#define GATEWISE_JOIN(a, b) GATEWISE_JOIN_OF(a, b)

GATEWISE_KERNEL_BEGIN

template <class Cell>
Index weights_size(const ScanSize& size, bool training, Precision precision, bool tiles) {
  const WeightLayout at(kFacts<Cell>, size, precision, tiles);
  return training ? at.size : at.forward_size;
}

template <class Cell>
void pack_scan(const ScanPack& job, const Team& team) {
  pack_weights(kFacts<Cell>, job, team);
}

template <class Cell>
Index forward_scratch(const ScanSize& size, Index batch) {
  return Cell::kStaged ? StagedForwardLayout(kFacts<Cell>, size, batch).size : 0;
}

template <class Cell>
void forward_step(const ForwardFrame& frame, const ForwardRows& rows, Range panels) {
  if constexpr (Cell::kStaged) {
    staged_forward(frame, rows, staged_cell<Cell>());
  } else {
    fused_forward<Cell>(frame, rows, panels);
  }
}

template <class Cell>
void scan_forward(const ScanForward& job, const Team& team) {
  ForwardScan(job, team, kFacts<Cell>, forward_step<Cell>).run();
}

template <class Cell>
Index sums_size(const ScanSize& size) {
  return GradientLayout(kFacts<Cell>, size, false).size;
}

template <class Cell>
Index link_size(const ScanSize& size, Index batch) {
  return LinkLayout(kFacts<Cell>, size, batch).size;
}

template <class Cell>
Index backward_scratch(const ScanSize& size, const Rows& rows, Index chunk_rows, bool tiles, int team) {
  return BackwardLayout(kFacts<Cell>, size, rows, chunk_rows, tiles, team).size;
}

template <class Cell>
void backward_step(const BackwardFrame& frame, const BackwardRows& rows, Range panels) {
  if constexpr (Cell::kStaged) {
    staged_backward(frame, rows, staged_cell<Cell>());
  } else {
    fused_backward<Cell>(frame, rows, panels);
  }
}

template <class Cell>
void scan_backward(const ScanBackward& job, const Team& team) {
  BackwardScan(job, team, kFacts<Cell>, backward_step<Cell>).run();
}

Index linear_weights_size(Index in, Index out) { return LinearWeights(in, out).size; }
Index linear_scratch(Index in, Index out, int team) { return LinearScratch(in, out, team).size; }

template <Vec (*Function)(Vec)>
void elementwise(float* to, const float* from, Index count) {
  for (Index i = 0; i < count; i += kWidth) {
    const int lanes = smaller(kWidth, count - i);
    store_lanes(to + i, Function(load_lanes(from + i, lanes)), lanes);
  }
}

GATEWISE_KERNEL_END

namespace gatewise {

extern const Kernels GATEWISE_JOIN(kernels_, GATEWISE_ISA);

const Kernels GATEWISE_JOIN(kernels_, GATEWISE_ISA) = {
    GATEWISE_TEXT(GATEWISE_ISA),
    kWidth,
    kHasTiles,
    false,
    {
#define CELL(name, type)   \
  {#name,                  \
   kFacts<type>,           \
   weights_size<type>,     \
   pack_scan<type>,        \
   forward_scratch<type>,  \
   scan_forward<type>,     \
   sums_size<type>,        \
   link_size<type>,        \
   backward_scratch<type>, \
   scan_backward<type>},
#include "../cells/cells.def"
#undef CELL
    },
    {linear_weights_size, pack_linear, linear_forward, linear_scratch, linear_backward},
    take_fingerprints,
    {
#define LOSS(name, type) {#name, type::kInputs, reduce_losses<type>},
#include "../loss/rules.def"
#undef LOSS
    },
    {
#define RULE(name, ...) {#name, __VA_ARGS__::kBuffers, __VA_ARGS__::kCoefficients, update_tensors<__VA_ARGS__>},
#include "../optim/rules.def"
#undef RULE
    },
    sum_of_squares,
    scale_floats,
    clamp_floats,
    elementwise<exponential>,
    elementwise<sigmoid>,
    elementwise<hyperbolic_tangent>,
};

}  // namespace gatewise
