#include "linear_stream.h"

#include <algorithm>

#include "arguments.h"

namespace gatewise {

Napi::Function LinearStream::define(Napi::Env env) {
  return DefineClass(env, "LinearStream",
                     {InstanceMethod<&LinearStream::load>("load"), InstanceMethod<&LinearStream::step>("step")});
}

LinearStream::LinearStream(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LinearStream>(info) {
  const Arguments args(info);
  linear_ = &Engine::of(info.Env()).kernels().linear;
  in_ = args.size(0, 1, kMostSize);
  out_ = args.size(1, 1, kMostSize);
  rows_ = args.size(2, 1);
}

// (weight, bias | null): packs them as they are now.
Napi::Value LinearStream::load(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const float* weight = args.floats(0, product({out_, in_}));
  const float* bias = args.optional_floats(1, out_);
  const LinearKernels& linear = *linear_;
  bias_at_ = round_up(linear.weights_size(in_, out_));
  float* to = memory_.reserve(info.Env(), bias_at_ + out_);
  linear.pack(to, in_, out_, weight);
  std::fill_n(to + bias_at_, out_, 0.0f);
  if (bias) std::copy_n(bias, out_, to + bias_at_);
  return info.Env().Undefined();
}

// (x [rows, in], y [rows, out])
Napi::Value LinearStream::step(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  if (!memory_.data()) args.fail(0, "a stream with weights");
  LinearForward job{};
  job.rows = rows_;
  job.in = in_;
  job.out = out_;
  job.weights = memory_.data();
  job.bias = memory_.data() + bias_at_;
  job.x = args.floats(0, product({rows_, in_}));
  job.y = args.floats(1, product({rows_, out_}));
  Engine& engine = Engine::of(info.Env());
  const double work = static_cast<double>(rows_) * static_cast<double>(in_) * static_cast<double>(out_);
  engine.run(engine.team_for(work, rows_), linear_->forward, job);
  return info.Env().Undefined();
}

}  // namespace gatewise
