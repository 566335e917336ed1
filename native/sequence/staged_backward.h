// The step of a staged cell, backward: the stages of staged_forward.h in reverse, over whole rows.
#pragma once
#include "../cells/staged.h"
#include "backward_layout.h"
#include "staged_forward.h"

GATEWISE_KERNEL_BEGIN

// One step of some rows. Without gates, what is left of their gradient goes to rows.dh.
inline void staged_backward(const BackwardFrame& frame, const BackwardRows& rows, const StagedCell& functions) {
  const ScanBackward& job = frame.job;
  const CellFacts& cell = frame.cell;
  const WeightLayout& at = frame.weights;
  const BackwardLayout& room = frame.room;
  const ScanSize& of = job.size;
  const bool projected = of.output != of.hidden;
  const Index grad_row = cell.grad_slots * of.hidden;
  const auto scratch = [&](Index piece, Index width) { return job.scratch + piece + rows.first * width; };
  float* const carry_h = scratch(room.carry_h, of.output);
  float* const dh = rows.gates ? scratch(room.dh, of.output) : rows.dh;
  const float* const mask = job.extras.dropout ? job.extras.dropout + rows.first * of.output : nullptr;

  // dh = dgates of the step after · W_hh, through the mask, and what comes without a product
  if (rows.next) {
    column_product(dh, of.output, rows.next, grad_row,
                   slot_runs(of.hidden, cell.grad_slots, cell.state_slot, cell.early_gates),
                   job.weights + at.state_back, nullptr, rows.count, of.output);
    if (mask) drop_out(dh, dh, of.output, mask, rows.count, of.output);
  } else {
    zero_floats(dh, rows.count * of.output);
  }
  for (Index i = 0; i < rows.count; ++i) {
    float* const to = dh + i * of.output;
    add_floats(to, carry_h + i * of.output, of.output);
    if (rows.dout.rows) add_floats(to, rows.dout.row(i), of.output);
    if (rows.dhn) add_floats(to, rows.dhn + i * of.output, of.output);
  }
  if (!rows.gates) return;

  zero_floats(carry_h, rows.count * of.output);
  if (job.extras.zoneout_h > 0.0f) {
    for (Index i = 0; i < rows.count; ++i) {
      zoneout_of_h(job.extras).backward(dh + i * of.output, carry_h + i * of.output, rows.row + i, of.output);
    }
  }

  const float* dmade = dh;
  if (projected) {
    copy_floats(job.scratch + room.dh_rows + rows.filled * of.output, dh, rows.count * of.output);
    float* const to = scratch(room.dmade, of.hidden);
    column_product(to, of.hidden, dh, of.output, plain_row(of.output), job.weights + at.projection_back, nullptr,
                   rows.count, of.hidden);
    dmade = to;
  }

  // What reaches the products' h unit by unit goes through the mask too, so it waits apart where there is one.
  float* const dropped = scratch(room.operand, of.output);
  float* const ddropped = dropped + aligned(job.rows.batch * of.output);
  if (mask && rows.h) drop_out(dropped, rows.h, rows.h_row, mask, rows.count, of.output);
  if (mask) zero_floats(ddropped, rows.count * of.output);
  const bool zones_c = cell.has_cell && job.extras.zoneout_c > 0.0f;
  const auto row_of = [&](Index i) {
    RowBackward row;
    row.hidden = of.hidden;
    row.slots = rows.gates + i * cell.slots * of.hidden;
    row.vectors = job.weights + at.vectors;
    row.before_h = rows.h ? rows.h + i * rows.h_row : nullptr;
    row.operand = mask && rows.h ? dropped + i * of.output : row.before_h;
    row.before_c = cell.has_cell && rows.carried ? rows.carried + i * rows.carried_row : nullptr;
    row.bound = job.extras.bound;
    row.dh = dmade + i * of.hidden;
    row.dc = rows.carry + i * of.hidden;
    row.dbefore = carry_h + i * of.output;
    row.doperand = mask ? ddropped + i * of.output : row.dbefore;
    row.dgates = rows.dgates + i * grad_row;
    row.h = projected ? job.scratch + room.made + (rows.filled + i) * room.made_row : nullptr;
    return row;
  };
  float* const late = scratch(room.dlate, of.hidden);
  for (Index i = 0; i < rows.count; ++i) {
    const RowBackward row = row_of(i);
    float* const kept = late + i * of.hidden;
    if (zones_c) zoneout_of_c(job.extras).backward(row.dc, kept, rows.row + i, of.hidden);
    functions.backward_row(row);
    if (zones_c) {
      for (Index unit = 0; unit < of.hidden; ++unit) row.dc[unit] += kept[unit];
    }
  }
  if (functions.backward_reset_row) {
    column_product(late, of.hidden, rows.dgates, grad_row,
                   slot_runs(of.hidden, cell.grad_slots, cell.state_slot + cell.early_gates, cell.late_gates),
                   job.weights + at.late_back, nullptr, rows.count, of.hidden);
    for (Index i = 0; i < rows.count; ++i) functions.backward_reset_row(row_of(i), late + i * of.hidden);
    if (mask) {
      for (Index i = 0; i < rows.count * of.output; ++i) carry_h[i] += mask[i] * ddropped[i];
    }
  }
}

GATEWISE_KERNEL_END
