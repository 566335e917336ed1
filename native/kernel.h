// What every header that is compiled once per ISA begins with.
//
// The same inline function compiled with two sets of flags is one symbol to the linker, which keeps either: an
// AVX-512 body could so land in the path of a machine without it. Everything here is therefore in an unnamed
// namespace (internal linkage), uses no std header, and CI checks that the kernel objects have no weak symbol.
#pragma once
#include <stddef.h>

#define GATEWISE_KERNEL_BEGIN \
  namespace gatewise {        \
  namespace {
#define GATEWISE_KERNEL_END \
  }                         \
  }

#define GATEWISE_INLINE inline __attribute__((always_inline))
#define GATEWISE_UNROLL _Pragma("GCC unroll 16")

namespace gatewise {
using Index = ptrdiff_t;  // sizes, strides and offsets, in floats unless said otherwise
}
