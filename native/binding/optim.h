// What optimisers and clipping call, once for all parameters.
#pragma once
#include <napi.h>

namespace gatewise {

// (rule, coefficients, arrays: value, gradient and buffers of the first parameter, then of the next …)
Napi::Value update_parameters(const Napi::CallbackInfo& info);

// (arrays) → the sum over one array after the other
Napi::Value sum_of_squares(const Napi::CallbackInfo& info);

// (arrays, factor)
Napi::Value scale_arrays(const Napi::CallbackInfo& info);

// (arrays, limit)
Napi::Value clamp_arrays(const Napi::CallbackInfo& info);

}  // namespace gatewise
