// The contract that a cell fulfils. Code outside cells/ never asks which cell it has; it reads these facts.
//
// A unit's tape is kSlots numbers per step. Before a step they hold sums on their way to the pre-activations; after
// it, the gates that backward needs. Backward makes kGradSlots numbers of them, the gradients of the pre-activations
// (dgates) and whatever else is summed over all rows. Both the input product and the state product add into kGates
// adjacent slots, which may differ: in the GRU the state's part of the candidate must stay apart, since the reset gate
// multiplies it alone.
//
//     kGates        weight rows a unit has in each of W_ih and W_hh
//     kSlots        numbers a unit keeps per step
//     kGradSlots    numbers a unit has in a row of dgates
//     kInputSlot    first of the kGates slots that W_ih x adds into, and of those with its gradients
//     kStateSlot    first of the kGates slots that W_hh h adds into, and of those with its gradients
//     kInputGate[kGates]   PyTorch's gate (row block of W_ih) of each input slot, in order
//     kStateGate[kGates]   the same for W_hh and the state slots
//     kInputBias, kStateBias   first of the slots that begin with b_ih, b_hh, and of those with their gradients
//     kHasCell      whether there is a cell state c beside h
//
// A fused cell is done unit by unit: its step follows the products of V units while they are in registers. It has one
// state that is carried from step to step outside any product: c where there is one, else h.
//
//     forward_step(Vec (&slots)[kSlots], Vec carried, Vec& h, Vec& c)
//         slots: pre-activations in, gates out; carried: the carried state of t-1
//     backward_step(const Vec (&slots)[kSlots], Vec carried, Vec c, Vec dh, Vec& dcarried, Vec (&dgates)[kSlots])
//         slots: gates; carried: of t-1; c: of t (where kHasCell); dh: all of dL/dh_t that came through products and
//         the output; dcarried: what came to the carried state from t+1, and what goes on to t-1
//
// A staged cell (staged.h) is done row by row, each row whole: it may look at all units at once, or need one product after
// another within a step.
#pragma once
#include "../kernel.h"
#include "facts.h"

GATEWISE_KERNEL_BEGIN

// What most cells have in common.
struct CellDefaults {
  static constexpr bool kStaged = false;
  static constexpr int kLateGates = 0;  // the last so many state gates take r ⊙ h instead of h (staged.h)
  static constexpr int kLateSlot = 0;
  static constexpr int kVectors = 0;  // parameters of one number a unit, beside the biases (staged.h)
  static constexpr int kVectorSlot = 0;
};

template <class Cell>
constexpr CellFacts kFacts = {
    .gates = Cell::kGates,
    .early_gates = Cell::kGates - Cell::kLateGates,
    .late_gates = Cell::kLateGates,
    .slots = Cell::kSlots,
    .grad_slots = Cell::kGradSlots,
    .input_slot = Cell::kInputSlot,
    .state_slot = Cell::kStateSlot,
    .late_slot = Cell::kLateSlot,
    .input_bias = Cell::kInputBias,
    .state_bias = Cell::kStateBias,
    .input_gate = Cell::kInputGate,
    .state_gate = Cell::kStateGate,
    .vectors = Cell::kVectors,
    .vector_slot = Cell::kVectorSlot,
    .has_cell = Cell::kHasCell,
    .staged = Cell::kStaged,
};

// d sigmoid(x) / dx, from s = sigmoid(x)
GATEWISE_INLINE Vec sigmoid_slope(Vec s) { return fnma(s, s, s); }

// d tanh(x) / dx, from y = tanh(x)
GATEWISE_INLINE Vec tangent_slope(Vec y) { return fnma(y, y, broadcast(1.0f)); }

GATEWISE_KERNEL_END
