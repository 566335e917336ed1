// Gives members of known speeds the parts that they are due by their pace. Built by scripts/sanitize.sh; prints nothing and
// exits 0 where all is well.
#include "../../native/threads/pace.h"

#include <cstdio>
#include <vector>

namespace {

using gatewise::Index;
using gatewise::kTeamParts;
using gatewise::Pace;

// What part member i of `size` has of so many pieces.
double part(const Pace& pace, size_t i, size_t size, Index pieces = kTeamParts) {
  const auto cut = [&](size_t at) {
    return gatewise::cut_of(pace.cuts(), static_cast<int>(size), pieces, static_cast<int>(at));
  };
  return static_cast<double>(cut(i + 1) - cut(i)) / static_cast<double>(pieces);
}

// So many jobs of members of these speeds, every 10th of which interrupts the first member for ten times as long. Gives in how
// many of them the last member had something to do.
int run(Pace& pace, const std::vector<double>& speeds, int jobs, Index pieces = kTeamParts) {
  const size_t size = speeds.size();
  int busy = 0;
  for (int job = 0; job < jobs; ++job) {
    pace.begin(static_cast<int>(size));
    busy += part(pace, size - 1, size, pieces) > 0;
    std::vector<double> times;
    for (size_t i = 0; i < size; ++i) times.push_back(0.001 + part(pace, i, size, pieces) / speeds[i]);
    if (job % 10 == 9) times[0] *= 10;
    pace.took(times, pieces);
  }
  return busy;
}

// Whether all have parts like their speeds, within an eighth.
int expect(const char* what, const Pace& pace, const std::vector<double>& speeds) {
  double all = 0;
  for (const double speed : speeds) all += speed;
  for (size_t i = 0; i < speeds.size(); ++i) {
    const double ratio = part(pace, i, speeds.size()) / (speeds[i] / all);
    if (ratio > 1.125 || ratio < 0.875) {
      std::printf("pace: member %zu has %f of its part %s\n", i, ratio, what);
      return 1;
    }
  }
  const Index* const cuts = pace.cuts();
  if (cuts && (cuts[0] != 0 || cuts[speeds.size()] != kTeamParts)) {
    std::printf("pace: parts are not a whole %s\n", what);
    return 1;
  }
  return 0;
}

}  // namespace

int main() {
  int failures = 0;
  Pace pace;
  pace.begin(2);
  failures += expect("at first", pace, {1, 1});
  run(pace, {1, 1}, 100);
  failures += expect("where both are alike", pace, {1, 1});
  run(pace, {2, 1}, 100);
  failures += expect("where the first is twice as fast", pace, {2, 1});
  // Jobs of one in between, and of more, leave what is known of the two.
  pace.begin(3);
  pace.begin(2);
  failures += expect("after another team", pace, {2, 1});
  run(pace, {1, 1.5}, 100);
  failures += expect("where the second has become faster", pace, {1, 1.5});
  run(pace, {1.5, 1}, 100, 8);
  failures += expect("where a job is of few pieces", pace, {1.5, 1});
  // Who has nothing to do of two rows, since the other has done both sooner, has one of them again when it has become faster.
  run(pace, {4, 1}, 100, 2);
  const int slow = run(pace, {4, 1}, 1000, 2);
  failures +=
      (slow < 1 || slow > 100) && std::printf("pace: a slow member has one of two rows %d times in 1000\n", slow);
  run(pace, {1, 1}, 1000, 2);
  failures += part(pace, 1, 2, 2) == 0 && std::printf("pace: a member that was slow has nothing for ever\n");
  run(pace, {3, 3, 1, 1}, 200);
  failures += expect("of two kinds of cores", pace, {3, 3, 1, 1});
  const double before = part(pace, 0, 4);
  pace.took({0, 1, 1, 1}, 4);
  if (part(pace, 0, 4) != before) ++failures, std::printf("pace: learns of what was not timed\n");
  return failures == 0 ? 0 : 1;
}
