// Which instruction set this process uses.
#pragma once
#include "kernels.h"

namespace gatewise {

struct Target {
  const Kernels* kernels;
  bool available;  // on the running machine
};

// All that were compiled in, best last, and their number.
const Target* targets(int* count);

// The best one available, or the one that is named; null where that is unknown or not available.
const Kernels* choose_target(const char* name);

}  // namespace gatewise
