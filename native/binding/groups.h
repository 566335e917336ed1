// The sequences of a batch in groups, each trained as a scan of its own.
//
// A team that divides the rows of one scan shares memory at every step: its members write rows between those of the others,
// of which processors fetch lines ahead into the wrong cache, and sum the weights' gradients over dgates that others have made.
// Where cores share no cache, that can cost all that a second one wins. A group has its own part of the tape, its own scratch
// and its own sums, and threads that work on different groups meet nowhere.
//
// What is summed group by group has other bits than what is summed step by step. How many groups there are is therefore a
// matter of sizes alone, never of threads. One thread goes through the rows of all, and keeps the sums apart.
#pragma once
#include "engine.h"
#include "scan_form.h"

namespace gatewise {

// Some sequences of a batch that all have the same steps, and where these begin in arrays of their own: as `offsets` tells, or
// where that is null between those of the others.
struct Span {
  Index batch;  // of all
  Index first;
  Index size;
  const Index* offsets;
  // Rows of an array that has all steps of the sequences before these.
  Index before(Index steps) const { return offsets ? steps * first : first; }
};

// Their part of a job for all.
ScanForward part_of(const ScanForward& job, const Span& span, const CellFacts& cell);
ScanBackward part_of(const ScanBackward& job, const Span& span, const CellFacts& cell);

class Groups {
 public:
  static constexpr Index kMost = Meeting::kMostGroups;

  // Whether a pass of so many sequences is one for groups.
  static bool suit(const CellKernels& cell, const ScanSize& size, Index batch);

  // Those of `batch` sequences, if they may go in groups at all.
  Groups(const ScanForm& form, Index batch, bool grouped);

  Index count() const { return count_; }
  Index first(Index g) const { return cut_of(nullptr, static_cast<int>(count_), batch_, static_cast<int>(g)); }
  Index largest() const { return (batch_ + count_ - 1) / count_; }

  // The sequences of group g, whose steps begin in `offsets`, which fill_offsets has filled with offsets_size numbers, or null.
  Span span(Index g, Index steps, const Index* offsets) const;
  Index offsets_size(Index steps) const { return 2 * (steps + 1); }
  void fill_offsets(Index* offsets, Index steps) const;

 private:
  Index batch_;
  Index count_;
};

// Gradients of a scan's parameters for a group that is not the first: zeros in so many floats of memory, of what `like` has, and
// their sum with those of all.
Index group_gradients_size(const ScanForm& form);
ScanArrays<float> group_gradients(const ScanForm& form, const ScanArrays<float>& like, float* memory);
void add_gradients(const ScanForm& form, const ScanArrays<float>& from, const ScanArrays<float>& to);

}  // namespace gatewise
