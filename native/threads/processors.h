// Which processors the members of a team run on, so that each has one of its own. Linux; elsewhere nothing happens.
//
// A thread that is woken stays on the processor of the one that woke it until the system balances its load: where it does not
// know of caches that processors share, as in many virtual machines, that is after milliseconds. Two members on one processor
// take turns at every meeting, each turn longer than most steps: a call of half a millisecond then took five, with another
// processor idle. So a member that begins a job, or has waited for long, looks whether another is where it is, and moves.
#pragma once
#include <atomic>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace gatewise {

class Processors {
 public:
  void reset(int size) {
    if (seen_.size() < static_cast<size_t>(size)) seen_ = std::vector<std::atomic<int>>(static_cast<size_t>(size));
    for (std::atomic<int>& seen : seen_) seen.store(kNowhere, std::memory_order_relaxed);
  }

  // Called by the member itself. Of two in one place the later one of the team moves: the first thread is the caller's.
  void spread(int member) {
#if defined(__linux__)
    const int here = sched_getcpu();
    seen_[static_cast<size_t>(member)].store(here, std::memory_order_relaxed);
    for (int other = 0; other < member; ++other) {
      if (seen_[static_cast<size_t>(other)].load(std::memory_order_relaxed) == here) return move(member);
    }
#else
    static_cast<void>(member);
#endif
  }

 private:
  static constexpr int kNowhere = -1;

#if defined(__linux__)
  // To a processor where no other member was seen, if this thread may run on one. Afterwards it may run wherever it might before.
  void move(int member) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t free = allowed;
    for (const std::atomic<int>& seen : seen_) {
      const int taken = seen.load(std::memory_order_relaxed);
      if (taken >= 0 && taken < CPU_SETSIZE) CPU_CLR(static_cast<size_t>(taken), &free);
    }
    if (CPU_COUNT(&free) == 0 || sched_setaffinity(0, sizeof free, &free) != 0) return;
    sched_setaffinity(0, sizeof allowed, &allowed);
    seen_[static_cast<size_t>(member)].store(sched_getcpu(), std::memory_order_relaxed);
  }
#endif

  std::vector<std::atomic<int>> seen_;  // by member
};

}  // namespace gatewise
