// The sequences of a batch in groups, each trained as a scan of its own.
//
// A team that divides the rows of one scan shares memory at every step: its members write rows between those of the others,
// of which processors fetch lines ahead into the wrong cache, and sum the weights' gradients over dgates that others have made.
// Where cores share no cache, that can cost all that a second one wins. A group has its own part of the tape, its own scratch
// and its own sums, and threads that work on different groups meet nowhere.
//
// What is summed group by group has other bits than what is summed step by step. What the groups are is therefore a matter of
// sizes and lengths alone, never of threads. One thread goes through the rows of all, and keeps the sums apart.
#pragma once
#include "engine.h"
#include "scan_form.h"

namespace gatewise {

// Some sequences of a pass: `size` of them from `first` on, longest first. None is in steps that have no more than `first`.
struct Span {
  Index first;
  Index size;
  Index steps;           // that any of them has
  Index before;          // rows, of all steps, of the sequences before these
  const Index* offsets;  // [steps + 1], of their own rows
  bool last;             // whether no others come after these

  Span() = default;
  // Of sequences `first` to `end` of all; writes the offsets.
  Span(const Rows& all, Index first, Index end, Index* offsets, bool last);
};

// Their part of a job for all. Of a tape they have their rows together, or between those of the others.
ScanForward part_of(const ScanForward& job, const Span& span, const CellFacts& cell);
ScanBackward part_of(const ScanBackward& job, const Span& span, const CellFacts& cell, bool together);

class Groups {
 public:
  static constexpr Index kMost = Meeting::kMostGroups;

  // The first of two is of so many sequences; 0 for one of all.
  explicit Groups(Index first_group) : first_group_(first_group) {}

  Index count() const { return first_group_ > 0 ? kMost : 1; }
  // Sequences of the largest group of a batch.
  Index largest(Index batch) const;

  // The sequences of group g, which may be none of a piece of a pass, and offsets_size numbers for all groups.
  Span span(Index g, const Rows& all, Index* offsets) const;
  Index offsets_size(Index steps) const { return count() * (steps + 1); }

 private:
  Index first_group_;
};

// Gradients of a scan's parameters for a group that is not the first: zeros in so many floats of memory, of what `like` has, and
// their sum with those of all.
Index group_gradients_size(const ScanForm& form);
ScanArrays<float> group_gradients(const ScanForm& form, const ScanArrays<float>& like, float* memory);
void add_gradients(const ScanForm& form, const ScanArrays<float>& from, const ScanArrays<float>& to);

}  // namespace gatewise
