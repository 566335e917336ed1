// Reads what forward and backward are both told of a sequence, and where the caller's arrays have its rows.
#pragma once
#include <algorithm>
#include <cstdint>

#include "arguments.h"
#include "engine.h"
#include "places.h"
#include "scan_form.h"

namespace gatewise {

// [0, B, …, N], from the row counts of each step or, without, from T equal ones.
inline const Index* read_offsets(const Arguments& args, Index steps, Index batch, size_t counts_at) {
  const bool counted = !args.absent(counts_at);
  const Elements<int32_t> counts = counted ? args.integers(counts_at) : Elements<int32_t>{};
  if (counted && counts.length < steps) args.fail(counts_at, "a row count for each step");
  Index* const offsets = Engine::of(args.env()).offsets(steps + 1);
  offsets[0] = 0;
  Index previous = batch;
  for (Index t = 0; t < steps; ++t) {
    const Index count = counted ? counts.data[t] : batch;
    if (count < 1 || count > previous || (t == 0 && count != batch)) args.fail(counts_at, "row counts that never grow");
    previous = count;
    offsets[t + 1] = offsets[t] + count;
  }
  return offsets;
}

// Arguments 2 to 15 of a call:
// (…, steps, batch, counts | null, reverse, x, h0 | null, c0 | null, out, outRow, outColumn,
//  dropout | null, zoneoutKey | -1, firstRow, firstGroup, …)
struct Sequence {
  const ScanSize& size;
  Index steps, batch;
  Index first_group;     // sequences of the first of two groups; 0 where they do not go in groups
  const Index* offsets;  // the engine's, until the next call
  bool reverse;
  float* x;
  const float* h0;
  const float* c0;
  float* out;
  Index out_row;
  Index out_column;
  Extras extras;
  static constexpr size_t kEnd = 16;  // the argument after these

  Sequence(const Arguments& args, const ScanForm& form) : size(form.size), extras(form.extras) {
    steps = args.size(2, 1);
    batch = args.size(3, 1);
    args.floats(6, product({steps, size.input}));  // before there is memory for the steps: each has a row
    offsets = read_offsets(args, steps, batch, 4);
    reverse = args.flag(5);
    x = args.floats(6, product({count(), size.input}));
    h0 = optional_state(args, 7, size.output);
    c0 = optional_state(args, 8, size.hidden);
    out_row = args.size(10, size.output);
    out_column = args.size(11, 0, out_row - size.output);
    out = args.floats(9, product({count(), out_row})) + out_column;
    extras.dropout = args.optional_floats(12, product({batch, size.output}));
    const double key = args.number(13);
    extras.random = key >= 0;
    extras.key = extras.random ? static_cast<uint32_t>(static_cast<int64_t>(std::min(key, 4294967295.0))) : 0;
    extras.first_row = args.size(14, 0, int64_t{1} << 40);
    first_group = args.size(15, 0);
    if (first_group > 0 && form.cell->facts.staged) args.fail(15, "no groups of such a cell");
  }

  Index count() const { return offsets[steps]; }
  Rows rows() const { return {steps, batch, offsets, reverse, offsets, offsets}; }
  // [B, width]
  float* state(const Arguments& args, size_t i, Index width) const { return args.floats(i, product({batch, width})); }
  float* optional_state(const Arguments& args, size_t i, Index width) const {
    return args.absent(i) ? nullptr : state(args, i, width);
  }
};

// An array of the caller's, and where the rows of the sequence stand in it.
struct Placed {
  float* rows;  // or null
  Places places;

  // From two arguments: the array, or null; and its places.
  Placed(const Arguments& args, size_t i, const Sequence& sequence, Index width)
      : rows(nullptr), places(read_places(args, i + 1)) {
    if (args.absent(i)) return;
    if (places.order && (places.steps < sequence.steps || places.batch < sequence.batch)) {
      args.fail(i + 1, "places for all steps and sequences");
    }
    rows = args.floats(i, product({places.order ? rows_of(places) : sequence.count(), width}));
  }
};

}  // namespace gatewise
