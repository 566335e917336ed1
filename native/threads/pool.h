// Fork and join for jobs that are shorter than a thread's start: workers are kept, spin a little for the next job, and
// then sleep. One pool belongs to one JavaScript thread, which is member 0 of every team.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "../sequence/job.h"
#include "lounge.h"
#include "pace.h"
#include "processors.h"

namespace gatewise {

// Where all members of a team meet; reusable at once.
class Barrier {
 public:
  void reset(int size) {
    size_ = size;
    arrived_.store(0, std::memory_order_relaxed);
  }
  void wait(Processors& processors, int member);

 private:
  int size_ = 1;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> phase_{0};
  Lounge lounge_;
};

// How many steps of a job each member of a team has done.
class Progress {
 public:
  void reset(int size);
  void tell(int member, Index steps);
  // `self` waits for `member`.
  void wait_for(int member, Index steps, Processors& processors, int self);

 private:
  struct alignas(64) Count {
    std::atomic<Index> steps{0};
  };
  std::vector<Count> counts_;
  Lounge lounge_;
};

// What the members of a team have of one another.
struct Meeting {
  static constexpr int kMostGroups = 2;
  Barrier barriers[kMostGroups];  // of each group
  Progress progress;
  Processors processors;
};

// A member's place there: what its Team has as context.
struct Seat {
  Meeting& meeting;
  int member;
  int group = 0;
  int first = 0;      // of the group's members
  double waited = 0;  // ticks, at meetings of this job
};

class Pool {
 public:
  Pool() = default;
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Calls run(argument, team) on `size` threads, this one among them, and returns when all are done. Threads that
  // cannot be started are done without: a team may be smaller than asked, which changes no result. `pieces` tells of
  // how many pieces the job is, where it is fit to learn from it how fast each member is. The threads may be several teams
  // alike, `groups`, which then meet among themselves.
  void run(int size, void (*run)(void* argument, const Team& team), void* argument, Index pieces = 0, int groups = 1);

  // Ends workers beyond a team of `size`.
  void shrink(int size);

 private:
  struct Worker {
    std::thread thread;
    std::atomic<unsigned> wanted{0};  // the number of the job that this worker is to do
    std::atomic<bool> asleep{false};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::condition_variable wake;
  };

  bool start_worker();
  void work(Worker& worker, int index, unsigned done);
  void do_part(Seat& seat);
  static void stop(Worker& worker);

  std::vector<std::unique_ptr<Worker>> workers_;
  Meeting meeting_;
  Pace pace_;
  Index pieces_ = 0;
  std::vector<double> times_;  // that the members took for them
  std::atomic<int> running_{0};
  Lounge done_;
  unsigned job_ = 0;
  int size_ = 1;
  int groups_ = 1;
  void (*run_)(void*, const Team&) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace gatewise
