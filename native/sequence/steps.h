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
};

GATEWISE_INLINE Range intersect(Range a, Index first, Index last) {
  return {a.first > first ? a.first : first, a.last < last ? a.last : last};
}

// A member's part of the steps of a chunk: some rows of all units, or all rows of some unit panels.
struct Part {
  Range rows;    // of the batch
  Range panels;  // of units, V each
  bool meets;    // whether members must meet after each step

  // Steps first..last, in the order of computation. Rows are divided so that everyone has as many row steps in this chunk:
  // where lengths are unequal the rows of one member may all be over. The shares cover the whole batch.
  Part(const Team& team, Split split, const Steps& steps, Index first, Index last, Index panel_count)
      : rows{0, steps.rows.batch}, panels{0, panel_count}, meets(split == Split::kUnits && team.size > 1) {
    if (split == Split::kUnits) {
      panels = share_of(team, panel_count);
    } else if (team.size > 1) {
      rows = {boundary(team, team.index, steps, first, last), boundary(team, team.index + 1, steps, first, last)};
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

  // The row that member `member` begins with.
  static Index boundary(const Team& team, int member, const Steps& steps, Index first, Index last) {
    const Index batch = steps.rows.batch;
    if (member == 0 || member == team.size) return member == 0 ? 0 : batch;
    if (steps.count(first) == steps.count(last - 1)) return steps.count(first) * member / team.size;
    // Row steps of the rows below b.
    const auto work = [&](Index b) {
      Index sum = 0;
      for (Index s = first; s < last; ++s) sum += smaller(b, steps.count(s));
      return sum;
    };
    const Index wanted = work(batch) * member / team.size;
    Index low = 0, high = batch;  // work(low) < wanted <= work(high)
    while (high - low > 1) {
      const Index middle = (low + high) / 2;
      (work(middle) < wanted ? low : high) = middle;
    }
    return high;
  }
};

// Whether the shares of members may differ from chunk to chunk, so that they must meet in between.
GATEWISE_INLINE bool shares_vary(const Team& team, Split split, const Rows& rows) {
  return team.size > 1 && split == Split::kRows && rows.offsets[rows.steps] != rows.steps * rows.batch;
}

GATEWISE_KERNEL_END
