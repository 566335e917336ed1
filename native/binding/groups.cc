#include "groups.h"

#include <algorithm>
#include <array>

namespace gatewise {

Groups::Groups(const ScanForm& form, Index batch, bool grouped) : form_(form), batch_(batch) {
  // Fewer rows read each weight for too few of them. More divide well enough step by step; and sequences of unequal lengths, which
  // have no groups, shall not take longer than padded ones do.
  constexpr Index kFewest = 8, kMostSequences = 31;
  // Of more weights, the sums of each group fill a cache.
  constexpr Index kMostWeights = Index{1} << 18;
  const ScanSize& size = form.size;
  const Index weights = product({form.cell->facts.gates, size.hidden, size.input + size.output});
  const bool few = batch >= kFewest && batch <= kMostSequences && weights <= kMostWeights;
  if (grouped && few && !form.cell->facts.staged) count_ = kMost;
}

// Groups are of two sizes, one sequence apart.
void Groups::fill_offsets(Index* offsets, Index steps) const {
  for (Index t = 0; t <= steps; ++t) {
    offsets[t] = t * largest();
    offsets[steps + 1 + t] = t * (largest() - 1);
  }
}

Rows Groups::rows_of(const Rows& all, Index g, const Index* offsets) const {
  const Index* const own = !offsets ? all.offsets : size(g) == largest() ? offsets : offsets + all.steps + 1;
  return {all.steps, size(g), own, all.reverse, batch_};
}

template <class Float>
void Groups::go_to(Float*& rows, Places& places, Index floats, Index g) const {
  if (!rows) return;
  if (!places.order) {
    rows += first(g) * floats;
    return;
  }
  places.order += first(g);
  places.batch = g == count_ - 1 ? places.batch - first(g) : size(g);
}

ScanForward Groups::part_of(const ScanForward& job, Index g, const Index* offsets) const {
  const auto [input, hidden, output] = job.size;
  const Index row = job.rows.steps * first(g);
  const auto go_on = [&](auto*& array, Index floats) {
    if (array) array += first(g) * floats;
  };
  ScanForward own = job;
  own.rows = rows_of(job.rows, g, offsets);
  go_on(own.x, input);
  go_on(own.gathered, input);
  go_to(own.given, own.given_places, input, g);
  go_on(own.h0, output);
  go_on(own.c0, hidden);
  go_on(own.hn, output);
  go_on(own.cn, hidden);
  own.gates += row * form_.cell->facts.slots * hidden;
  if (own.cells) own.cells += row * hidden;
  own.out += row * own.out_row;
  go_to(own.result, own.result_places, own.result_row, g);
  return own;
}

ScanBackward Groups::part_of(const ScanBackward& job, Index g, const Index* offsets) const {
  const auto [input, hidden, output] = job.size;
  const Index row = offsets ? job.rows.steps * first(g) : first(g);
  const auto go_on = [&](auto*& array, Index floats) {
    if (array) array += first(g) * floats;
  };
  ScanBackward own = job;
  own.rows = rows_of(job.rows, g, offsets);
  go_on(own.x, input);
  go_on(own.h0, output);
  go_on(own.c0, hidden);
  own.gates += row * form_.cell->facts.slots * hidden;
  if (own.cells) own.cells += row * hidden;
  own.out += row * own.out_row;
  go_to(own.dout, own.dout_places, own.dout_row, g);
  go_on(own.dhn, output);
  go_on(own.dcn, hidden);
  go_to(own.dx, own.dx_places, input, g);
  go_on(own.dh0, output);
  go_on(own.dc0, hidden);
  own.link_rows = largest();
  own.goes_on = std::clamp<Index>(job.goes_on - first(g), 0, size(g));
  return own;
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
