// What one JavaScript thread owns of the core: the chosen kernels, a pool, and scratch memory. It is the addon's
// instance data, so that each worker thread has its own.
#pragma once
#include <napi.h>

#include <string>
#include <vector>

#include "../isa/dispatch.h"
#include "../threads/pool.h"
#include "heap.h"
#include "memory.h"

namespace gatewise {

// Most features or units: the sizes of weights, packed, stay far below 2^63.
constexpr int64_t kMostSize = int64_t{1} << 24;

// How many threads do a job, and how they divide it.
struct Plan {
  int team;
  Split split;        // of steps that have the whole batch
  Index units_below;  // forward, steps of fewer rows are divided by units, others by rows
  bool doubtful;      // whether one thread may be sooner
  Index pieces;       // that the most of it is divided into
};

class Engine {
 public:
  static Engine& of(Napi::Env env) { return *env.GetInstanceData<Engine>(); }

  const Kernels& kernels() const { return *kernels_; }
  // The scan of a cell; null where there is none of that name.
  const CellKernels* cell(const std::string& name) const;
  // Null or empty for the best one. False where the machine has no such instruction set.
  bool choose(const char* isa);

  int threads() const { return threads_; }
  void set_threads(int threads);

  // A job of so many multiply-adds, with a member for every row at most.
  int team_for(double multiply_adds, Index rows) const;
  // A scan forward or backward over N rows in all.
  Plan plan_scan(const CellKernels& cell, const ScanSize& size, Index rows, Index batch) const;

  // A job that reads or writes so many floats and does little else.
  int team_for_memory(Index floats) const;
  // Weights into the layout of the chosen kernels, by as many threads as that is worth.
  void pack(const CellKernels& cell, const ScanPack& job);

  // Room for at least so many floats until the next call.
  float* scratch(Napi::Env env, Index floats) { return scratch_.reserve(env, floats); }
  // The same for where the steps of a sequence begin, and those of its groups, apart from the floats.
  Index* offsets(Index count) { return grown(offsets_, count); }
  Index* group_offsets(Index count) { return grown(group_offsets_, count); }

  // The jobs of `count` groups, at once as far as the team allows: teams alike take those from group to group.
  template <class Job>
  void run_groups(int team, void (*kernel)(const Job&, const Team&), const Job* jobs, int count) {
    run(team, run_jobs<Job>, Jobs<Job>{kernel, jobs, count}, 0, team < count ? team : count);
  }

  template <class Job>
  void run(int team, void (*kernel)(const Job&, const Team&), const Job& job, Index pieces = 0, int groups = 1) {
    struct Call {
      void (*kernel)(const Job&, const Team&);
      const Job* job;
    } call{kernel, &job};
    advise_grown_heap();  // where the results of this call are to stand
    pool_.run(
        team,
        [](void* argument, const Team& members) {
          const Call& c = *static_cast<Call*>(argument);
          c.kernel(*c.job, members);
        },
        &call, pieces, groups);
  }

 private:
  template <class Job>
  struct Jobs {
    void (*kernel)(const Job&, const Team&);
    const Job* jobs;
    int count;
  };

  // What is one team's of them.
  template <class Job>
  static void run_jobs(const Jobs<Job>& all, const Team& team) {
    const int end = cut_of(nullptr, team.groups, all.count, team.group + 1);
    for (int g = cut_of(nullptr, team.groups, all.count, team.group); g < end; ++g) all.kernel(all.jobs[g], team);
  }

  static Index* grown(std::vector<Index>& numbers, Index count) {
    if (numbers.size() < static_cast<size_t>(count)) numbers.resize(static_cast<size_t>(count));
    return numbers.data();
  }

  const Kernels* kernels_ = choose_target(nullptr);
  int threads_ = 1;
  Pool pool_;
  Memory scratch_;
  std::vector<Index> offsets_, group_offsets_;
};

}  // namespace gatewise
