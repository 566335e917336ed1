#include "stream.h"

#include <algorithm>

#include "method.h"

namespace gatewise {

Napi::Function Stream::define(Napi::Env env) {
  return DefineClass(env, "Stream",
                     {InstanceMethod<&Stream::load>("load"), method<Stream, &Stream::step>("step"),
                      InstanceMethod<&Stream::read>("read"), InstanceMethod<&Stream::write>("write")});
}

Stream::Stream(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Stream>(info) {
  const Arguments args(info);
  form_.read(args);
  layers_ = args.size(ScanForm::kArguments, 1, 1024);
  batch_ = args.size(ScanForm::kArguments + 1, 1);
  precision_ = args.precision(ScanForm::kArguments + 2);
  offsets_[1] = batch_;
  packed_.resize(static_cast<size_t>(layers_));
  const CellKernels& cell = *form_.cell;
  const Index state = product({layers_ + 2, batch_, form_.size.output + form_.size.hidden});
  const Index gates = product({cell.facts.slots, batch_, form_.size.hidden});
  constexpr Index kMost = Index{1} << 40;
  if (state > kMost || gates > kMost) args.fail(ScanForm::kArguments + 1, "a batch that fits in memory");
  memory_ = Memory(info.Env(), state + gates + kLine + cell.forward_scratch(form_.size, batch_));
  std::fill_n(memory_.data(), memory_.floats(), 0.0f);
}

ScanSize Stream::size_of(Index layer) const {
  ScanSize size = form_.size;
  if (layer > 0) size.input = size.output;
  return size;
}

// (layer, its parameters): packs the weights as they are now.
Napi::Value Stream::load(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Parameters values = args.elements(1);
  const Index layer = args.size(0, 0, layers_ - 1);
  ScanForm form = form_;
  form.size = size_of(layer);
  const auto now = form.arrays<const float>(args, 1, values);
  const CellKernels& cell = *form.cell;
  float* to =
      packed_[static_cast<size_t>(layer)].reserve(info.Env(), cell.weights_size(form.size, false, precision_, false));
  Engine::of(info.Env()).pack(cell, {to, form.size, now, false, precision_, false});
  return info.Env().Undefined();
}

// (x [B, I], out [B, R]): one step of every layer; out is the last one's h.
void Stream::step(const Arguments& args) {
  const float* x = args.floats(0, batch_ * form_.size.input);
  float* out = args.floats(1, h_size());
  Engine& engine = Engine::of(args.env());
  const CellKernels& cell = *form_.cell;
  for (const Memory& packed : packed_) {
    if (!packed.data()) args.fail(0, "a stream with weights");
  }
  for (Index layer = 0; layer < layers_; ++layer) {
    ScanForward job{};
    job.rows = {1, batch_, offsets_, false, offsets_, offsets_};
    job.size = size_of(layer);
    job.extras = form_.extras;
    job.weights = packed_[static_cast<size_t>(layer)].data();
    job.precision = precision_;
    job.x = layer == 0 ? x : h(layer - 1);
    // Units read all of h, which so must stay until the last of them is done; c is each unit's own.
    job.h0 = h(layer);
    job.out = room();
    job.out_row = form_.size.output;
    job.hn = job.out + h_size();
    if (cell.facts.has_cell) job.c0 = job.cells = job.cn = c(layer);
    job.gates = job.hn + h_size();
    job.scratch = job.gates + round_up(cell.facts.slots * batch_ * form_.size.hidden);
    job.chunk_rows = batch_;
    job.turned = turned_;
    const Plan plan = engine.plan_scan(cell, job.size, batch_, batch_);
    job.units_below = plan.units_below;
    engine.run(plan.team, cell.forward, job);
    std::copy_n(job.hn, h_size(), h(layer));
  }
  turned_ = !turned_;
  std::copy_n(h(layers_ - 1), h_size(), out);
}

// (h [layers, B, R], c [layers, B, H] | null): copies the state out.
Napi::Value Stream::read(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  float* to_h = args.floats(0, layers_ * h_size());
  float* to_c = form_.cell->facts.has_cell ? args.floats(1, layers_ * c_size()) : nullptr;
  std::copy_n(h(0), layers_ * h_size(), to_h);
  if (to_c) std::copy_n(c(0), layers_ * c_size(), to_c);
  return info.Env().Undefined();
}

// (h | null, c | null): takes a state in; null is zeros.
Napi::Value Stream::write(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const float* from_h = args.optional_floats(0, layers_ * h_size());
  const float* from_c = form_.cell->facts.has_cell ? args.optional_floats(1, layers_ * c_size()) : nullptr;
  const auto take = [](float* to, const float* from, Index count) {
    if (from) {
      std::copy_n(from, count, to);
    } else {
      std::fill_n(to, count, 0.0f);
    }
  };
  take(h(0), from_h, layers_ * h_size());
  take(c(0), from_c, layers_ * c_size());
  return info.Env().Undefined();
}

}  // namespace gatewise
