// Layer normalisation (Ba et al. 2016) of the sums of a cell's gates, over all G·H of a row at once:
//
//     norm(v) = (v − mean(v)) / √(var(v) + ε),  ε = 1e-5
//     a = γ_x ⊙ norm(W_ih x) + b_ih             in the input's slots
//     a += γ_h ⊙ norm(W_hh h) + b_hh            in the state's slots
//
// Back, with y = norm(v), dy the gradient of y, and means over the row:
//
//     dv = (dy − mean(dy) − y ⊙ mean(dy ⊙ y)) / √(var(v) + ε)
//
// The slots of a normalised cell are the input's sums, the state's sums, which stay as they are for backward, and then those
// of the cell that is normalised (Step).
#pragma once
#include "staged.h"

GATEWISE_KERNEL_BEGIN

inline float sum_of_lanes(Vec v) {
  float lanes[kWidth];
  store(lanes, v);
  float sum = 0.0f;
  for (int i = 0; i < kWidth; ++i) sum += lanes[i];
  return sum;
}

// Calls body(values) for vectors that have `count` numbers of each unit panel, from slot `first` on, of a row in layout
// 1 with `slots` slots. A vector's lanes beyond the numbers hold `beyond`.
template <class Body>
GATEWISE_INLINE void for_slot_numbers(const float* row, Index hidden, int slots, int first, int count, float beyond,
                                      const Body& body) {
  for_units(hidden, [&](Index unit, int lanes) {
    const float* from = row + unit * slots + first * lanes;
    for (int left = count * lanes; left > 0; left -= kWidth, from += kWidth) {
      if (left >= kWidth) {
        body(load(from));
        continue;
      }
      float filled[kWidth];
      for (int i = 0; i < kWidth; ++i) filled[i] = i < left ? from[i] : beyond;
      body(load(filled));
    }
  });
}

struct Moments {
  Vec mean;
  Vec inverse;  // 1 / √(var + ε)

  Moments(const float* row, Index hidden, int slots, int first, int count) {
    const float share = 1.0f / static_cast<float>(hidden * count);
    Vec sum = zero();
    for_slot_numbers(row, hidden, slots, first, count, 0.0f, [&](Vec v) { sum = add(sum, v); });
    const float average = sum_of_lanes(sum) * share;
    mean = broadcast(average);
    Vec squares = zero();
    for_slot_numbers(row, hidden, slots, first, count, average, [&](Vec v) {
      const Vec d = sub(v, mean);
      squares = fma(d, d, squares);
    });
    inverse = broadcast(1.0f / __builtin_sqrtf(sum_of_lanes(squares) * share + 1e-5f));
  }

  GATEWISE_INLINE Vec norm(Vec v) const { return mul(sub(v, mean), inverse); }
};

// mean(dy) and mean(dy ⊙ y), gathered while passing over a row.
struct NormSums {
  Vec dy = zero();
  Vec dy_y = zero();
  GATEWISE_INLINE void take(Vec d, Vec y) {
    dy = add(dy, d);
    dy_y = fma(d, y, dy_y);
  }
  // After this they are means.
  void divide(Index count) {
    const float share = 1.0f / static_cast<float>(count);
    dy = broadcast(sum_of_lanes(dy) * share);
    dy_y = broadcast(sum_of_lanes(dy_y) * share);
  }
  GATEWISE_INLINE Vec back(Vec d, Vec y, Vec inverse) const { return mul(fnma(y, dy_y, sub(d, dy)), inverse); }
};

// The slots and steps that both normalised cells share. Vectors are γ_x [G·H], γ_h [G·H] in PyTorch's gate order, then
// `More` of the cell's own. Gradient slots: of the sums, of the input and of the state; then Step's dgates; then those of the
// vectors.
template <class Step, int More>
struct LayerNorm : CellDefaults {
  static constexpr bool kStaged = true;
  static constexpr int kGates = Step::kGates;
  static constexpr int kOwn = 2 * kGates;  // first of Step's slots
  static constexpr int kSlots = kOwn + Step::kSlots;
  static constexpr int kInputSlot = 0;
  static constexpr int kStateSlot = kGates;
  static constexpr int kInputBias = kOwn + Step::kInputSlot;
  static constexpr int kStateBias = kOwn + Step::kStateSlot;
  static constexpr const int (&kInputGate)[kGates] = Step::kInputGate;
  static constexpr const int (&kStateGate)[kGates] = Step::kStateGate;
  static constexpr bool kHasCell = Step::kHasCell;
  static constexpr int kVectors = 2 * kGates + More;
  static constexpr int kVectorSlot = kSlots;
  static constexpr int kGradSlots = kSlots + kVectors;

