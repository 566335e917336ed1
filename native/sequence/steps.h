// The order in which a scan visits its rows, and how a team divides them.
#pragma once
#include "../gemm/pack.h"
#include "job.h"

GATEWISE_KERNEL_BEGIN

struct Range {
  Index first;
  Index last;  // one past
  Index size() const { return last > first ? last - first : 0; }
};

GATEWISE_INLINE Range share_of(const Team& team, Index count) {
  return {count * team.index / team.size, count * (team.index + 1) / team.size};
}

// Steps are counted in the order of computation: step s of a reverse scan is time T - 1 - s.
struct Steps {
  const Rows& rows;

  Index time(Index s) const { return rows.reverse ? rows.steps - 1 - s : s; }
  // First row of step s in the time-major order.
  Index row(Index s) const { return rows.offsets[time(s)]; }
  // Rows of step s; none before the first and after the last.
  Index count(Index s) const {
    if (s < 0 || s >= rows.steps) return 0;
    const Index t = time(s);
    return rows.offsets[t + 1] - rows.offsets[t];
  }
  // Calls body(place, b, count) for rows b, b + 1, … of step s that stand one after another in the caller's array too.
  template <class Body>
  void for_places(const Places& places, Index s, Range rows, const Body& body) const {
    if (rows.size() > 0 && !places.order) body(row(s) + rows.first, rows.first, rows.size());
    for (Index b = rows.first; places.order && b < rows.last; ++b) {
      body(time(s) * places.per_step + places.order[b] * places.per_sequence, b, Index{1});
    }
  }
};

GATEWISE_INLINE Range intersect(Range a, Index first, Index last) {
  return {a.first > first ? a.first : first, a.last < last ? a.last : last};
}

// Divides the rows of steps first..last among a team so that who has most to do has least. Sequences stand longest first: a
// member with long ones has few of them, and so as many row steps as another in more steps. A step costs it the reading of
// all weights besides, which takes about as long as a row does.
class RowShares {
 public:
  RowShares(const Team& team, const Steps& steps, Index first, Index last)
      : team_(team), steps_(steps), first_(first), last_(last) {}

  Range mine() const {
    const Index batch = steps_.rows.batch;
    const Index equal = steps_.count(first_);
    if (equal == steps_.count(last_ - 1)) {
      const Range share = share_of(team_, equal);
      return {share.first, team_.index == team_.size - 1 ? batch : share.last};
    }
    Index total = 0;
    for (Index b = 0; b < batch; ++b) total += steps_of(b);
    Index low = total / team_.size - 1;  // of cost that suffices not
    Index high = total + kStepRows * (last_ - first_);
    while (high - low > 1 + total / 256) {
      const Index middle = (low + high) / 2;
      (divide(middle).complete ? high : low) = middle;
    }
    return divide(high).mine;
  }

 private:
  static constexpr Index kStepRows = 1;

  struct Division {
    Range mine;
    bool complete;  // whether all rows are someone's
  };

  // Hands out rows until each member has as much to do as `most` allows.
  Division divide(Index most) const {
    const Index batch = steps_.rows.batch;
    Division division{};
    Index b = 0;
    for (int member = 0; member < team_.size; ++member) {
      const Index begin = b;
      Index steps = b < batch ? steps_of(b) : 0;
      Index cost = kStepRows * steps;
      while (b < batch && cost + steps <= most) {
        cost += steps;
        steps = ++b < batch ? steps_of(b) : 0;
      }
      if (member == team_.index) division.mine = {begin, b};
    }
    division.complete = b == batch;
    return division;
  }

  // In how many of the steps row b is: they are those at one end.
  Index steps_of(Index b) const {
    const bool from_begin = steps_.count(first_) > b;
    if (!from_begin && steps_.count(last_ - 1) <= b) return 0;
    Index low = first_, high = last_;  // the row's being in a step changes in low..high
    while (low < high) {
      const Index middle = (low + high) / 2;
      if ((steps_.count(middle) > b) == from_begin) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return from_begin ? low - first_ : last_ - low;
  }

  const Team& team_;
  const Steps& steps_;
  Index first_, last_;
};

// A member's part of the steps of a chunk: some rows of all units, or all rows of some unit panels.
struct Part {
  Range rows;    // of the batch
  Range panels;  // of units, V each
  bool meets;    // whether members must meet after each step

  // Steps first..last, in the order of computation. Where lengths are unequal the rows of one member may all be over. The
  // shares cover the whole batch.
  Part(const Team& team, Split split, const Steps& steps, Index first, Index last, Index panel_count)
      : rows{0, steps.rows.batch}, panels{0, panel_count}, meets(split == Split::kUnits && team.size > 1) {
    if (split == Split::kUnits) {
      panels = share_of(team, panel_count);
    } else if (team.size > 1) {
      rows = RowShares(team, steps, first, last).mine();
    }
  }

  // The same where no step is looked at: of the rows and panels themselves.
  Part(const Team& team, Split split, Index batch, Index panel_count)
      : rows{0, batch}, panels{0, panel_count}, meets(split == Split::kUnits && team.size > 1) {
    if (split == Split::kRows) {
      rows = share_of(team, batch);
    } else {
      panels = share_of(team, panel_count);
    }
  }
};

// Whether the shares of members may differ from chunk to chunk, so that they must meet in between.
GATEWISE_INLINE bool shares_vary(const Team& team, Split split, const Rows& rows) {
  return team.size > 1 && split == Split::kRows && rows.offsets[rows.steps] != rows.steps * rows.batch;
}

GATEWISE_KERNEL_END
