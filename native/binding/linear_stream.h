// A linear layer that keeps its weights packed, for one step of a stream after another.
#pragma once
#include <napi.h>

#include "engine.h"

namespace gatewise {

class LinearStream : public Napi::ObjectWrap<LinearStream> {
 public:
  static Napi::Function define(Napi::Env env);
  // (inFeatures, outFeatures, rows)
  explicit LinearStream(const Napi::CallbackInfo& info);

 private:
  Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value step(const Napi::CallbackInfo& info);

  const LinearKernels* linear_ = nullptr;
  Index in_ = 0;
  Index out_ = 0;
  Index rows_ = 0;
  Memory memory_;  // packed weights, then the bias [out]
  Index bias_at_ = 0;
};

}  // namespace gatewise
