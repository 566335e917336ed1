// Runs trials whose two kinds of calls take times of which the sooner is known, and counts who does how many calls. Built by
// scripts/sanitize.sh; prints nothing and exits 0 where all is well.
#include "../../native/threads/trial.h"

#include <cstdio>

namespace {

using gatewise::Trial;

// Of so many calls, those by one thread. Every 10th call takes ten times as long, as one that is interrupted does.
int alone_of(Trial& trial, int calls, double alone, double together) {
  int count = 0;
  for (int call = 0; call < calls; ++call) {
    const bool is_alone = trial.alone();
    count += is_alone;
    trial.took((is_alone ? alone : together) * (call % 10 == 9 ? 10 : 1));
  }
  return count;
}

int expect(const char* what, int count, int least, int most) {
  if (count >= least && count <= most) return 0;
  std::printf("trial: %d calls by one thread %s, not %d to %d\n", count, what, least, most);
  return 1;
}

}  // namespace

int main() {
  int failures = 0;
  Trial trial;
  failures += expect("of the first four", alone_of(trial, 4, 1, 2), 0, 0);
  failures += expect("where it is sooner", alone_of(trial, 10000, 1, 2), 9900, 9996);
  // It is seen that a team has become sooner, and that it no longer is.
  alone_of(trial, 2100, 2, 1);
  failures += expect("where a team has become sooner", alone_of(trial, 10000, 2, 1), 1, 100);
  alone_of(trial, 2100, 1, 2);
  failures += expect("where it is sooner again", alone_of(trial, 10000, 1, 2), 9900, 9996);

  Trial even;
  alone_of(even, 8, 1, 1);
  failures += expect("where there is no difference", alone_of(even, 10000, 1, 1), 1, 100);

  Trial misled;
  alone_of(misled, 8, 1, 100);
  failures += expect("where it only seemed to be sooner at first", alone_of(misled, 100, 2, 1), 1, 28);
  return failures == 0 ? 0 : 1;
}
