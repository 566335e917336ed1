#include "stream.h"

#include <algorithm>

#include "arguments.h"
#include "scan.h"

namespace gatewise {

Napi::Function Stream::define(Napi::Env env) {
  return DefineClass(env, "Stream",
                     {InstanceMethod<&Stream::load>("load"), InstanceMethod<&Stream::step>("step"),
                      InstanceMethod<&Stream::read>("read"), InstanceMethod<&Stream::write>("write")});
}

Stream::Stream(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Stream>(info) {
  const Arguments args(info);
  cell_ = Engine::of(info.Env()).cell(args.text(0));
  if (!cell_) args.fail(0, "the name of a cell");
  input_ = args.size(1, 1, kMostSize);
  hidden_ = args.size(2, 1, kMostSize);
  layers_ = args.size(3, 1, 1024);
  bias_ = args.flag(4);
  batch_ = args.size(5, 1);
  offsets_[1] = batch_;
  packed_.resize(static_cast<size_t>(layers_));
  memory_ = Memory(info.Env(), product({2 * layers_ + 2 + cell_->slots, batch_, hidden_}));
  std::fill_n(memory_.data(), memory_.floats(), 0.0f);
}

// (layer, its parameters): packs the weights as they are now.
Napi::Value Stream::load(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Parameters values = args.elements(1);
  const Index layer = args.size(0, 0, layers_ - 1);
  const Index in = input_of(layer);
  const ScanParameters now(args, 1, values, *cell_, in, hidden_, bias_);
  float* to = packed_[static_cast<size_t>(layer)].reserve(info.Env(), cell_->weights_size(in, hidden_, false));
  cell_->pack(to, in, hidden_, now.w_ih, now.w_hh, now.b_ih, now.b_hh, false);
  return info.Env().Undefined();
}

// (x [B, I], out [B, H]): one step of every layer; out is the last one's h.
Napi::Value Stream::step(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const float* x = args.floats(0, batch_ * input_);
  float* out = args.floats(1, state_size());
  Engine& engine = Engine::of(info.Env());
  for (const Memory& packed : packed_) {
    if (!packed.data()) args.fail(0, "a stream with weights");
  }
  for (Index layer = 0; layer < layers_; ++layer) {
    ScanForward job{};
    job.rows = {1, batch_, offsets_, false};
    job.input = input_of(layer);
    job.hidden = hidden_;
    job.weights = packed_[static_cast<size_t>(layer)].data();
    job.x = layer == 0 ? x : h(layer - 1);
    // Units read all of h, which so must stay until the last of them is done; c is each unit's own.
    job.h0 = h(layer);
    job.out = memory_.data() + 2 * layers_ * state_size();
    job.out_row = hidden_;
    job.hn = job.out + state_size();
    if (cell_->has_cell) job.c0 = job.cells = job.cn = c(layer);
    job.gates = job.hn + state_size();
    job.chunk_rows = batch_;
    const Plan plan = engine.plan_scan(*cell_, batch_, batch_, job.input, hidden_);
    job.split = plan.split;
    engine.run(plan.team, cell_->forward, job);
    std::copy_n(job.hn, state_size(), h(layer));
  }
  std::copy_n(h(layers_ - 1), state_size(), out);
  return info.Env().Undefined();
}

// (h [layers, B, H], c [layers, B, H] | null): copies the state out.
Napi::Value Stream::read(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Index size = layers_ * state_size();
  float* to_h = args.floats(0, size);
  float* to_c = cell_->has_cell ? args.floats(1, size) : nullptr;
  std::copy_n(h(0), size, to_h);
  if (to_c) std::copy_n(c(0), size, to_c);
  return info.Env().Undefined();
}

// (h | null, c | null): takes a state in; null is zeros.
Napi::Value Stream::write(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Index size = layers_ * state_size();
  const float* from_h = args.optional_floats(0, size);
  const float* from_c = cell_->has_cell ? args.optional_floats(1, size) : nullptr;
  const auto take = [size](float* to, const float* from) {
    if (from) {
      std::copy_n(from, size, to);
    } else {
      std::fill_n(to, size, 0.0f);
    }
  };
  take(h(0), from_h);
  take(c(0), from_c);
  return info.Env().Undefined();
}

}  // namespace gatewise
