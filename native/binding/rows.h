// Brings the rows of a caller's array into the core's order, and back.
#pragma once
#include <napi.h>

namespace gatewise {

// (from, to, places: Int32Array [N], features): row r of `to` is row places[r] of `from`.
Napi::Value gather_rows(const Napi::CallbackInfo& info);

// The same arguments: row places[r] of `to` is row r of `from`; other rows stay as they are.
Napi::Value scatter_rows(const Napi::CallbackInfo& info);

}  // namespace gatewise
