// Where threads wait until a number has changed: they spin for as long as a partner that is running needs, then let others run
// first, and then sleep, since one that has lost its core will not have it back sooner for our keeping ours. A partner that is
// to run here goes on at once where we give way, and is not brought to where another runs, as one that is woken may be
// (processors.h).
//
// No wake-up is lost: who sleeps says so before it looks at the number a last time, and who changes the number looks for
// sleepers after that, all in one order (seq_cst), so that one of the two sees the other; the mutex is held from that look
// until the sleep. std::atomic::wait of libstdc++ 12 has no such order between the number and its count of sleepers, and a
// training of ours did sleep for ever. Should a wake-up yet go astray below us, the number is looked at again before long.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace gatewise {

inline void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Lounge {
 public:
  // before_yield() is called once, after spinning.
  template <class T, class Call>
  void wait_while(const std::atomic<T>& value, T old, const Call& before_yield) {
    constexpr int kSpins = 2000;   // some 50 microseconds
    constexpr int kYields = 1000;  // some hundred
    for (int i = 0; i < kSpins; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      relax();
    }
    before_yield();
    for (int i = 0; i < kYields; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      std::this_thread::yield();
    }
    std::unique_lock lock(mutex_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (value.load(std::memory_order_seq_cst) == old) wake_.wait_for(lock, std::chrono::milliseconds(100));
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  // To be called after a number was changed, by a store of seq_cst.
  void changed() {
    if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
    // Taking the lock makes sure that the sleeper is asleep, not between its look and its sleep.
    { const std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleepers_{0};
};

}  // namespace gatewise
