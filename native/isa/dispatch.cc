#include "dispatch.h"

#include <cstring>

namespace gatewise {

const Target* targets(int* count) {
  static const Target all[] = {
#define GATEWISE_TARGET(name, processor, flags, test) {&kernels_##name, static_cast<bool>(test)},
#include "targets.def"
#undef GATEWISE_TARGET
  };
  *count = static_cast<int>(sizeof all / sizeof all[0]);
  return all;
}

const Kernels* choose_target(const char* name) {
  int count = 0;
  const Target* all = targets(&count);
  for (int i = count; i-- > 0;) {
    if (!all[i].available) continue;
    if (!name || std::strcmp(name, all[i].kernels->isa) == 0) return all[i].kernels;
  }
  return nullptr;
}

}  // namespace gatewise
