// The step of a staged cell, forward: products and the cell's functions in turn, over whole rows.
#pragma once
#include "../cells/staged.h"
#include "forward_layout.h"
#include "slots_product.h"
#include "zoneout.h"

GATEWISE_KERNEL_BEGIN

// rows of h ⊙ mask, R apart.
inline void drop_out(float* to, const float* h, Index h_row, const float* mask, Index count, Index outputs) {
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < outputs; ++j) to[i * outputs + j] = h[i * h_row + j] * mask[i * outputs + j];
  }
}

inline void staged_forward(const ForwardFrame& frame, const ForwardRows& rows, const StagedCell& functions) {
  const ScanForward& job = frame.job;
  const CellFacts& cell = frame.cell;
  const WeightLayout& at = frame.weights;
  const StagedForwardLayout& room = frame.room;
  const ScanSize& of = job.size;
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
  const int shared = cell.input_slot + cell.gates - cell.state_slot;
  SlotTarget to{rows.gates, job.weights + at.bias, of.hidden, cell.slots, cell.state_slot, shared};
  slots_product(to, cell.early_gates, at.state_of(job.weights), operand ? operand : rows.gates, operand_row,
                operand ? of.output : 0, rows.count);

  float* const made = projected ? scratch(room.h, of.hidden) : rows.out;
  const Index made_row = projected ? of.hidden : job.out_row;
  const bool zones_c = cell.has_cell && job.extras.zoneout_c > 0.0f;
  const auto row_of = [&](Index i) {
    RowForward row;
    row.hidden = of.hidden;
    row.slots = rows.gates + i * cell.slots * of.hidden;
    row.bias = job.weights + at.bias;
    row.vectors = job.weights + at.vectors;
    row.operand = operand ? operand + i * operand_row : nullptr;
    row.before_h = rows.h ? rows.h + i * rows.h_row : nullptr;
    row.before_c = cell.has_cell && rows.carried ? rows.carried + i * rows.carried_row : nullptr;
    row.bound = job.extras.bound;
    row.late = cell.late_gates > 0 ? scratch(room.late, of.hidden) + i * of.hidden : nullptr;
    row.h = made + i * made_row;
    row.c = zones_c ? scratch(room.c, of.hidden) + i * of.hidden : rows.cells ? rows.cells + i * of.hidden : nullptr;
    return row;
  };
  if (functions.reset_row) {
    for (Index i = 0; i < rows.count; ++i) functions.reset_row(row_of(i));
    to.first += cell.early_gates;
    to.started -= cell.early_gates;
    slots_product(to, cell.late_gates, at.late_of(job.weights), scratch(room.late, of.hidden), of.hidden, of.hidden,
                  rows.count);
  }
  for (Index i = 0; i < rows.count; ++i) {
    const RowForward row = row_of(i);
    functions.forward_row(row);
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
