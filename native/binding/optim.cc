#include "optim.h"

#include <vector>

#include "arguments.h"
#include "engine.h"

namespace gatewise {
namespace {

// The most arrays of one call.
constexpr uint32_t kMostArrays = 1 << 20;

using Floats = Elements<float>;

// The Float32Arrays of argument i. Reading an array's elements can run JavaScript, which can take memory away: all of
// them are read before the first pointer is asked for.
std::vector<Floats> list_of_floats(const Arguments& args, size_t i) {
  if (!args.value(i).IsArray()) args.fail(i, "an array");
  const auto array = args.value(i).As<Napi::Array>();
  const uint32_t count = array.Length();
  if (count > kMostArrays) args.fail(i, "fewer arrays");
  std::vector<Napi::Value> values;
  values.reserve(count);
  for (uint32_t e = 0; e < count; ++e) values.push_back(array.Get(e));
  std::vector<Floats> list;
  list.reserve(count);
  for (const Napi::Value& value : values) list.push_back(args.floats_of(value, i));
  return list;
}

const RuleKernels* rule_of(const Kernels& kernels, const std::string& name) {
  for (const RuleKernels& rule : kernels.rules) {
    if (name == rule.name) return &rule;
  }
  return nullptr;
}

}  // namespace

Napi::Value update_parameters(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  Engine& engine = Engine::of(info.Env());
  const RuleKernels* const rule = rule_of(engine.kernels(), args.text(0));
  if (!rule) args.fail(0, "the name of a rule");
  const std::vector<Floats> arrays = list_of_floats(args, 2);
  const size_t each = 2 + static_cast<size_t>(rule->buffers);
  if (arrays.size() % each != 0) args.fail(2, std::to_string(each) + " arrays for each parameter");
  std::vector<UpdateTensor> tensors;
  tensors.reserve(arrays.size() / each);
  Index total = 0;
  for (size_t at = 0; at < arrays.size(); at += each) {
    UpdateTensor tensor{arrays[at].data, arrays[at + 1].data, {}, arrays[at].length};
    for (size_t a = 1; a < each; ++a) {
      if (arrays[at + a].length != tensor.size) args.fail(2, "arrays of one length for each parameter");
      if (a >= 2) tensor.buffers[a - 2] = arrays[at + a].data;
    }
    tensors.push_back(tensor);
    total += tensor.size;
  }
  UpdateJob job{};
  job.coefficients = args.floats(1, rule->coefficients);
  job.tensors = tensors.data();
  job.count = static_cast<Index>(tensors.size());
  // A number costs about as much as sixteen multiply-adds of a product: it comes from memory, and so do its buffers.
  engine.run(engine.team_for(16.0 * static_cast<double>(total), total), rule->update, job);
  return info.Env().Undefined();
}

Napi::Value sum_of_squares(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const auto sum_of = Engine::of(info.Env()).kernels().sum_of_squares;
  double sum = 0;
  for (const Floats& floats : list_of_floats(args, 0)) sum += sum_of(floats.data, floats.length);
  return Napi::Number::New(info.Env(), sum);
}

Napi::Value scale_arrays(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  if (!args.value(1).IsNumber()) args.fail(1, "a number");
  // NaN is a factor too: what it touches must show it.
  const auto factor = static_cast<float>(args.value(1).As<Napi::Number>().DoubleValue());
  const auto scale = Engine::of(info.Env()).kernels().scale;
  for (const Floats& floats : list_of_floats(args, 0)) scale(floats.data, floats.length, factor);
  return info.Env().Undefined();
}

Napi::Value clamp_arrays(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const auto limit = static_cast<float>(args.number(1));
  const auto clamp = Engine::of(info.Env()).kernels().clamp;
  for (const Floats& floats : list_of_floats(args, 0)) clamp(floats.data, floats.length, limit);
  return info.Env().Undefined();
}

}  // namespace gatewise
