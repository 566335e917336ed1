// The losses of single elements.
#pragma once
#include <napi.h>

namespace gatewise {

// (name, coefficients: Float64Array [repeat], prediction, target, counted: Uint8Array | null, divisor, grad, losses | null)
// → the sum of the losses
Napi::Value element_losses(const Napi::CallbackInfo& info);

}  // namespace gatewise
