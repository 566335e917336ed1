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

class Groups {
 public:
  static constexpr Index kMost = Meeting::kMostGroups;

  // Those of `batch` sequences, if they may go in groups at all.
  Groups(const ScanForm& form, Index batch, bool grouped);

  Index count() const { return count_; }
  // The sequences of group g, from first(g) on.
  Index first(Index g) const { return batch_ * g / count_; }
  Index size(Index g) const { return first(g + 1) - first(g); }
  Index largest() const { return (batch_ + count_ - 1) / count_; }

  // Group g's part of a job for all sequences. Where the tape has each group's rows together, they begin at `offsets`; where
  // it has them step by step, that is null.
  ScanForward part_of(const ScanForward& job, Index g, const Index* offsets) const;
  ScanBackward part_of(const ScanBackward& job, Index g, const Index* offsets) const;

  // Where the steps of groups begin: as many numbers as offsets_size says, and those of group g.
  Index offsets_size(Index steps) const { return 2 * (steps + 1); }
  void fill_offsets(Index* offsets, Index steps) const;

 private:
  Rows rows_of(const Rows& all, Index g, const Index* offsets) const;
  // The group's part of rows that the caller has, `floats` apart.
  template <class Float>
  void go_to(Float*& rows, Places& places, Index floats, Index g) const;

  const ScanForm& form_;
  Index batch_;
  Index count_ = 1;
};

// Gradients of a scan's parameters for a group that is not the first: zeros in so many floats of memory, of what `like` has, and
// their sum with those of all.
Index group_gradients_size(const ScanForm& form);
ScanArrays<float> group_gradients(const ScanForm& form, const ScanArrays<float>& like, float* memory);
void add_gradients(const ScanForm& form, const ScanArrays<float>& from, const ScanArrays<float>& to);

}  // namespace gatewise
