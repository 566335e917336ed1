// What the binding hands to an optimiser's kernel: plain data without a single function body, as sequence/job.h is.
#pragma once
#include "../sequence/job.h"

namespace gatewise {

constexpr int kMostBuffers = 3;  // of any rule

// One parameter. The arrays have the same size and do not overlap.
struct UpdateTensor {
  float* value;
  const float* grad;
  float* buffers[kMostBuffers];  // what the rule keeps of each number
  Index size;
};

struct UpdateJob {
  const float* coefficients;  // as many as the rule has, in its order
  const UpdateTensor* tensors;
  Index count;
};

}  // namespace gatewise
