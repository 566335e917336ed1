// The order in which a scan visits its rows, and how a team divides them.
#pragma once
#include "../gemm/fetch.h"
#include "../gemm/pack.h"
#include "job.h"

GATEWISE_KERNEL_BEGIN

struct Range {
  Index first;
  Index last;  // one past
  Index size() const { return last > first ? last - first : 0; }
};

GATEWISE_INLINE Range share_of(const Team& team, Index count) {
  return {cut_of(team.cuts, team.size, count, team.index), cut_of(team.cuts, team.size, count, team.index + 1)};
}

// Rows of a step in an array of the caller's.
template <class Float>
struct PlacedRows {
  Float* rows;           // null for none
  const int32_t* order;  // which of the sequences there row r is; null where they stand as here
  Index distance;        // of sequences
  GATEWISE_INLINE Float* row(Index r) const { return rows + (order ? order[r] : r) * distance; }
};

// All rows of time t in an array of rows that are array_row apart, whose sequences stand in another order.
template <class Float>
GATEWISE_INLINE PlacedRows<Float> ordered_rows(Float* array, Index array_row, const Places& places, Index t) {
  return {array + t * places.per_step * array_row, places.order, places.per_sequence * array_row};
}

// Steps are counted in the order of computation: step s of a reverse scan is time T - 1 - s.
struct Steps {
  const Rows& rows;

  Index time(Index s) const { return rows.reverse ? rows.steps - 1 - s : s; }
  // Whether step s goes through the weights from the last panel to the first. Every other one does: where a cache does not hold
  // all of them, it holds those that the step before was through with last.
  bool turned(Index s) const { return s % 2 == 1; }
  // First row of step s in the tape, and in an array of the whole pass.
  Index row(Index s) const { return rows.in_tape[time(s)]; }
  Index row_in_pass(Index s) const { return rows.in_pass[time(s)]; }
  // Rows of step s; none before the first and after the last.
  Index count(Index s) const {
    if (s < 0 || s >= rows.steps) return 0;
    const Index t = time(s);
    return rows.offsets[t + 1] - rows.offsets[t];
  }
  // Rows b, b + 1, … of step s in an array of rows that are array_row apart.
  template <class Float>
  PlacedRows<Float> rows_in(Float* array, Index array_row, const Places& places, Index s, Index b) const {
    if (!array) return {};
    if (!places.order) return {array + (row_in_pass(s) + b) * array_row, nullptr, array_row};
    PlacedRows<Float> placed = ordered_rows(array, array_row, places, time(s));
    placed.order += b;
    return placed;
  }
  // Calls body(at, b, count) for rows b, b + 1, … of step s that stand one after another in the array too, from `at` on.
  template <class Float, class Body>
  void for_runs(Float* array, Index array_row, const Places& places, Index s, Range rows, const Body& body) const {
    if (rows.size() == 0) return;
    const PlacedRows<Float> placed = rows_in(array, array_row, places, s, 0);
    if (!placed.order) return body(placed.row(rows.first), rows.first, rows.size());
    for (Index b = rows.first; b < rows.last; ++b) body(placed.row(b), b, Index{1});
  }
};

GATEWISE_INLINE Range intersect(Range a, Index first, Index last) {
  return {a.first > first ? a.first : first, a.last < last ? a.last : last};
}

// Zeroes a member's share of the padding that an array of the caller's has at time t, of which the scan has `count` rows:
// `width` numbers of each, `row` apart. Written in line: there are many short ones. Of arrays that no near cache holds it goes
// past the caches, where rows are whole lines: a processor would bring each line in before it is cleared, one waiting for the other.
__attribute__((noinline)) void clear_padding(const Places& places, const Team& team, Index t, Index count, float* to,
                                             Index row, Index width) {
  if (!places.order) return;
  const PlacedRows<float> placed = ordered_rows(to, row, places, t);
  const Range share = share_of(team, places.batch - count);
  const bool lines = (reinterpret_cast<uintptr_t>(to) / sizeof(float) | row | width) % kLineFloats == 0;
  const bool past = lines && places.steps * places.batch * row > kNearCache / 2;
  for (Index b = count + share.first; b < count + share.last; ++b) {
    float* const padding = placed.row(b);
    for (Index i = 0; past && i < width; i += kWidth) store_past(padding + i, zero());
    for (Index i = 0; !past && i < width; i += kWidth) store_lanes(padding + i, zero(), smaller(kWidth, width - i));
  }
}

// Whether the gates and cells that a pass keeps, of all its rows, are more than a near cache holds.
template <class Cell>
GATEWISE_INLINE bool tape_is_far(const Rows& rows, Index hidden) {
  return rows.offsets[rows.steps] * (Cell::kSlots + Cell::kHasCell) * hidden > kNearCache;
}

