// Brings the rows of a caller's array into the core's order, and back, and clears those that the core does not have.
#pragma once
#include <napi.h>

namespace gatewise {

// Step t has the first counts[t] sequences of the places, or without counts all of them; what the core has of it follows step
// t - 1.

// (from, to, places: [perStep, perSequence, …order], counts: Int32Array [T] | null, T, features): the core's rows, `to`, out of
// a caller's array.
Napi::Value gather_rows(const Napi::CallbackInfo& info);

// The same arguments: the core's rows, `from`, to a caller's array, whose other rows stay as they are.
Napi::Value scatter_rows(const Napi::CallbackInfo& info);

// (to, places, counts, T, features): zeroes the rows that the core does not have, the padding of a batch of unequal lengths.
Napi::Value clear_padding(const Napi::CallbackInfo& info);

}  // namespace gatewise
