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
  places.order += span.first;
  places.batch = span.last ? places.batch - span.first : span.size;
}

// The same of one row for each sequence.
template <class Float>
void go_on(Float*& rows, Index floats, const Span& span) {
  if (rows) rows += span.first * floats;
}

// What scans have both ways: x, the first states, and what of a tape is there.
template <class Job>
Job begin_part(const Job& job, const Span& span, const CellFacts& cell, bool tape, bool together) {
  const Index hidden = job.size.hidden;
  const Index* const in_pass = job.rows.offsets;
  const Index before = together ? span.before : span.first;
  Job own = job;
  own.rows = {span.steps, span.size, span.offsets, job.rows.reverse, in_pass, together ? span.offsets : in_pass};
  go_on(own.x, job.size.input, span);
  go_on(own.h0, job.size.output, span);
  go_on(own.c0, hidden, span);
  if (tape) own.gates += before * cell.slots * hidden;
  if (own.cells) own.cells += (tape ? before : span.first) * hidden;
  own.out += before * own.out_row;
  return own;
}

}  // namespace

Span::Span(const Rows& all, Index from, Index end, Index* to, bool ends)
    : first(std::min(from, all.batch)),
      size(std::clamp<Index>(end - first, 0, all.batch - first)),
      steps(0),
      before(0),
      offsets(to),
      last(ends) {
  to[0] = 0;
  for (Index t = 0; t < all.steps; ++t) {
    const Index rows = all.offsets[t + 1] - all.offsets[t];
    const Index own = std::clamp<Index>(rows - first, 0, size);
    before += std::min(rows, first);
    to[t + 1] = to[t] + own;
    if (own > 0) steps = t + 1;
  }
}

ScanForward part_of(const ScanForward& job, const Span& span, const CellFacts& cell) {
  ScanForward own = begin_part(job, span, cell, job.tape, true);
  go_on(own.gathered, job.size.input, span);
  go_to(own.given, own.given_places, job.size.input, span);
  go_on(own.hn, job.size.output, span);
  go_on(own.cn, job.size.hidden, span);
  go_to(own.result, own.result_places, own.result_row, span);
  return own;
}

ScanBackward part_of(const ScanBackward& job, const Span& span, const CellFacts& cell, bool together) {
  ScanBackward own = begin_part(job, span, cell, true, together);
  go_to(own.dout, own.dout_places, own.dout_row, span);
  go_on(own.dhn, job.size.output, span);
  go_on(own.dcn, job.size.hidden, span);
  go_to(own.dx, own.dx_places, job.size.input, span);
  go_on(own.dh0, job.size.output, span);
  go_on(own.dc0, job.size.hidden, span);
  own.goes_on = std::clamp<Index>(job.goes_on - span.first, 0, span.size);
  return own;
}

Index Groups::largest(Index batch) const {
  const Index first = std::min(first_group_, batch);
  return std::max(first, batch - first);
}

Span Groups::span(Index g, const Rows& all, Index* offsets) const {
  const bool last = g == count() - 1;
  return {all, g > 0 ? first_group_ : 0, last ? all.batch : first_group_, offsets + g * (all.steps + 1), last};
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
