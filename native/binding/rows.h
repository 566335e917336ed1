// Brings the rows of a caller's array into the core's order, and back, and clears those that the core does not have.
#pragma once
#include <napi.h>

namespace gatewise {

// (from, to, places: Int32Array [N], features): row r of `to` is row places[r] of `from`.
Napi::Value gather_rows(const Napi::CallbackInfo& info);

// The same arguments: row places[r] of `to` is row r of `from`; other rows stay as they are.
Napi::Value scatter_rows(const Napi::CallbackInfo& info);

// (to, places: [perStep, perSequence, …order], counts: Int32Array [T], features): zeroes the rows of sequences counts[t] and
// after at each step t, the padding of a batch of unequal lengths.
Napi::Value clear_padding(const Napi::CallbackInfo& info);

}  // namespace gatewise
