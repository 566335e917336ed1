// Whether a team is worth its call, found out by trying: where cores share no cache, small work may take a team longer than
// one thread, by how much depends on the machine, and a virtual one's cores may be others a minute later. Whoever does the
// work, the bits are the same.
//
// Calls go in stretches of one kind, by the team or by one thread, which `took` is told of one after the other. At the end
// of a stretch the other kind is tried for a few calls, and the sooner one has the next stretch. As long as the choice
// stays what it was, stretches double, so that the trials cost next to nothing. The first are short: first calls find cold
// caches and threads that sleep, and what is seen of them is often wrong.
#pragma once
#include <limits>

namespace gatewise {

class Trial {
 public:
  // Whether the next call is for one thread.
  bool alone() const { return alone_; }

  // What the call took, for a unit of its work.
  void took(double time) {
    if (left_ <= kCounted && time < least_[alone_]) least_[alone_] = time;
    if (--left_ > 0) return;
    trying_ = !trying_;
    // The first call of a trial finds its memory in the caches of the others, and does not count.
    if (trying_) return change_to(!alone_, kCounted + 1);
    const bool sooner_alone = least_[true] < least_[false];
    const bool changes = sooner_alone == alone_;  // what was tried goes on
    stretch_ = changes ? kShortest : stretch_ < kLongest ? 2 * stretch_ : kLongest;
    change_to(sooner_alone, stretch_);
  }

 private:
  void change_to(bool alone, int calls) {
    alone_ = alone;
    left_ = calls;
    least_[alone] = kNever;
  }

  static constexpr int kCounted = 3;  // calls, the last ones of a stretch
  static constexpr int kShortest = 16, kLongest = 2048;
  static constexpr double kNever = std::numeric_limits<double>::infinity();
  bool alone_ = false;
  bool trying_ = false;
  int left_ = kCounted + 1;
  int stretch_ = kShortest / 2;
  double least_[2] = {kNever, kNever};  // by whether alone
};

}  // namespace gatewise
