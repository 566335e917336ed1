#include "pool.h"

#include <chrono>
#include <cstdint>
#include <system_error>

#if defined(__linux__)
#include <pthread.h>
#endif

namespace gatewise {
namespace {

constexpr int kSpinsBeforeSleep = 20000;  // some hundred microseconds

// A clock that costs next to nothing, in whatever unit: members are compared.
double ticks() {
#if defined(__x86_64__) || defined(_M_X64)
  return static_cast<double>(__rdtsc());
#elif defined(__aarch64__)
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return static_cast<double>(count);
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

}  // namespace

void Barrier::wait(Processors& processors, int member) {
  if (size_ == 1) return;
  const unsigned phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_seq_cst);
    lounge_.changed();
  } else {
    lounge_.wait_while(phase_, phase, [&] { processors.spread(member); });
  }
}

void Progress::reset(int size) {
  if (counts_.size() < static_cast<size_t>(size)) counts_ = std::vector<Count>(static_cast<size_t>(size));
  for (Count& count : counts_) count.steps.store(0, std::memory_order_relaxed);
}

void Progress::tell(int member, Index steps) {
  counts_[static_cast<size_t>(member)].steps.store(steps, std::memory_order_seq_cst);
  lounge_.changed();
}

void Progress::wait_for(int member, Index steps, Processors& processors, int self) {
  const std::atomic<Index>& done = counts_[static_cast<size_t>(member)].steps;
  for (Index seen = done.load(std::memory_order_acquire); seen < steps; seen = done.load(std::memory_order_acquire)) {
    lounge_.wait_while(done, seen, [&] { processors.spread(self); });
  }
}

Pool::~Pool() { shrink(1); }

void Pool::stop(Worker& worker) {
  {
    const std::lock_guard lock(worker.mutex);
    worker.stop.store(true, std::memory_order_release);
  }
  worker.wake.notify_one();
  worker.thread.join();
}

void Pool::shrink(int size) {
  while (static_cast<int>(workers_.size()) > size - 1) {
    stop(*workers_.back());
    workers_.pop_back();
  }
}

bool Pool::start_worker() {
  auto worker = std::make_unique<Worker>();
  worker->wanted.store(job_, std::memory_order_relaxed);
  // What it has done is told, not read by the thread itself: by the time that it runs, a job may wait for it.
  const int index = static_cast<int>(workers_.size()) + 1;
  try {
    worker->thread = std::thread([this, index, done = job_, w = worker.get()] { work(*w, index, done); });
  } catch (const std::system_error&) {
    return false;
  }
  workers_.push_back(std::move(worker));
  return true;
}

void Pool::work(Worker& worker, int index, unsigned done) {
  Seat seat{meeting_, index};
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "gatewise");  // for those who look at the process
#endif
  for (;;) {
    const auto called = [&] {
      return worker.wanted.load(std::memory_order_seq_cst) != done || worker.stop.load(std::memory_order_acquire);
    };
    for (int i = 0; i < kSpinsBeforeSleep && !called(); ++i) relax();
    if (!called()) {
      std::unique_lock lock(worker.mutex);
      worker.asleep.store(true, std::memory_order_seq_cst);
      worker.wake.wait(lock, called);
      worker.asleep.store(false, std::memory_order_relaxed);
    }
    if (worker.stop.load(std::memory_order_acquire)) return;
    done = worker.wanted.load(std::memory_order_acquire);
    meeting_.processors.spread(index);
    do_part(seat);
    if (running_.fetch_sub(1, std::memory_order_seq_cst) == 1) done_.changed();
  }
}

// This member's part of the job.
void Pool::do_part(Seat& seat) {
  const auto wait = [](void* context) {
    Seat& here = *static_cast<Seat*>(context);
    const double start = ticks();
    here.meeting.barriers[here.group].wait(here.meeting.processors, here.member);
    here.waited += ticks() - start;
  };
  const auto tell = [](void* context, int member, Index steps) {
    const Seat& here = *static_cast<Seat*>(context);
    here.meeting.progress.tell(here.first + member, steps);
  };
  const auto wait_for = [](void* context, int member, Index steps) {
    const Seat& here = *static_cast<Seat*>(context);
    here.meeting.progress.wait_for(here.first + member, steps, here.meeting.processors, here.member);
  };
  const int each = size_ / groups_;
  seat.group = seat.member / each;
  seat.first = seat.group * each;
  seat.waited = 0;
  const double start = ticks();
  const Index* const cuts = size_ > 1 && groups_ == 1 ? pace_.cuts() : nullptr;
  run_(argument_, {seat.member - seat.first, each, &seat, wait, tell, wait_for, cuts, seat.group, groups_});
  if (pieces_ > 0) times_[static_cast<size_t>(seat.member)] = ticks() - start - seat.waited;
}

void Pool::run(int size, void (*run)(void*, const Team&), void* argument, Index pieces, int groups) {
  while (static_cast<int>(workers_.size()) < size - 1 && start_worker()) {
  }
  const int there = static_cast<int>(workers_.size()) + 1;
  const int most = size < there ? size : there;
  groups_ = groups <= most ? groups : 1;
  // Of fewer threads than groups were asked for, one does it all: no team is larger than it would have been.
  size_ = groups > most ? 1 : most - most % groups;
  const int helpers = size_ - 1;
  run_ = run;
  argument_ = argument;
  pieces_ = helpers > 0 ? pieces : 0;
  if (helpers > 0 && groups_ == 1) pace_.begin(size_);
  if (pieces_ > 0) times_.assign(static_cast<size_t>(size_), 0.0);
  for (int group = 0; group < groups_; ++group) meeting_.barriers[group].reset(size_ / groups_);
  meeting_.progress.reset(size_);
  meeting_.processors.reset(size_);
  meeting_.processors.spread(0);
  running_.store(helpers, std::memory_order_relaxed);
  ++job_;
  bool woke = false;
  for (int i = 0; i < helpers; ++i) {
    Worker& worker = *workers_[static_cast<size_t>(i)];
    worker.wanted.store(job_, std::memory_order_seq_cst);
    if (worker.asleep.load(std::memory_order_seq_cst)) {
      // Taking the lock makes sure that the worker is waiting, not between its check and its wait.
      { const std::lock_guard lock(worker.mutex); }
      worker.wake.notify_one();
      woke = true;
    }
  }
  // Who was woken to run here should see that before we are through with our part, and move.
  if (woke) std::this_thread::yield();
  Seat seat{meeting_, 0};
  do_part(seat);
  for (int left = running_.load(std::memory_order_acquire); left != 0;
       left = running_.load(std::memory_order_acquire)) {
    done_.wait_while(running_, left, [&] { meeting_.processors.spread(0); });
  }
  if (pieces_ > 0) pace_.took(times_, pieces_);
}

}  // namespace gatewise
