#include "groups.h"

#include <algorithm>
#include <array>

namespace gatewise {
namespace {

// To the part of rows that the caller has, `floats` apart.
template <class Float>
void go_to(Float*& rows, Places& places, Index floats, const Span& span) {
  if (!rows) return;
  if (!places.order) {
    rows += span.first * floats;
    return;
  }
  const bool last = span.first + span.size == span.batch;
  places.order += span.first;
  places.batch = last ? places.batch - span.first : span.size;
}

// The same of one row for each sequence.
template <class Float>
void go_on(Float*& rows, Index floats, const Span& span) {
  if (rows) rows += span.first * floats;
}

// What scans have both ways: x, the first states, and what of a tape is there.
template <class Job>
Job begin_part(const Job& job, const Span& span, const CellFacts& cell, bool tape) {
  const Index hidden = job.size.hidden;
  const Index before = span.before(job.rows.steps);
  Job own = job;
  own.rows = {job.rows.steps, span.size, span.offsets ? span.offsets : job.rows.offsets, job.rows.reverse, span.batch};
  go_on(own.x, job.size.input, span);
  go_on(own.h0, job.size.output, span);
  go_on(own.c0, hidden, span);
  if (tape) own.gates += before * cell.slots * hidden;
  if (own.cells) own.cells += (tape ? before : span.first) * hidden;
  own.out += before * own.out_row;
  return own;
}

}  // namespace

ScanForward part_of(const ScanForward& job, const Span& span, const CellFacts& cell) {
  ScanForward own = begin_part(job, span, cell, job.tape);
  go_on(own.gathered, job.size.input, span);
  go_to(own.given, own.given_places, job.size.input, span);
  go_on(own.hn, job.size.output, span);
  go_on(own.cn, job.size.hidden, span);
  go_to(own.result, own.result_places, own.result_row, span);
  return own;
}

ScanBackward part_of(const ScanBackward& job, const Span& span, const CellFacts& cell) {
  ScanBackward own = begin_part(job, span, cell, true);
  go_to(own.dout, own.dout_places, own.dout_row, span);
  go_on(own.dhn, job.size.output, span);
  go_on(own.dcn, job.size.hidden, span);
  go_to(own.dx, own.dx_places, job.size.input, span);
  go_on(own.dh0, job.size.output, span);
  go_on(own.dc0, job.size.hidden, span);
  own.goes_on = std::clamp<Index>(job.goes_on - span.first, 0, span.size);
  return own;
}

bool Groups::suit(const CellKernels& cell, const ScanSize& size, Index batch) {
  // Fewer rows read each weight for too few of them. More divide well enough step by step; and sequences of unequal lengths, which
  // have no groups, shall not take longer than padded ones do.
  constexpr Index kFewest = 8, kMostSequences = 31;
  // Of more weights, the sums of each group fill a cache.
  constexpr Index kMostWeights = Index{1} << 18;
  const Index weights = product({cell.facts.gates, size.hidden, size.input + size.output});
  const bool few = batch >= kFewest && batch <= kMostSequences && weights <= kMostWeights;
  return few && !cell.facts.staged;
}

Groups::Groups(const ScanForm& form, Index batch, bool grouped)
    : batch_(batch), count_(grouped && suit(*form.cell, form.size, batch) ? kMost : 1) {}

// Groups are of two sizes, one sequence apart.
void Groups::fill_offsets(Index* offsets, Index steps) const {
  for (Index t = 0; t <= steps; ++t) {
    offsets[t] = t * largest();
    offsets[steps + 1 + t] = t * (largest() - 1);
  }
}

Span Groups::span(Index g, Index steps, const Index* offsets) const {
  const Index size = first(g + 1) - first(g);
  const bool smaller = offsets && size < largest();
  return {batch_, first(g), size, smaller ? offsets + steps + 1 : offsets};
}

namespace {

struct Piece {
  float* ScanArrays<float>::*array;
  Index floats;
};

// What the parameters of a cell that is not staged are.
std::array<Piece, 4> pieces_of(const ScanForm& form) {
  using Arrays = ScanArrays<float>;
  const Index rows = form.cell->facts.gates * form.size.hidden;
  return {{{&Arrays::w_ih, rows * form.size.input},
           {&Arrays::w_hh, rows * form.size.output},
           {&Arrays::b_ih, rows},
           {&Arrays::b_hh, rows}}};
}

}  // namespace

Index group_gradients_size(const ScanForm& form) {
  Index sum = 0;
  for (const Piece& piece : pieces_of(form)) sum += round_up(piece.floats);
  return sum;
}

ScanArrays<float> group_gradients(const ScanForm& form, const ScanArrays<float>& like, float* memory) {
  std::fill_n(memory, group_gradients_size(form), 0.0f);
  ScanArrays<float> own{};
  for (const Piece& piece : pieces_of(form)) {
    if (like.*piece.array) own.*piece.array = memory;
    memory += round_up(piece.floats);
  }
  return own;
}

void add_gradients(const ScanForm& form, const ScanArrays<float>& from, const ScanArrays<float>& to) {
  for (const Piece& piece : pieces_of(form)) {
    const float* const numbers = from.*piece.array;
    float* const sums = to.*piece.array;
    for (Index i = 0; numbers && i < piece.floats; ++i) sums[i] += numbers[i];
  }
}

}  // namespace gatewise
