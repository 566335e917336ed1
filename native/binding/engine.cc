#include "engine.h"

#include <limits>

namespace gatewise {

const CellKernels* Engine::cell(const std::string& name) const {
  for (const CellKernels& cell : kernels_->cells) {
    if (name == cell.name) return &cell;
  }
  return nullptr;
}

bool Engine::choose(const char* isa) {
  const Kernels* kernels = choose_target(isa && *isa ? isa : nullptr);
  if (kernels) kernels_ = kernels;
  return kernels != nullptr;
}

void Engine::set_threads(int threads) {
  threads_ = threads;
  pool_.shrink(threads);
}

int Engine::team_for(double multiply_adds, Index rows) const {
  // Calling a team costs some microseconds: it must be worth a quarter of a million multiply-adds.
  constexpr double kWorthwhile = 1 << 18;
  if (multiply_adds < kWorthwhile) return 1;
  return rows < threads_ ? static_cast<int>(rows) : threads_;
}

Plan Engine::plan_scan(const CellKernels& cell, const ScanSize& size, Index rows, Index batch) const {
  const double units = static_cast<double>(cell.facts.gates) * static_cast<double>(size.hidden);
  const double state = units * static_cast<double>(size.output);
  const double all = state + units * static_cast<double>(size.input);
  const double work = all * static_cast<double>(rows);
  const int team = team_for(work, threads_);
  // What one thread does in a millisecond or two may be no sooner done by more, whose caches then exchange all of it.
  constexpr double kSurelyWorthwhile = 1 << 28;
  const auto plan = [&](int members, Index units_below) {
    const Split split = split_of(units_below, batch);
    const Index pieces = split == Split::kRows ? batch : (size.hidden + kernels_->width - 1) / kernels_->width;
    return Plan{members, split, units_below, members > 1 && work < kSurelyWorthwhile, pieces};
  };
  // One step by itself comes as data comes, when the other threads have gone to sleep: it must be worth waking them.
  constexpr double kWorthWaking = 1 << 21;
  if (rows == batch && work < kWorthWaking) return plan(1, 0);
  if (team == 1 || cell.facts.staged) return plan(team, 0);
  // State weights beyond a core's L2 are read once per step by whoever has rows: a few rows do not pay for that, nor does any
  // number of them where the weights fill much of the cache that cores share. What is long in a batch of unequal lengths is divided
  // by units then; not where weights are in L2, as members that have rows of their own would wait for one another there.
  constexpr double kPrivateCache = 256 * 1024;  // floats
  constexpr double kSharedCache = 1024 * 1024;
  constexpr Index kRowsEnough = 16;
  const Index each = batch / team;
  const Index panels = size.hidden / (4 * kernels_->width);
  if (each >= 4 && state <= kPrivateCache) return plan(team, 0);
  if (each >= kRowsEnough && state < kSharedCache) return plan(team, panels >= team ? kRowsEnough * team : 0);
  // Dividing units means meeting after every step, and a panel or more of units for everyone.
  constexpr double kWorthMeeting = 32 * 1024;
  if (state * static_cast<double>(batch) >= kWorthMeeting && panels >= team) {
    return plan(team, std::numeric_limits<Index>::max());
  }
  return plan(each >= 1 ? team : 1, 0);
}

int Engine::team_for_memory(Index floats) const {
  // A float takes the time of some multiply-adds, but from a cache that only this core has the others read more slowly.
  return team_for(static_cast<double>(floats), threads_);
}

void Engine::pack(const CellKernels& cell, const ScanPack& job) {
  run(team_for_memory(cell.weights_size(job.size, job.training, job.precision, job.tiles)), cell.pack, job);
}

}  // namespace gatewise
