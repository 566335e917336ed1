#include "heap.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace gatewise {

void advise_huge_pages(void* data, std::size_t bytes) {
#if defined(__linux__)
  constexpr uintptr_t kPage = 4096;
  const uintptr_t first = (reinterpret_cast<uintptr_t>(data) + kPage - 1) / kPage * kPage;
  const uintptr_t last = (reinterpret_cast<uintptr_t>(data) + bytes) / kPage * kPage;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  static_cast<void>(data), static_cast<void>(bytes);
#endif
}

#if defined(__GLIBC__)

namespace {

char* heap_end() { return static_cast<char*>(sbrk(0)); }

// Where the heap ended when huge pages were last asked for; null where its settings are not ours.
std::atomic<char*> advised_end{nullptr};

bool set_up_by_environment() {
  for (const char* setting :
       {"MALLOC_TOP_PAD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(setting)) return true;
  }
  return false;
}

}  // namespace

void set_up_heap() {
  if (set_up_by_environment()) return;
  constexpr int kKept = 64 << 20;          // bytes
  constexpr int kLargestBlock = 32 << 20;  // the most that glibc accepts: it maps larger blocks one by one
  char* none = nullptr;
  advised_end.compare_exchange_strong(none, heap_end());  // each worker comes by here
  mallopt(M_TOP_PAD, kKept);
  mallopt(M_TRIM_THRESHOLD, 2 * kKept);
  mallopt(M_MMAP_THRESHOLD, kLargestBlock);
}

void advise_grown_heap() {
  char* const end = heap_end();
  char* const begin = advised_end.load(std::memory_order_relaxed);
  if (!begin || begin == end) return;
  advised_end.store(end, std::memory_order_relaxed);  // also where it has shrunk: what grows again is new
  if (begin < end) advise_huge_pages(begin, static_cast<std::size_t>(end - begin));
}

#else

void set_up_heap() {}
void advise_grown_heap() {}

#endif

}  // namespace gatewise
