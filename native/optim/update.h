// One pass over all parameters of a step: each number of value, gradient and buffers is read once and written once.
//
// A team divides every tensor. No number depends on another, so that the bits do not depend on the team.
#pragma once
#include "../sequence/steps.h"
#include "rules.h"

GATEWISE_KERNEL_BEGIN

template <class Rule>
GATEWISE_INLINE void update_lanes(const Rule& rule, const UpdateTensor& tensor, Index i, int lanes) {
  Vec own[Rule::kBuffers + 1];
  GATEWISE_UNROLL
  for (int b = 0; b < Rule::kBuffers; ++b) own[b] = load_lanes(tensor.buffers[b] + i, lanes);
  const Vec value = rule.step(load_lanes(tensor.value + i, lanes), load_lanes(tensor.grad + i, lanes), own);
  GATEWISE_UNROLL
  for (int b = 0; b < Rule::kBuffers; ++b) store_lanes(tensor.buffers[b] + i, own[b], lanes);
  store_lanes(tensor.value + i, value, lanes);
}

template <class Rule>
void update_tensors(const UpdateJob& job, const Team& team) {
  const Rule rule(job.coefficients);
  for (Index t = 0; t < job.count; ++t) {
    const UpdateTensor& tensor = job.tensors[t];
    const Range mine = share_of(team, ceil_div(tensor.size, kWidth));
    const Index end = mine.last * kWidth;
    Index i = mine.first * kWidth;
    for (; i + kWidth <= end && i + kWidth <= tensor.size; i += kWidth) update_lanes(rule, tensor, i, kWidth);
    if (i < end) update_lanes(rule, tensor, i, static_cast<int>(tensor.size - i));
  }
}

GATEWISE_KERNEL_END
