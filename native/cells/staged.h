// What a staged cell adds to the contract of cell.h, and what its functions are handed: one row of one step.
//
//     static constexpr bool kStaged = true
//     kVectors                 parameters of one number a unit: kVectors runs of [H]
//     kVectorSlot              where there are some: their gradients stand in this and the next gradient slots
//     kLateGates               of the state gates, how many at the end take r ⊙ h, which reset_row leaves in kLateSlot
//
//     forward_row(const RowForward&)     sums in the slots → gates; fills h and c
//     backward_row(const RowBackward&)   gates and gradients of h and c → dgates, and what goes on to t-1
//
// and where there are late gates
//
//     reset_row(const RowForward&)               after the early state product: leaves r ⊙ h in kLateSlot and late
//     backward_reset_row(const RowBackward&, const float* dlate)   dlate [H]: the gradient of r ⊙ h
//
// h stands for what goes into W_hh h (the state of t-1, perhaps dropped out); beside it stands the state itself.
#pragma once
#include "../gemm/pack.h"
#include "../math/activations.h"
#include "cell.h"

GATEWISE_KERNEL_BEGIN

struct RowForward {
  Index hidden;
  float* slots;           // [S·H] in layout 1 of gemm/pack.h
  const float* bias;      // [U, S, V], packed
  const float* vectors;   // [kVectors, H]
  const float* operand;   // [H]: h_{t-1} as the products have it; null for zeros
  const float* before_h;  // [H]: h_{t-1}; null for zeros
  const float* before_c;  // [H]: c_{t-1}; null for zeros
  float bound;            // of |c|; infinity for none
  float* late;            // [H]: where r ⊙ h goes for the product
  float* h;               // [H]
  float* c;               // [H]; may be before_c
};

struct RowBackward {
  Index hidden;
  const float* slots;    // [S·H]: gates
  const float* vectors;  // [kVectors, H]
  const float* operand;
  const float* before_h;
  const float* before_c;
  float bound;
  const float* dh;  // [H]: dL/dh of this step
  float* dc;        // [H]: dL/dc of this step in, of the one before out
  float* dbefore;   // [H]: added to: what of dL/dh_{t-1} does not come through a product
  float* doperand;  // [H]: added to: what reaches the products' h_{t-1} unit by unit
  float* dgates;    // [D·H]
  float* h;         // [H]: h of this step, made anew; null where it is not wanted
};

// The functions of a cell.
struct StagedCell {
  void (*forward_row)(const RowForward& row);
  void (*reset_row)(const RowForward& row);
  void (*backward_row)(const RowBackward& row);
  void (*backward_reset_row)(const RowBackward& row, const float* dlate);
};

template <class Cell>
constexpr StagedCell staged_cell() {
  if constexpr (Cell::kLateGates > 0) {
    return {Cell::forward_row, Cell::reset_row, Cell::backward_row, Cell::backward_reset_row};
  } else {
    return {Cell::forward_row, nullptr, Cell::backward_row, nullptr};
  }
}

// Calls body(unit, lanes) for every panel of units.
template <class Body>
GATEWISE_INLINE void for_units(Index hidden, const Body& body) {
  for (Index unit = 0; unit < hidden; unit += kWidth) body(unit, smaller(kWidth, hidden - unit));
}

template <int Slots>
GATEWISE_INLINE void load_slots(Vec (&to)[Slots], const float* row, Index unit, int lanes) {
  GATEWISE_UNROLL
  for (int s = 0; s < Slots; ++s) to[s] = load_lanes(row + unit * Slots + s * lanes, lanes);
}

template <int Slots>
GATEWISE_INLINE void store_slots(float* row, Index unit, int lanes, const Vec (&from)[Slots]) {
  GATEWISE_UNROLL
  for (int s = 0; s < Slots; ++s) store_lanes(row + unit * Slots + s * lanes, from[s], lanes);
}

GATEWISE_INLINE Vec load_or_zero(const float* p, Index unit, int lanes) {
  return p ? load_lanes(p + unit, lanes) : zero();
}

GATEWISE_INLINE Vec hold(Vec v, Vec bound) { return max(sub(zero(), bound), min(bound, v)); }

// d hold(v, bound) / dv, times d: it passes where |v| <= bound.
GATEWISE_INLINE Vec hold_slope(Vec v, Vec bound, Vec d) { return sub(d, where_greater(absolute(v), bound, d)); }

// A fused cell without c as a staged one.
template <class Step>
struct Staged : Step {
  static constexpr bool kStaged = true;
  static constexpr int kInputBias = Step::kInputSlot;
  static constexpr int kStateBias = Step::kStateSlot;

  static void forward_row(const RowForward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec slots[Step::kSlots], h, c;
      load_slots(slots, row.slots, unit, lanes);
      Step::forward_step(slots, load_or_zero(row.before_h, unit, lanes), h, c);
      store_slots(row.slots, unit, lanes, slots);
      store_lanes(row.h + unit, h, lanes);
    });
  }

  static void backward_row(const RowBackward& row) {
    for_units(row.hidden, [&](Index unit, int lanes) {
      Vec slots[Step::kSlots], dgates[Step::kSlots];
      load_slots(slots, row.slots, unit, lanes);
      Vec dbefore = zero();
      Step::backward_step(slots, load_or_zero(row.before_h, unit, lanes), zero(), load_lanes(row.dh + unit, lanes),
                          dbefore, dgates);
      store_slots(row.dgates, unit, lanes, dgates);
      store_lanes(row.dbefore + unit, add(load_lanes(row.dbefore + unit, lanes), dbefore), lanes);
    });
  }
};

GATEWISE_KERNEL_END
