// Brings the rows of a caller's array into the core's order, step by step all sequences, and back.
#pragma once
#include <napi.h>

namespace gatewise {

// (from, to, places: [steps, perStep, perSequence, …order], features): the core's rows, `to`, out of a caller's array.
Napi::Value gather_rows(const Napi::CallbackInfo& info);

// The same arguments: the core's rows, `from`, to a caller's array.
Napi::Value scatter_rows(const Napi::CallbackInfo& info);

}  // namespace gatewise
