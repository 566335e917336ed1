// What the machine can do at most, measured on request beside the products that are held against it. A line on stdin is
// `flops THREADS` or `read THREADS BYTES`; the answer is a line with a number: floating-point operations, or bytes, per
// second. Compiled for the machine that it runs on (-march=native), so the widest vectors there are.
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
typedef float Floats __attribute__((vector_size(kVectorBytes)));
typedef int32_t Bits __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(float));
// Chains of dependent operations: more than latency times units, fewer than 16 registers.
constexpr int kChains = 12;
constexpr double kSeconds = 0.0025;
constexpr int kWindows = 4;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Keeps results alive.
volatile float sink;

// Calls `some`, which does a little work and says how much, for several short windows; the best of their rates, since
// a window in which the thread had lost its core says nothing about the core.
double rate(const std::function<double()>& some) {
  some();
  double best = 0;
  for (int window = 0; window < kWindows; ++window) {
    const double start = now();
    double work = 0;
    double end;
    do {
      work += some();
      end = now();
    } while (end < start + kSeconds);
    if (work / (end - start) > best) best = work / (end - start);
  }
  return best;
}

double multiply_adds() {
  static volatile float opaque = 0.999f;
  const Floats factor = opaque - Floats{};
  const Floats term = factor * 0.001f;
  Floats sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = factor * static_cast<float>(i);
  constexpr int kTimes = 4096;
  for (int n = 0; n < kTimes; ++n) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + term;
  }
  Floats all = sums[0];
  for (int i = 1; i < kChains; ++i) all += sums[i];
  sink = all[0];
  return 2.0 * kTimes * kChains * kLanes;
}

// A whole number of turns of eight vectors.
constexpr size_t kTurn = 8 * kVectorBytes;

// Reads on through its bytes, from the first again after the last.
class Reader {
 public:
  Reader(const char* from, size_t bytes) : from_(from), bytes_(bytes) {}

  // About 256 KiB.
  double operator()() {
    Bits found[8] = {};
    size_t done = 0;
    while (done < kPiece) {
      const size_t piece = bytes_ - at_ < kPiece ? bytes_ - at_ : kPiece;
      const Bits* from = reinterpret_cast<const Bits*>(from_ + at_);
      for (size_t left = piece / kTurn; left > 0; --left, from += 8) {
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) found[i] ^= from[i];
      }
      // The next piece must not be known to hold the same.
      asm volatile("" : : "r"(from) : "memory");
      done += piece;
      at_ = at_ + piece < bytes_ ? at_ + piece : 0;
    }
    Bits all = found[0];
    for (int i = 1; i < 8; ++i) all ^= found[i];
    sink = static_cast<float>(all[0]);
    return static_cast<double>(done);
  }

 private:
  static constexpr size_t kPiece = 256 * 1024;
  const char* from_;
  size_t bytes_;
  size_t at_ = 0;
};

// All of them at once; the sum of their rates.
double together(int threads, const std::function<double(int)>& rate_of) {
  std::vector<double> rates(static_cast<size_t>(threads));
  std::atomic<int> missing{threads};
  std::vector<std::thread> team;
  for (int index = 0; index < threads; ++index) {
    team.emplace_back([&, index] {
      --missing;
      while (missing > 0) std::this_thread::yield();
      rates[static_cast<size_t>(index)] = rate_of(index);
    });
  }
  for (std::thread& one : team) one.join();
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

// Memory that keeps growing to what was asked for, on huge pages where there are any.
class Buffer {
 public:
  char* of(size_t bytes) {
    if (bytes <= bytes_) return data_;
    constexpr size_t kHugePage = size_t{2} << 20;
    std::free(data_);
    bytes_ = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    data_ = static_cast<char*>(std::aligned_alloc(kHugePage, bytes_));
    if (!data_) std::abort();
#if defined(__linux__)
    madvise(data_, bytes_, MADV_HUGEPAGE);
#endif
    for (size_t i = 0; i < bytes_; i += 64) data_[i] = static_cast<char>(i / 64);
    return data_;
  }

 private:
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace

int main() {
  Buffer buffer;
  char line[128];
  while (std::fgets(line, sizeof line, stdin)) {
    int threads = 0;
    unsigned long long bytes = 0;
    double found = 0;
    if (std::sscanf(line, "flops %d", &threads) == 1 && threads > 0) {
      found = together(threads, [](int) { return rate(multiply_adds); });
    } else if (std::sscanf(line, "read %d %llu", &threads, &bytes) == 2 && threads > 0) {
      // Each has a part of its own, as each core of a team reads the weights of its own units.
      const size_t part = (static_cast<size_t>(bytes) / static_cast<size_t>(threads) + kTurn - 1) / kTurn * kTurn;
      const char* const data = buffer.of(part * static_cast<size_t>(threads));
      found =
          together(threads, [&](int index) { return rate(Reader(data + part * static_cast<size_t>(index), part)); });
    }
    std::printf("%.0f\n", found);
    std::fflush(stdout);
  }
}
