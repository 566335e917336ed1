// The step of a staged cell, forward: products and the cell's functions in turn, over whole rows.
#pragma once
#include "../cells/staged.h"
#include "slots_product.h"
#include "weights.h"
#include "zoneout.h"

GATEWISE_KERNEL_BEGIN

// Rows of one step that share a source of state.
struct ForwardRows {
  Index count;
  Index first;     // of the batch
  Index row;       // of all rows of the pass, for the first
  const float* x;  // [count, I], for a merged input
  const float* h;  // h_{t-1}, h_row apart; null for zeros
  Index h_row;
  const float* carried;  // the carried state of t-1, carried_row apart; null for zeros
  Index carried_row;
  float* gates;  // [count, S·H]
  float* cells;  // [count, H], for a cell with c
  float* out;    // [count, H], out_row apart
};

// How the scratch memory of a staged forward scan is cut: rows of the batch.
template <class Cell>
struct StagedForwardLayout {
  Index operand;  // [B, R]: h_{t-1}, dropped out
  Index late;     // [B, H]: r ⊙ h
  Index h;        // [B, H]: what the cell gives, before the projection
  Index c;        // [B, H]: what the cell gives, before zoneout
  Index size;
  StagedForwardLayout(const ScanSize& of, Index batch) {
    operand = 0;
    late = operand + aligned(batch * of.output);
    h = late + aligned(Cell::kLateGates > 0 ? batch * of.hidden : 0);
    c = h + aligned(of.output != of.hidden ? batch * of.hidden : 0);
    size = c + aligned(Cell::kHasCell ? batch * of.hidden : 0);
  }
};

// rows of h ⊙ mask, R apart.
inline void drop_out(float* to, const float* h, Index h_row, const float* mask, Index count, Index outputs) {
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < outputs; ++j) to[i * outputs + j] = h[i * h_row + j] * mask[i * outputs + j];
  }
}

template <class Cell>
inline void staged_forward(const ScanForward& job, const ForwardRows& rows) {
  using Layout = WeightLayout<Cell>;
  const ScanSize& of = job.size;
  const Layout at(of, job.precision);
  const StagedForwardLayout<Cell> room(of, job.rows.batch);
  const bool projected = of.output != of.hidden;
  const auto scratch = [&](Index piece, Index width) { return job.scratch + piece + rows.first * width; };

  const float* operand = rows.h;
  Index operand_row = rows.h_row;
  if (operand && job.extras.dropout) {
    float* const dropped = scratch(room.operand, of.output);
    drop_out(dropped, operand, operand_row, job.extras.dropout + rows.first * of.output, rows.count, of.output);
    operand = dropped;
    operand_row = of.output;
  }

  // State slots below this one share theirs with the input, whose sums are there.
  constexpr int kShared = Cell::kInputSlot + Cell::kGates - Cell::kStateSlot;
  constexpr int kLateFirst = Cell::kStateSlot + Layout::kEarly;
  SlotTarget to{rows.gates, job.weights + at.bias, of.hidden, Cell::kSlots, Cell::kStateSlot, kShared};
  slots_product<Layout::kEarly>(to, at.state_of(job.weights), operand ? operand : rows.gates, operand_row,
                                operand ? of.output : 0, rows.count);

  float* const made = projected ? scratch(room.h, of.hidden) : rows.out;
  const Index made_row = projected ? of.hidden : job.out_row;
  const bool zones_c = Cell::kHasCell && job.extras.zoneout_c > 0.0f;
  const auto row_of = [&](Index i) {
    RowForward row;
    row.hidden = of.hidden;
    row.slots = rows.gates + i * Cell::kSlots * of.hidden;
    row.bias = job.weights + at.bias;
    row.vectors = job.weights + at.vectors;
    row.operand = operand ? operand + i * operand_row : nullptr;
    row.before_h = rows.h ? rows.h + i * rows.h_row : nullptr;
    row.before_c = Cell::kHasCell && rows.carried ? rows.carried + i * rows.carried_row : nullptr;
    row.bound = job.extras.bound;
    row.late = Layout::kLate > 0 ? scratch(room.late, of.hidden) + i * of.hidden : nullptr;
    row.h = made + i * made_row;
    row.c = zones_c ? scratch(room.c, of.hidden) + i * of.hidden : rows.cells ? rows.cells + i * of.hidden : nullptr;
    return row;
  };
  if constexpr (Layout::kLate > 0) {
    for (Index i = 0; i < rows.count; ++i) Cell::reset_row(row_of(i));
    to.first = kLateFirst;
    to.started = kShared - Layout::kEarly;
    slots_product<Layout::kLate>(to, at.late_of(job.weights), scratch(room.late, of.hidden), of.hidden, of.hidden,
                                 rows.count);
  }
  for (Index i = 0; i < rows.count; ++i) {
    const RowForward row = row_of(i);
    Cell::forward_row(row);
    if (zones_c) {
      zoneout_of_c(job.extras).forward(rows.cells + i * of.hidden, row.c, row.before_c, rows.row + i, of.hidden);
    }
    if (job.extras.zoneout_h > 0.0f) {
      zoneout_of_h(job.extras).forward(row.h, row.h, row.before_h, rows.row + i, of.hidden);
    }
  }
  if (projected) {
    column_product(rows.out, job.out_row, made, made_row, plain_row(of.hidden), job.weights + at.projection, nullptr,
                   rows.count, of.output);
  }
}

GATEWISE_KERNEL_END
