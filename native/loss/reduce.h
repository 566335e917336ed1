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

template <int kInputs>
struct LossBlock {
  double prediction[kLossBlock][kInputs];
  double target[kLossBlock];
  double coefficient[kLossBlock];
  double loss[kLossBlock];
  double slope[kLossBlock][kInputs];
};

// Targets and coefficients of the losses from..from+count.
template <int kInputs>
GATEWISE_INLINE void load_targets(LossBlock<kInputs>& block, const LossJob& job, Index from, Index count) {
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
double reduce_losses(const LossJob& job) {
  constexpr int kInputs = Loss::kInputs;
  LossBlock<kInputs> block;
  Sums sums;
  for (Index from = 0; from < job.count; from += kLossBlock) {
    const Index count = smaller(kLossBlock, job.count - from);
    const float* const prediction = job.prediction + from * kInputs;
    for (Index i = 0; i < count; ++i) {
      for (int n = 0; n < kInputs; ++n) block.prediction[i][n] = prediction[i * kInputs + n];
    }
    load_targets(block, job, from, count);
    for (Index i = 0; i < count; ++i) {
      block.loss[i] = Loss::at(block.prediction[i], block.target[i], block.coefficient[i], block.slope[i]);
    }
    if (job.counted) {
      for (Index i = 0; i < count; ++i) {
        if (job.counted[from + i]) continue;
        block.loss[i] = 0;
        for (int n = 0; n < kInputs; ++n) block.slope[i][n] = 0;
      }
    }
    sums.add(count, [&](Index i) { return block.loss[i]; });
    float* const grad = job.grad + from * kInputs;
    for (Index i = 0; i < count; ++i) {
      for (int n = 0; n < kInputs; ++n) grad[i * kInputs + n] = static_cast<float>(block.slope[i][n] / job.divisor);
    }
    if (job.losses) {
      for (Index i = 0; i < count; ++i) job.losses[from + i] = static_cast<float>(block.loss[i]);
    }
  }
  return sums.total();
}

GATEWISE_KERNEL_END
