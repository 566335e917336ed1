// A scan: one direction of one recurrent layer. JavaScript owns parameters, inputs and outputs; native memory is the
// packed weights and the tapes, each owned by one object.
#pragma once
#include <napi.h>

#include <array>
#include <memory>
#include <vector>

#include "engine.h"

namespace gatewise {

// W_ih, W_hh and, where there are biases, b_ih and b_hh: of a scan or their gradients, as JavaScript has them.
using Parameters = std::array<Napi::Value, 4>;

// What the tapes of a scan share with it, alive as long as any of them: a spare block that the next tape takes.
struct TapePool {
  Memory spare;
};

class Scan : public Napi::ObjectWrap<Scan> {
 public:
  static Napi::Function define(Napi::Env env);
  // (cell: string, inputSize, hiddenSize, bias: boolean)
  explicit Scan(const Napi::CallbackInfo& info);

 private:
  Napi::Value forward(const Napi::CallbackInfo& info);
  // The weights as they are now, packed: into memory that no tape still needs.
  std::shared_ptr<Memory> pack(const class Arguments& args, const Parameters& values, bool training);

  const CellKernels* cell_ = nullptr;
  Index input_ = 0;
  Index hidden_ = 0;
  bool bias_ = true;
  std::shared_ptr<Memory> packed_;
  std::shared_ptr<TapePool> pool_ = std::make_shared<TapePool>();
};

// What a forward scan keeps for backward.
class Tape : public Napi::ObjectWrap<Tape> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Tape(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Tape>(info) {}
  ~Tape() override { give_back(); }

 private:
  friend class Scan;
  Napi::Value backward(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);
  void give_back();

  const CellKernels* cell_ = nullptr;
  Index input_ = 0;
  Index hidden_ = 0;
  bool bias_ = true;
  std::shared_ptr<Memory> packed_;
  std::shared_ptr<TapePool> pool_;
  Memory memory_;  // gates [N, S·H], then cells [N, H]
  std::vector<Index> offsets_;
  Rows rows_{};
  Index state_at_ = 0;
  Index out_row_ = 0;
  Index out_column_ = 0;
};

}  // namespace gatewise