  // The two norms of a row.
  struct Norms {
    const float* const slots;
    const float* const vectors;
    const Index hidden;
    const Moments x;
    const Moments h;
    Norms(const float* row, const float* given, Index units)
        : slots(row),
          vectors(given),
          hidden(units),
          x(row, units, kSlots, kInputSlot, kGates),
          h(row, units, kSlots, kStateSlot, kGates) {}

    GATEWISE_INLINE Vec sum(Index unit, int lanes, int slot) const {
      return load_lanes(slots + unit * kSlots + slot * lanes, lanes);
    }
    GATEWISE_INLINE Vec vector(Index unit, int lanes, int v) const {
      return load_lanes(vectors + v * hidden + unit, lanes);
    }

    // Step's pre-activations of a panel.
    GATEWISE_INLINE void gates(const float* bias, Index unit, int lanes, Vec (&a)[Step::kSlots]) const {
      const float* const own = bias + unit * kSlots + kOwn * kWidth;  // unit is a multiple of V
      GATEWISE_UNROLL
      for (int s = 0; s < Step::kSlots; ++s) a[s] = load(own + s * kWidth);
      GATEWISE_UNROLL
      for (int g = 0; g < kGates; ++g) {
        const Vec gain_x = vector(unit, lanes, kInputGate[g]);
        const Vec gain_h = vector(unit, lanes, kGates + kStateGate[g]);
        Vec& of_x = a[Step::kInputSlot + g];
        of_x = fma(gain_x, x.norm(sum(unit, lanes, kInputSlot + g)), of_x);
        Vec& of_h = a[Step::kStateSlot + g];
        of_h = fma(gain_h, h.norm(sum(unit, lanes, kStateSlot + g)), of_h);
      }
    }
  };

  // From Step's dgates, which stand in their slots of the row: the gradients of the sums and of the gains.
  static void backward_sums(const RowBackward& row) {
    const Norms norms(row.slots, row.vectors, row.hidden);
    NormSums of_x, of_h;
    for_units(row.hidden, [&](Index unit, int lanes) {
      float* const d = row.dgates + unit * kGradSlots;
      for (int g = 0; g < kGates; ++g) {
        const auto gain = [&](const Moments& moments, NormSums& sums, int slot, int step_slot, int v) {
          const Vec y = moments.norm(norms.sum(unit, lanes, slot));
          const Vec da = load_lanes(d + (kOwn + step_slot) * lanes, lanes);
          const Vec dy = mul(da, norms.vector(unit, lanes, v));
          sums.take(dy, y);
          store_lanes(d + slot * lanes, dy, lanes);
          store_lanes(d + (kVectorSlot + v) * lanes, mul(da, y), lanes);
        };
        gain(norms.x, of_x, kInputSlot + g, Step::kInputSlot + g, kInputGate[g]);
        gain(norms.h, of_h, kStateSlot + g, Step::kStateSlot + g, kGates + kStateGate[g]);
      }
    });
    of_x.divide(kGates * row.hidden);
    of_h.divide(kGates * row.hidden);
    for_units(row.hidden, [&](Index unit, int lanes) {
      float* const d = row.dgates + unit * kGradSlots;
      for (int g = 0; g < kGates; ++g) {
        const auto back = [&](const Moments& moments, const NormSums& sums, int slot) {
          const Vec y = moments.norm(norms.sum(unit, lanes, slot));
          store_lanes(d + slot * lanes, sums.back(load_lanes(d + slot * lanes, lanes), y, moments.inverse), lanes);
        };
        back(norms.x, of_x, kInputSlot + g);
        back(norms.h, of_h, kStateSlot + g);
      }
    });
  }
};

GATEWISE_KERNEL_END
