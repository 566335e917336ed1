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

// A member's part of every step: some rows of all units, or all rows of some unit panels.
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

GATEWISE_KERNEL_END
