// How the scratch memory of a staged forward scan is cut, and what one step of some rows is handed.
#pragma once
#include "steps.h"
#include "weights.h"

GATEWISE_KERNEL_BEGIN

// The scratch memory, cut: rows of the batch.
struct StagedForwardLayout {
  Index operand;  // [B, R]: h_{t-1}, dropped out
  Index late;     // [B, H]: r ⊙ h
  Index h;        // [B, H]: what the cell gives, before the projection
  Index c;        // [B, H]: what the cell gives, before zoneout
  Index size;
  StagedForwardLayout(const CellFacts& cell, const ScanSize& of, Index batch) {
    operand = 0;
    late = operand + aligned(batch * of.output);
    h = late + aligned(cell.late_gates > 0 ? batch * of.hidden : 0);
    c = h + aligned(of.output != of.hidden ? batch * of.hidden : 0);
    size = c + aligned(cell.has_cell ? batch * of.hidden : 0);
  }
};

// Rows of one step that share a source of state.
struct ForwardRows {
  Index count;
  Index first;     // of the batch
  Index row;       // of all rows of the pass, for the first
  const float* x;  // [count, I]
  bool merged;     // whether it goes through here; else its product is in the gates
  const float* h;  // h_{t-1}, h_row apart; null for zeros
  Index h_row;
  const float* carried;  // the carried state of t-1, carried_row apart; null for zeros
  Index carried_row;
  float* gates;              // [count, S·H]
  float* cells;              // [count, H], for a cell with c
  float* out;                // [count, H], out_row apart
  PlacedRows<float> result;  // where the caller has them; a fused cell puts its h there too
  Index result_step;         // from one of them to the same sequence's of the step after
  bool turned;               // whether panels come last to first (steps.h)
};

// What all steps of a scan have in common.
struct ForwardFrame {
  const ScanForward& job;
  const CellFacts& cell;
  const WeightLayout weights;
  const StagedForwardLayout room;
};

GATEWISE_KERNEL_END
