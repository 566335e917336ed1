// How the scratch memory of a backward scan is cut, and what one step of some rows is handed.
#pragma once
#include "kept_rows.h"
#include "steps.h"
#include "weight_gradients_layout.h"

GATEWISE_KERNEL_BEGIN

struct BackwardLayout {
  Index dgates;   // [B + chunk_rows, D·H]: the rows of the step before the chunk, then the chunk's, in visiting order
  Index carry;    // [B, H]: gradient of the carried state, of c where there is one, between steps
  Index dx;       // [chunk_rows, I], in visiting order
  Index members;  // of the team: GradientLayout
  Index kept;  // for tiles, rows that go on to the next chunk, and those that came from the last: KeptRowsLayout each
  // Of a staged cell:
  Index carry_h;  // [B, R]: what reaches h of the step before without a product
  Index dh;       // [B, R]: all of dL/dh
  Index dmade;    // [B, H]: dL/d(what the cell gives), with a projection
  Index dlate;    // [B, H]: dL/d(r ⊙ h); also room for what zoneout keeps
  Index operand;  // [B, R]: h dropped out, then its gradient
  Index dh_rows;  // [chunk_rows, R]: dL/dh, in visiting order, with a projection
  Index made;     // [chunk_rows, ⌈H⌉]: what the cell gave, in visiting order, with a projection
  Index made_row;
  Index size;

  __attribute__((noinline))
  BackwardLayout(const CellFacts& cell, const ScanSize& of, const Rows& rows, Index chunk_rows, bool tiles, int team) {
    const bool projected = of.output != of.hidden;
    const Index states = cell.staged ? aligned(rows.batch * of.output) : 0;
    dgates = 0;
    carry = dgates + aligned((rows.batch + chunk_rows) * cell.grad_slots * of.hidden);
    dx = carry + aligned(rows.batch * of.hidden);
    members = dx + aligned(chunk_rows * of.input);
    kept = members + GradientLayout(cell, of, tiles).member_size * team;
    carry_h = kept + (tiles ? 2 * KeptRowsLayout(cell, of).size : 0);
    dh = carry_h + states;
    dmade = dh + states;
    dlate = dmade + (projected ? aligned(rows.batch * of.hidden) : 0);
    operand = dlate + (cell.staged ? aligned(rows.batch * of.hidden) : 0);
    dh_rows = operand + 2 * states;
    made = dh_rows + (projected ? aligned(chunk_rows * of.output) : 0);
    made_row = ceil_div(of.hidden, kWidth) * kWidth;
    size = made + (projected ? aligned(chunk_rows * made_row) : 0);
  }
};

// What links a job to the one that ran before it: of the first step of that one,
struct LinkLayout {
  Index dgates;   // [B, D·H]
  Index carry;    // [B, H]
  Index carry_h;  // [B, R], of a staged cell
  Index kept;     // KeptRowsLayout, where there are tiles
  Index size;
  LinkLayout(const CellFacts& cell, const ScanSize& of, Index batch) {
    dgates = 0;
    carry = dgates + aligned(batch * cell.grad_slots * of.hidden);
    carry_h = carry + aligned(batch * of.hidden);
    kept = carry_h + (cell.staged ? aligned(batch * of.output) : 0);
    size = kept + (kHasTiles && !cell.staged ? KeptRowsLayout(cell, of).size : 0);
  }
};

// Rows of one step that are treated alike.
struct BackwardRows {
  Index count;
  Index first;        // of the batch
  Index row;          // of all rows of the pass, for the first
  Index filled;       // of the chunk's rows in visiting order, for the first
  const float* next;  // dgates of the step after, [count, D·H]; null where the sequence ends with this step
  PlacedRows<const float> dout;
  const float* dhn;    // [count, R], or null
  const float* gates;  // [count, S·H]; null before the first step, where only dh is wanted
  const float* h;      // h of t-1, h_row apart, or null for zeros
  Index h_row;
  const float* carried;  // the carried state of t-1, carried_row apart, or null for zeros
  Index carried_row;
  const float* cells;  // [count, H]
  float* carry;        // [count, H]
  float* dgates;       // [count, D·H]
  float* dh;           // [count, R]: dL/dh before the first step, where gates is null
  bool turned;         // whether panels come last to first (steps.h)
};

// What all steps of a scan have in common.
struct BackwardFrame {
  const ScanBackward& job;
  const CellFacts& cell;
  const WeightLayout weights;
  const BackwardLayout room;
  Index groups() const { return job.first_group > 0 ? 2 : 1; }
};

GATEWISE_KERNEL_END
