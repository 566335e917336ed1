// What the process's heap does with memory that is free.
#pragma once
#include <cstdlib>

#if defined(__linux__)
#include <malloc.h>
#endif

namespace gatewise {

// Every call hands out arrays, which the collector frees many at a time. glibc then gives their pages back to the system and
// gets new ones for the next calls, at a fault each: in a virtual machine, where those are dear, calls took up to four times as
// long. So it is to keep some of what is free. Whoever has set the allocator up by environment has chosen.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kKept = 64 << 20;          // bytes
  constexpr int kLargestBlock = 32 << 20;  // the most that glibc accepts: it maps larger blocks one by one
  for (const char* setting : {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(setting)) return;
  }
  mallopt(M_TRIM_THRESHOLD, kKept);
  mallopt(M_MMAP_THRESHOLD, kLargestBlock);
#endif
}

}  // namespace gatewise
