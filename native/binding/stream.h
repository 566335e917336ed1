// A stack of scans that run forward one step at a time, with the state between steps kept here.
#pragma once
#include <napi.h>

#include <vector>

#include "engine.h"

namespace gatewise {

class Stream : public Napi::ObjectWrap<Stream> {
 public:
  static Napi::Function define(Napi::Env env);
  // (cell: string, inputSize, hiddenSize, layers, bias: boolean, batch)
  explicit Stream(const Napi::CallbackInfo& info);

 private:
  Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);

  Index input_of(Index layer) const { return layer == 0 ? input_ : hidden_; }
  Index state_size() const { return batch_ * hidden_; }
  float* h(Index layer) const { return memory_.data() + layer * state_size(); }
  float* c(Index layer) const { return memory_.data() + (layers_ + layer) * state_size(); }

  const CellKernels* cell_ = nullptr;
  Index input_ = 0;
  Index hidden_ = 0;
  Index layers_ = 0;
  bool bias_ = true;
  Index batch_ = 0;
  Index offsets_[2] = {0, 0};
  std::vector<Memory> packed_;
  Memory memory_;  // h of every layer [layers, B, H], c likewise, then room for one step's h, twice, and gates
};

}  // namespace gatewise
