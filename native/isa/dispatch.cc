#include "dispatch.h"

#include <cstring>

#include "amx.h"

namespace gatewise {
namespace {

// Kernels that use tiles, made of those that could.
struct Variant : Kernels {
  Variant(const char* name, const Kernels& of) : Kernels(of) {
    isa = name;
    tiles = has_tiles;
  }
};

}  // namespace

const Target* targets(int* count) {
#define GATEWISE_TARGET(...)
#define GATEWISE_VARIANT(name, row, test) static const Variant name(#name, kernels_##row);
#include "targets.def"
#undef GATEWISE_VARIANT
#undef GATEWISE_TARGET
  static const Target all[] = {
#define GATEWISE_TARGET(name, processor, flags, test) {&kernels_##name, static_cast<bool>(test)},
#define GATEWISE_VARIANT(name, row, test) {&name, kernels_##row.has_tiles && (test)},
#include "targets.def"
#undef GATEWISE_VARIANT
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
