// A scan: one direction of one recurrent layer. JavaScript owns all that a pass lasts on: parameters, inputs, outputs and
// the tape, so that its collector frees a dropped pass at once. (Native memory behind a JavaScript object would wait
// for a finalizer, which runs between turns of the event loop: never, within a loop that trains.)
#pragma once
#include <napi.h>

#include <array>
#include <vector>

#include "engine.h"

namespace gatewise {

// W_ih, W_hh and, where there are biases, b_ih and b_hh: of a scan or their gradients, as JavaScript has them.
using Parameters = std::array<Napi::Value, 4>;

// The same, checked: elements of argument i. Biases are null where there are none.
struct ScanParameters {
  const float* w_ih;  // [G·H, I]
  const float* w_hh;  // [G·H, H]
  const float* b_ih;  // [G·H]
  const float* b_hh;  // [G·H]
  ScanParameters(const class Arguments& args, size_t i, const Parameters& values, const CellKernels& cell, Index in,
                 Index hidden, bool bias);
};

class Scan : public Napi::ObjectWrap<Scan> {
 public:
  static Napi::Function define(Napi::Env env);
  // (cell: string, inputSize, hiddenSize, bias: boolean)
  explicit Scan(const Napi::CallbackInfo& info);

 private:
  Napi::Value tape_size(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value backward(const Napi::CallbackInfo& info);

  // Where the pieces of a tape stand, in floats from its first whole cache line: the weights that forward saw, packed,
  // gates [N, S·H] and cells [N, H].
  struct TapeLayout {
    Index gates;
    Index cells;
    Index size;
  };
  TapeLayout tape_layout(Index rows) const;
  // The tape in argument i, from its first whole cache line on.
  float* tape(const class Arguments& args, size_t i, Index rows) const;

  const CellKernels* cell_ = nullptr;
  Index input_ = 0;
  Index hidden_ = 0;
  bool bias_ = true;
};

}  // namespace gatewise
