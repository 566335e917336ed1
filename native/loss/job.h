// What the binding hands to a loss's kernel: plain data without a single function body, as sequence/job.h is.
#pragma once
#include <stdint.h>

#include "../kernel.h"

namespace gatewise {

struct LossJob {
  Index count;                 // N, the losses
  const float* prediction;     // [N, inputs of the rule]
  const float* target;         // [N / repeat]
  Index repeat;                // losses that share an element of the target, each with a coefficient of its own
  const double* coefficients;  // [repeat]
  const uint8_t* counted;      // [N], 0 where a loss does not count; null where all do
  double divisor;              // of the gradient
  float* grad;                 // [N, inputs of the rule]
  float* losses;               // [N], or null where they are not wanted
};

}  // namespace gatewise
