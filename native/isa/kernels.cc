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

#define GATEWISE_TEXT_OF(x) #x
#define GATEWISE_TEXT(x) GATEWISE_TEXT_OF(x)
#define GATEWISE_JOIN_OF(a, b) a##b
#define GATEWISE_JOIN(a, b) GATEWISE_JOIN_OF(a, b)

GATEWISE_KERNEL_BEGIN

template <class Cell>
Index weights_size(const ScanSize& size, bool training, Precision precision) {
  const WeightLayout<Cell> at(size, precision);
  return training ? at.size : at.forward_size;
}

template <class Cell>
Index forward_scratch(const ScanSize& size, Index batch) {
  return Cell::kStaged ? StagedForwardLayout<Cell>(size, batch).size : 0;
}

template <class Cell>
Index sums_size(const ScanSize& size) {
  return GradientLayout<Cell>(size).size;
}

template <class Cell>
Index link_size(const ScanSize& size, Index batch) {
  return LinkLayout<Cell>(size, batch).size;
}

template <class Cell>
Index backward_scratch(const ScanSize& size, const Rows& rows, Index chunk_rows, int team) {
  return BackwardLayout<Cell>(size, rows, chunk_rows, team).size;
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
    {
#define CELL(name, type)                                                            \
  {#name,           type::kGates,           type::kSlots,       type::kGradSlots,   \
   type::kVectors,  type::kHasCell,         type::kStaged,      weights_size<type>, \
   pack_scan<type>, forward_scratch<type>,  scan_forward<type>, sums_size<type>,    \
   link_size<type>, backward_scratch<type>, scan_backward<type>},
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
