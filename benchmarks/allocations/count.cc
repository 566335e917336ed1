// Counts what the addon allocates: preloaded into Node (LD_PRELOAD), it stands before malloc and its kin. The program that
// is measured shares a file with it, named by GATEWISE_ALLOCATIONS: four 64-bit integers, of which the program writes the
// first two, where the addon's code begins and ends in memory, and reads the others, the number of calls that came from
// there and their bytes. Linux with glibc.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
}

namespace {

struct Counts {
  std::atomic<uint64_t> begin;
  std::atomic<uint64_t> end;
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> bytes;
};
Counts unseen;
std::atomic<Counts*> counts{&unseen};

__attribute__((constructor)) void begin() {
  const char* const path = getenv("GATEWISE_ALLOCATIONS");
  // Not for the programs that the measured one starts.
  unsetenv("LD_PRELOAD");
  if (!path) return;
  const int file = open(path, O_RDWR);
  if (file < 0) return;
  void* const shared = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared != MAP_FAILED) counts = static_cast<Counts*>(shared);
}

void count(void* caller, size_t bytes) {
  Counts& to = *counts;
  const uint64_t at = reinterpret_cast<uintptr_t>(caller);
  if (at < to.begin || at >= to.end) return;
  to.calls += 1;
  to.bytes += bytes;
}

}  // namespace

extern "C" {

void* malloc(size_t bytes) {
  count(__builtin_return_address(0), bytes);
  return __libc_malloc(bytes);
}

void* calloc(size_t number, size_t bytes) {
  count(__builtin_return_address(0), number * bytes);
  return __libc_calloc(number, bytes);
}

void* realloc(void* old, size_t bytes) {
  count(__builtin_return_address(0), bytes);
  return __libc_realloc(old, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) {
  count(__builtin_return_address(0), bytes);
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** to, size_t alignment, size_t bytes) {
  count(__builtin_return_address(0), bytes);
  *to = __libc_memalign(alignment, bytes);
  return *to ? 0 : ENOMEM;
}

}  // extern "C"
