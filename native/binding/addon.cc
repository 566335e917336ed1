// The addon's exports. lib/native/binding.ts mirrors them, and test/binding.test.ts holds the two together.
#include <napi.h>

#include "arguments.h"
#include "engine.h"
#include "heap.h"
#include "linear.h"
#include "linear_stream.h"
#include "loss.h"
#include "memory.h"
#include "optim.h"
#include "rows.h"
#include "scan.h"
#include "stream.h"

namespace gatewise {
namespace {

// (isa: string) → whether it is in use now; '' for the best one
Napi::Value choose_isa(const Napi::CallbackInfo& info) {
  const bool chosen = Engine::of(info.Env()).choose(Arguments(info).text(0).c_str());
  return Napi::Boolean::New(info.Env(), chosen);
}

// (threads)
Napi::Value set_threads(const Napi::CallbackInfo& info) {
  Engine::of(info.Env()).set_threads(static_cast<int>(Arguments(info).size(0, 1, 1024)));
  return info.Env().Undefined();
}

// () → { isa, isas, threads }
Napi::Value state(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Engine& engine = Engine::of(env);
  int count = 0;
  const Target* all = targets(&count);
  Napi::Array isas = Napi::Array::New(env);
  for (int i = 0; i < count; ++i) {
    if (all[i].available) isas.Set(isas.Length(), all[i].kernels->isa);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("isa", engine.kernels().isa);
  object.Set("isas", isas);
  object.Set("threads", engine.threads());
  return object;
}

// (name: 'exponential' | 'sigmoid' | 'hyperbolicTangent', from, to)
Napi::Value activation(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Kernels& kernels = Engine::of(info.Env()).kernels();
  const std::string name = args.text(0);
  const auto function = name == "exponential"         ? kernels.exponential
                        : name == "sigmoid"           ? kernels.sigmoid
                        : name == "hyperbolicTangent" ? kernels.hyperbolic_tangent
                                                      : nullptr;
  if (!function) args.fail(0, "the name of an activation");
  const float* from = args.floats(1, 0);
  const auto count = static_cast<Index>(args.value(1).As<Napi::TypedArray>().ElementLength());
  function(args.floats(2, count), from, count);
  return info.Env().Undefined();
}

// (array): for a fresh Float32Array that is about to be filled
Napi::Value advise_huge_pages_of(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  float* data = args.floats(0, 0);
  const size_t bytes = args.value(0).As<Napi::TypedArray>().ByteLength();
  advise_grown_heap();
  if (bytes >= kWorthHugePages) advise_huge_pages(data, bytes);
  return info.Env().Undefined();
}

// (array) → how many of its floats come before the first whole cache line
Napi::Value before_line_of(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(before_line(Arguments(info).floats(0, 0))));
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  set_up_heap();
  env.SetInstanceData(new Engine);
  exports.Set("Scan", Scan::define(env));
  exports.Set("Stream", Stream::define(env));
  exports.Set("LinearStream", LinearStream::define(env));
  exports.Set("linearForward", Napi::Function::New(env, linear_forward, "linearForward"));
  exports.Set("linearBackward", Napi::Function::New(env, linear_backward, "linearBackward"));
  exports.Set("gatherRows", Napi::Function::New(env, gather_rows, "gatherRows"));
  exports.Set("scatterRows", Napi::Function::New(env, scatter_rows, "scatterRows"));
  exports.Set("elementLosses", Napi::Function::New(env, element_losses, "elementLosses"));
  exports.Set("updateParameters", Napi::Function::New(env, update_parameters, "updateParameters"));
  exports.Set("sumOfSquares", Napi::Function::New(env, sum_of_squares, "sumOfSquares"));
  exports.Set("scaleArrays", Napi::Function::New(env, scale_arrays, "scaleArrays"));
  exports.Set("clampArrays", Napi::Function::New(env, clamp_arrays, "clampArrays"));
  exports.Set("chooseIsa", Napi::Function::New(env, choose_isa, "chooseIsa"));
  exports.Set("setThreads", Napi::Function::New(env, set_threads, "setThreads"));
  exports.Set("state", Napi::Function::New(env, state, "state"));
  exports.Set("adviseHugePages", Napi::Function::New(env, advise_huge_pages_of, "adviseHugePages"));
  exports.Set("beforeLine", Napi::Function::New(env, before_line_of, "beforeLine"));
  exports.Set("activation", Napi::Function::New(env, activation, "activation"));
  return exports;
}

}  // namespace

NODE_API_MODULE(gatewise, initialise)

}  // namespace gatewise
