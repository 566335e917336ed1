// The contract that a cell fulfils. Code outside cells/ never asks which cell it has; it reads these facts.
//
// A unit's tape is kSlots numbers per step. Before a step they hold sums on their way to the pre-activations; after
// it, the gates that backward needs; backward turns them into the gradients of the pre-activations (dgates). Both the
// input product and the state product add into kGates adjacent slots, which may differ: in the GRU the state's part
// of the candidate must stay apart, since the reset gate multiplies it alone.
//
//     static constexpr int kGates       weight rows a unit has in each of W_ih and W_hh
//     static constexpr int kSlots       numbers a unit keeps per step
//     static constexpr int kInputSlot   first of the kGates slots that W_ih x adds into
//     static constexpr int kStateSlot   first of the kGates slots that W_hh h adds into
//     static constexpr int kInputGate[kGates]   PyTorch's gate (row block of W_ih) of each input slot, in order
//     static constexpr int kStateGate[kGates]   the same for W_hh and the state slots
//     static constexpr bool kHasCell    whether there is a cell state c beside h
//
// A cell has one state that is carried unit by unit, outside any product: c where there is one, else h.
//
//     forward_step(Vec (&slots)[kSlots], Vec carried, Vec& h, Vec& c)
//         slots: pre-activations in, gates out; carried: the carried state of t-1
//     backward_step(const Vec (&slots)[kSlots], Vec carried, Vec c, Vec dh, Vec& dcarried, Vec (&dgates)[kSlots])
//         slots: gates; carried: of t-1; c: of t (where kHasCell); dh: all of dL/dh_t that came through products and
//         the output; dcarried: what came to the carried state from t+1, and what goes on to t-1
#pragma once
#include "../kernel.h"

GATEWISE_KERNEL_BEGIN

// d sigmoid(x) / dx, from s = sigmoid(x)
GATEWISE_INLINE Vec sigmoid_slope(Vec s) { return fnma(s, s, s); }

// d tanh(x) / dx, from y = tanh(x)
GATEWISE_INLINE Vec tangent_slope(Vec y) { return fnma(y, y, broadcast(1.0f)); }

GATEWISE_KERNEL_END
