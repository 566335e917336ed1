#include "loss.h"

#include "arguments.h"
#include "engine.h"

namespace gatewise {
namespace {

const LossKernels* loss_of(const Kernels& kernels, const std::string& name) {
  for (const LossKernels& loss : kernels.losses) {
    if (name == loss.name) return &loss;
  }
  return nullptr;
}

// The elements of a typed array of the given type, and their number.
template <class Element>
const Element* elements_of(const Arguments& args, size_t i, napi_typedarray_type wanted, Index* count) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(args.env(), args.value(i), &type, &length, &data, nullptr, nullptr);
  if (status != napi_ok || type != wanted) args.fail(i, "a typed array of another type");
  *count = static_cast<Index>(length);
  return static_cast<const Element*>(data);
}

}  // namespace

Napi::Value element_losses(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const LossKernels* const loss = loss_of(Engine::of(info.Env()).kernels(), args.text(0));
  if (!loss) args.fail(0, "the name of a loss");
  LossJob job{};
  job.coefficients = elements_of<double>(args, 1, napi_float64_array, &job.repeat);
  if (job.repeat < 1) args.fail(1, "a coefficient");
  Index targets = 0;
  job.target = elements_of<float>(args, 3, napi_float32_array, &targets);
  job.count = product({targets, job.repeat});
  const Index numbers = product({job.count, loss->inputs});
  job.prediction = args.floats(2, numbers);
  if (!args.absent(4)) {
    Index flags = 0;
    job.counted = elements_of<uint8_t>(args, 4, napi_uint8_array, &flags);
    if (flags < job.count) args.fail(4, "a flag for each loss");
  }
  job.divisor = args.number(5);
  job.grad = args.floats(6, numbers);
  job.losses = args.optional_floats(7, job.count);
  return Napi::Number::New(info.Env(), loss->reduce(job));
}

}  // namespace gatewise
