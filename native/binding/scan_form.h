// What a scan or a stream is made with, and its parameters as JavaScript has them.
#pragma once
#include <napi.h>

#include <array>

#include "arguments.h"
#include "engine.h"

namespace gatewise {

using Parameters = std::array<Napi::Value, Arguments::kMostElements>;

struct ScanForm {
  const CellKernels* cell = nullptr;
  ScanSize size{};
  bool bias = true;
  Extras extras{};  // what holds for every pass

  // The first kArguments arguments: (cell: string, inputSize, hiddenSize, outputSize, bias: boolean, bound of |c|,
  // zoneoutHidden, zoneoutCell)
  static constexpr size_t kArguments = 8;
  void read(const Arguments& args);

  // W_ih, W_hh, then what there is of b_ih and b_hh, W_hr, and the cell's vectors; all checked, as elements of argument i.
  // For parameters Float is const float; for their gradients, float.
  template <class Float>
  ScanArrays<Float> arrays(const Arguments& args, size_t i, const Parameters& values) const;
};

}  // namespace gatewise
