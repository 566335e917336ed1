// Whether this process may use AMX.
#pragma once

#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace gatewise {

// Whether the processor has tiles and their products of bfloat16, and the system grants them: it keeps 8 KiB for each thread that
// uses them, and has to be asked.
inline bool grants_tiles() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr unsigned kBfloat16 = 1u << 22, kTile = 1u << 24;
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kBfloat16) == 0 || (d & kTile) == 0) return false;
  constexpr long kAskForPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kAskForPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace gatewise
