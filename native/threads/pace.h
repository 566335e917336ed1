// What part of a job each member of a team is given: one like its speed. Cores are of two kinds in many machines, those of
// virtual ones differ by a third at times, and other programs run on some; where all members have as much to do, all wait for
// the slowest. Whoever does the work, the bits are the same.
//
// Speeds are learnt from what members took for their shares of a job. A single one tells little, as a member may have been
// interrupted: it moves an estimate by a part of a bounded step.
#pragma once
#include <vector>

#include "../sequence/job.h"

namespace gatewise {

class Pace {
 public:
  // The next job is for a team of so many.
  void begin(int size) {
    if (size_ == static_cast<size_t>(size)) return;
    size_ = static_cast<size_t>(size);
    if (speeds_.size() < size_) speeds_.resize(size_, 1.0);
    cuts_.clear();
    if (differs()) cut();
  }

  // Where the members' parts begin, and the last one ends: [size + 1] of kTeamParts; null where all are alike.
  const Index* cuts() const { return cuts_.empty() ? nullptr : cuts_.data(); }

  // How long each member of the team computed, [size], for its share of a job of so many pieces.
  void took(const std::vector<double>& times, Index pieces) {
    double known = 0, seen = 0;  // speeds of those who had something to do
    for (size_t i = 0; i < size_; ++i) {
      if (!(times[i] > 0)) return;
      const double had = share(i, pieces);
      if (had > 0) known += speeds_[i];
      seen += had / times[i];
    }
    const double before = speed_of_all();
    for (size_t i = 0; i < size_; ++i) {
      const double had = share(i, pieces);
      speeds_[i] *= 1 + kWeight * (had > 0 ? bounded(had / times[i] / seen * known / speeds_[i] - 1) : kRetry);
    }
    const double after = speed_of_all();
    const double least = kSlowest * before / static_cast<double>(size_);
    for (size_t i = 0; i < size_; ++i) {
      speeds_[i] *= before / after;
      if (speeds_[i] < least) speeds_[i] = least;
    }
    if (differs()) cut();
  }

 private:
  // What part member i has of so many pieces.
  double share(size_t i, Index pieces) const {
    const auto cut = [&](size_t member) {
      return cut_of(cuts(), static_cast<int>(size_), pieces, static_cast<int>(member));
    };
    return static_cast<double>(cut(i + 1) - cut(i)) / static_cast<double>(pieces);
  }

  static double bounded(double change) {
    return change < -kMostChange ? -kMostChange : change > kMostChange ? kMostChange : change;
  }

  double speed_of_all() const {
    double sum = 0;
    for (size_t i = 0; i < size_; ++i) sum += speeds_[i];
    return sum;
  }

  // Whether a member's part is not like its speed any more. For less, everyone keeps what it has: who is given rows that
  // were another's finds them in no cache.
  bool differs() const {
    const double all = speed_of_all();
    for (size_t i = 0; i < size_; ++i) {
      const double ratio = speeds_[i] / all / share(i, kTeamParts);
      if (ratio < 1 - kTolerance || ratio > 1 + kTolerance) return true;
    }
    return false;
  }

  void cut() {
    const double all = speed_of_all();
    cuts_.assign(1, 0);
    double sum = 0;
    for (size_t i = 0; i < size_; ++i) {
      sum += speeds_[i];
      cuts_.push_back(static_cast<Index>(sum / all * kTeamParts + 0.5));
    }
  }

  static constexpr double kWeight = 1.0 / 8, kMostChange = 1.0 / 8, kTolerance = 1.0 / 32;
  // Of the speed that all have on average. Whoever is slower than that was interrupted for long, and will not be again.
  static constexpr double kSlowest = 1.0 / 8;
  // Of who had nothing to do nothing is learnt. That member is taken to become faster, and so has something again some time.
  static constexpr double kRetry = 1.0 / 64;
  size_t size_ = 0;
  std::vector<double> speeds_;  // of all members that there were, 1 for one that is not known
  std::vector<Index> cuts_;
};

}  // namespace gatewise
