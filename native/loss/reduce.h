// A loss over all elements of a batch: their sum, the gradient, and each loss where it is wanted.
//
// Elements go through in blocks, each in three loops that the compiler can make vectors of: numbers in, the rule, numbers
// out. What a batch is padded with may be anything: it is taken out after the rule.
#pragma once
#include "../gemm/pack.h"
#include "../math/sums.h"
#include "job.h"
#include "rules.h"

GATEWISE_KERNEL_BEGIN

constexpr Index kLossBlock = 128;
static_assert(kLossBlock % Sums::kSums == 0, "blocks must not part a round of the sums");

constexpr int kMostInputs = 2;  // of any rule

struct LossBlock {
  double prediction[kLossBlock * kMostInputs];
  double target[kLossBlock];
  double coefficient[kLossBlock];
  double loss[kLossBlock];
  double slope[kLossBlock * kMostInputs];
};

// Targets and coefficients of the losses from..from+count.
inline void load_targets(LossBlock& block, const LossJob& job, Index from, Index count) {
  if (job.repeat == 1) {
    for (Index i = 0; i < count; ++i) block.target[i] = job.target[from + i];
    for (Index i = 0; i < count; ++i) block.coefficient[i] = job.coefficients[0];
    return;
  }
  Index place = from / job.repeat, which = from % job.repeat;
  for (Index i = 0; i < count; ++i) {
    block.target[i] = job.target[place];
    block.coefficient[i] = job.coefficients[which];
    if (++which == job.repeat) which = 0, ++place;
  }
}

template <class Loss>
void apply_rule(LossBlock& block, Index count) {
  static_assert(Loss::kInputs <= kMostInputs);
  for (Index i = 0; i < count; ++i) {
    const Index at = i * Loss::kInputs;
    block.loss[i] = Loss::at(block.prediction + at, block.target[i], block.coefficient[i], block.slope + at);
  }
}

// The sum of the losses of a rule with so many inputs.
inline double reduce(const LossJob& job, int inputs, void (*apply)(LossBlock& block, Index count)) {
  LossBlock block;
  Sums sums;
  for (Index from = 0; from < job.count; from += kLossBlock) {
    const Index count = smaller(kLossBlock, job.count - from);
    const float* const prediction = job.prediction + from * inputs;
    for (Index i = 0; i < count * inputs; ++i) block.prediction[i] = prediction[i];
    load_targets(block, job, from, count);
    apply(block, count);
    for (Index i = 0; job.counted && i < count; ++i) {
      if (job.counted[from + i]) continue;
      block.loss[i] = 0;
      for (int n = 0; n < inputs; ++n) block.slope[i * inputs + n] = 0;
    }
    sums.add(count, [&](Index i) { return block.loss[i]; });
    float* const grad = job.grad + from * inputs;
    for (Index i = 0; i < count * inputs; ++i) grad[i] = static_cast<float>(block.slope[i] / job.divisor);
    for (Index i = 0; job.losses && i < count; ++i) job.losses[from + i] = static_cast<float>(block.loss[i]);
  }
  return sums.total();
}

template <class Loss>
double reduce_losses(const LossJob& job) {
  return reduce(job, Loss::kInputs, apply_rule<Loss>);
}

GATEWISE_KERNEL_END
