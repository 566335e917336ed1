// Whether a team is worth its call, found out by trying: where cores share no cache, small work may take a team longer than
// one thread, by how much depends on the machine, and a virtual one's cores may be others a minute later. Whoever does the
// work, the bits are the same.
//
// Calls go in stretches of one kind, by the team or by one thread, which `took` is told of one after the other. At the end
// of a stretch the other kind is tried for a few calls, and the sooner one has the next stretch. As long as the choice
// stays what it was, stretches double, so that the trials cost next to nothing.
#pragma once
#include <limits>

namespace gatewise {

class Trial {
 public:
  // Whether the next call is for one thread.
  bool alone() const { return alone_; }

  // What the call took, for a unit of its work.
  void took(double time) {
    double& least = alone_ ? least_alone_ : least_together_;
    if (left_ <= kCounted && time < least) least = time;
    if (--left_ > 0) return;
    const bool better = least_alone_ < least_together_;
    const bool kept = better != alone_;
    if (!trying_) {
      // The first call of a trial finds its memory in the caches of the others, and does not count.
      change_to(!alone_, kCounted + 1);
    } else {
      stretch_ = !kept ? kShortest : stretch_ < kLongest ? 2 * stretch_ : kLongest;
      change_to(better, stretch_);
    }
    trying_ = !trying_;
  }

 private:
  void change_to(bool alone, int calls) {
    alone_ = alone;
    left_ = calls;
    (alone ? least_alone_ : least_together_) = kNever;
  }

  static constexpr int kCounted = 3;  // calls, the last ones of a stretch
  static constexpr int kShortest = 64, kLongest = 2048;
  static constexpr double kNever = std::numeric_limits<double>::infinity();
  bool alone_ = false;
  bool trying_ = false;
  int left_ = kCounted + 1;
  int stretch_ = kShortest / 2;
  double least_alone_ = kNever, least_together_ = kNever;
};

}  // namespace gatewise
