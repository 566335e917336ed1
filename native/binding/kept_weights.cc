#include "kept_weights.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "../isa/kernels.h"
#include "memory.h"

namespace gatewise {
namespace {

struct Comparison {
  const ParameterRun* runs;
  Index count;
  Index floats;  // of all runs
  const float* copy;
  std::atomic<bool>* differs;
};

// This member's share of the floats, until someone has found a difference.
void compare(const Comparison& job, const Team& team) {
  constexpr Index kBlock = 16 * 1024;
  Index at = 0;  // of the run, among all floats
  const Index first = job.floats * team.index / team.size;
  const Index last = job.floats * (team.index + 1) / team.size;
  for (Index r = 0; r < job.count; at += job.runs[r].floats, ++r) {
    const float* const now = job.runs[r].data - at;
    const Index end = std::min(last, at + job.runs[r].floats);
    for (Index i = std::max(first, at); i < end; i += kBlock) {
      if (job.differs->load(std::memory_order_relaxed)) return;
      const auto bytes = static_cast<size_t>(std::min(kBlock, end - i)) * sizeof(float);
      if (std::memcmp(now + i, job.copy + i, bytes) != 0) job.differs->store(true, std::memory_order_relaxed);
    }
  }
}

}  // namespace

Index kept_weights_size(const ScanForm& form, Precision precision) {
  return round_up(form.cell->weights_size(form.size, false, precision)) + form.parameter_floats();
}

const float* refresh_weights(Engine& engine, const ScanForm& form, Precision precision, const Parameters& values,
                             const ScanArrays<const float>& now, float* kept) {
  float* const copy = kept + round_up(form.cell->weights_size(form.size, false, precision));
  ParameterRun runs[Arguments::kMostElements];
  Comparison job{runs, form.runs(values, runs), 0, copy, nullptr};
  for (Index r = 0; r < job.count; ++r) job.floats += runs[r].floats;
  std::atomic<bool> differs{false};
  job.differs = &differs;
  engine.run(engine.team_for_memory(2 * job.floats), compare, job);
  if (!differs) return kept;
  float* to = copy;
  for (Index r = 0; r < job.count; ++r) to = std::copy_n(runs[r].data, runs[r].floats, to);
  engine.pack(*form.cell, {kept, form.size, now, false, precision});
  return kept;
}

}  // namespace gatewise
