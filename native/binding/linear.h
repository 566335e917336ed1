// The linear layer's two calls.
#pragma once
#include <napi.h>

namespace gatewise {

// (rows, in, out, weight, bias | null, x, y)
Napi::Value linear_forward(const Napi::CallbackInfo& info);

// (rows, in, out, weight, x, dy, dx | null, dweight, dbias | null)
Napi::Value linear_backward(const Napi::CallbackInfo& info);

}  // namespace gatewise