// A member's part of a scan: some rows of all units, or all rows of some unit panels.
struct Part {
  Range rows;    // of the batch
  Range panels;  // of units, V each
  bool meets;    // whether members must meet after each step

  Part(const Team& team, Split split, Index batch, Index panel_count)
      : rows{0, batch}, panels{0, panel_count}, meets(split == Split::kUnits && team.size > 1) {
    if (split == Split::kRows) {
      rows = share_of(team, batch);
    } else {
      panels = share_of(team, panel_count);
    }
  }
};

// Whether who has a row may change from step to step.
GATEWISE_INLINE bool shares_vary(const Team& team, Split split, const Rows& rows) {
  const bool alike = rows.offsets[rows.steps] == rows.steps * rows.batch;
  return team.size > 1 && split == Split::kRows && !alike;
}

// The rows of a member in the steps first..last, in the order of computation, where lengths are unequal: row steps are counted
// row by row, and each member takes a run of them that is its share. So a row may be one member's up to a time and the next
// one's from then on, who waits there for the other.
//
// It need not wait long. Sequences stand longest first: a member has fewer and longer ones than the next, and so is ahead of it
// on the way to the last step, and behind on the way back, and has what it gives away done before the other is there.
class RowShares {
 public:
  RowShares(const Team& team, Split split, const Steps& steps, Index first, Index last)
      : team_(team), steps_(steps), vary_(shares_vary(team, split, steps.rows)) {
    if (!vary_) return;
    begin_ = steps.rows.reverse ? steps.time(last - 1) : steps.time(first);
    end_ = begin_ + last - first;
    const Index least = steps.rows.offsets[end_] - steps.rows.offsets[end_ - 1];
    if (steps_of(least) == 0) {
      const Range share = share_of(team, least);
      from_ = {share.first, begin_};
      to_ = {share.last, begin_};
      return;
    }
    Index total = 0;
    for (Index b = 0; b < steps.rows.batch; ++b) total += cost_of(b, steps_of(b));
    const Range share = share_of(team, total);
    from_ = cut(share.first);
    to_ = cut(share.last);
  }

  // Gives the part its rows of step s, the first one of these.
  void begin(Part& part, Index s) const {
    if (vary_) part.rows = rows_at(s);
  }

  // When `done` steps are done: gives the part its rows of step `next`, waits for who had what is new in it, and lets
  // go what is not in it any more. In this order, as a row may be this member's for no step at all, and go on to the next.
  void go_on(Part& part, Index next, Index done) const {
    if (!vary_) return;
    const Range had = part.rows;
    part.rows = rows_at(next);
    if (part.rows.first < had.first) team_.wait_for(team_.context, team_.index - 1, done);
    if (part.rows.last > had.last) team_.wait_for(team_.context, team_.index + 1, done);
    if (part.rows.first > had.first || part.rows.last < had.last) team_.tell(team_.context, team_.index, done);
  }

 private:
  // The row that a member begins with, from a time on; before that it begins with the next one.
  struct Cut {
    Index row;
    Index time;
    Index at(Index t) const { return t < time ? row + 1 : row; }
  };

  // Each row of the batch is someone's, whether the step has it or not.
  Range rows_at(Index s) const {
    const Index t = steps_.time(s);
    return {from_.at(t), team_.index == team_.size - 1 ? steps_.rows.batch : to_.at(t)};
  }

  Cut cut(Index cost) const {
    for (Index b = 0; b < steps_.rows.batch; ++b) {
      const Index steps = steps_of(b), all = cost_of(b, steps);
      if (cost < all) return {b, begin_ + cost * steps / all};
      cost -= all;
    }
    return {steps_.rows.batch, begin_};
  }

  // A step of few rows, which the first is among, waits for one result after the other: it takes as long as one with a row more.
  Index cost_of(Index b, Index steps) const {
    constexpr Index kFew = 4;
    return b > 0 ? steps : 2 * steps - steps_of(kFew - 1);
  }

  // In how many of the steps row b is: the first ones in time.
  Index steps_of(Index b) const {
    Index low = begin_, high = end_;
    while (low < high) {
      const Index middle = (low + high) / 2;
      if (steps_.rows.offsets[middle + 1] - steps_.rows.offsets[middle] > b) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - begin_;
  }

  const Team& team_;
  const Steps& steps_;
  const bool vary_;
  Index begin_ = 0, end_ = 0;  // of the steps, in time
  Cut from_{}, to_{};
};

GATEWISE_KERNEL_END
