// Compiled once per row of targets.def, with that row's flags and vocabulary. See kernel.h for what may stand here.
#include GATEWISE_VEC_HEADER

#include "kernels.h"
#include "../cells/gru.h"
#include "../cells/lstm.h"
#include "../dense/linear.h"
#include "../sequence/backward.h"
#include "../sequence/forward.h"

#define GATEWISE_TEXT_OF(x) #x
#define GATEWISE_TEXT(x) GATEWISE_TEXT_OF(x)
#define GATEWISE_JOIN_OF(a, b) a##b
#define GATEWISE_JOIN(a, b) GATEWISE_JOIN_OF(a, b)

GATEWISE_KERNEL_BEGIN

template <class Cell>
Index weights_size(Index in, Index hidden, bool training) {
  const WeightLayout<Cell> at(in, hidden);
  return training ? at.size : at.forward_size;
}

template <class Cell>
Index backward_scratch(const Rows& rows, Index in, Index hidden, Index chunk_rows, int team) {
  return BackwardLayout<Cell>(rows, in, hidden, chunk_rows, team).size;
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
#define CELL(name, type)                                                                                \
  {#name,           type::kGates,       type::kSlots,           type::kHasCell,     weights_size<type>, \
   pack_scan<type>, scan_forward<type>, backward_scratch<type>, scan_backward<type>},
#include "../cells/cells.def"
#undef CELL
    },
    {linear_weights_size, pack_linear, linear_forward, linear_scratch, linear_backward},
    elementwise<exponential>,
    elementwise<sigmoid>,
    elementwise<hyperbolic_tangent>,
};

}  // namespace gatewise
