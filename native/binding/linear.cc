#include "linear.h"

#include "arguments.h"
#include "engine.h"

namespace gatewise {
namespace {

struct Sizes {
  Index rows, in, out;
  explicit Sizes(const Arguments& args) : rows(args.size(0, 1)), in(args.size(1, 1)), out(args.size(2, 1)) {}
  double multiply_adds() const {
    return static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
  }
};

}  // namespace

Napi::Value linear_forward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Sizes size(args);
  Engine& engine = Engine::of(info.Env());
  const LinearKernels& linear = engine.kernels().linear;
  LinearForward job{};
  job.rows = size.rows;
  job.in = size.in;
  job.out = size.out;
  const float* weight = args.floats(3, product({size.out, size.in}));
  job.bias = args.optional_floats(4, size.out);
  job.x = args.floats(5, product({size.rows, size.in}));
  job.y = args.floats(6, product({size.rows, size.out}));
  float* packed = engine.scratch(info.Env(), linear.weights_size(size.in, size.out));
  linear.pack(packed, size.in, size.out, weight);
  job.weights = packed;
  engine.run(engine.team_for(size.multiply_adds(), size.rows), linear.forward, job);
  return info.Env().Undefined();
}

Napi::Value linear_backward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Sizes size(args);
  Engine& engine = Engine::of(info.Env());
  const LinearKernels& linear = engine.kernels().linear;
  LinearBackward job{};
  job.rows = size.rows;
  job.in = size.in;
  job.out = size.out;
  const float* weight = args.floats(3, product({size.out, size.in}));
  job.x = args.floats(4, product({size.rows, size.in}));
  job.dy = args.floats(5, product({size.rows, size.out}));
  job.dx = args.optional_floats(6, size.rows * size.in);
  job.dweight = args.floats(7, size.out * size.in);
  job.dbias = args.optional_floats(8, size.out);
  const int team = engine.team_for(2 * size.multiply_adds(), size.rows);
  const Index weights = round_up(linear.weights_size(size.in, size.out));
  float* memory = engine.scratch(info.Env(), weights + linear.backward_scratch(size.in, size.out, team));
  linear.pack(memory, size.in, size.out, weight);
  job.weights = memory;
  job.scratch = memory + weights;
  engine.run(team, linear.backward, job);
  return info.Env().Undefined();
}

}  // namespace gatewise
