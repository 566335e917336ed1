// Forks, joins and meets as fast as it can, with sums that a lost or early member would get wrong. Built with
// ThreadSanitizer by scripts/sanitize.sh; prints nothing and exits 0 where all is well.
#include "../../native/threads/pool.h"

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace {

using gatewise::Index;
using gatewise::Pool;
using gatewise::Team;

constexpr int kMost = 4;

struct Work {
  int rounds;
  int latest;             // spins that a member may be late by
  long step[kMost] = {};  // each member's own, read by all others after a meeting
  long wrong[kMost] = {};
};

// Every round: each member moves its own number on, all meet, each reads everybody's, all meet again. Members that are
// late come just before, while, and just after the others fall asleep.
void rounds(void* argument, const Team& team) {
  Work& work = *static_cast<Work*>(argument);
  unsigned random = 12345u + 777u * static_cast<unsigned>(team.index);
  for (int round = 1; round <= work.rounds; ++round) {
    random = random * 1664525u + 1013904223u;
    for (int spins = work.latest > 0 ? static_cast<int>(random >> 16) % work.latest : 0; spins > 0; --spins)
      gatewise::relax();
    work.step[team.index] += round;
    team.wait(team.context);
    long sum = 0;
    for (int member = 0; member < team.size; ++member) sum += work.step[member];
    if (sum != static_cast<long>(team.size) * round * (round + 1) / 2) ++work.wrong[team.index];
    team.wait(team.context);
  }
}

struct Chain {
  int rounds;
  long number = 0;  // nobody's own: whose turn it is may touch it
};

// Every round the members add to the number one after the other, as who goes on with another's rows, and then the first again.
void chain(void* argument, const Team& team) {
  Chain& work = *static_cast<Chain*>(argument);
  const bool first = team.index == 0;
  const int before = first ? team.size - 1 : team.index - 1;
  for (int round = 1; round <= work.rounds; ++round) {
    team.wait_for(team.context, before, first ? round - 1 : round);
    ++work.number;
    team.tell(team.context, team.index, round);
  }
}

int run_chain(Pool& pool, int size, int count) {
  Chain work{count};
  pool.run(size, chain, &work);
  const bool right = work.number == static_cast<long>(size) * count;
  if (!right) std::printf("pool: %ld turns in a team of %d\n", work.number, size);
  return right ? 0 : 1;
}

int run(Pool& pool, int size, int count, int latest = 0) {
  Work work{count, latest};
  pool.run(size, rounds, &work);
  long wrong = 0;
  for (long member : work.wrong) wrong += member;
  if (wrong != 0) std::printf("pool: %ld wrong sums in a team of %d\n", wrong, size);
  return wrong == 0 ? 0 : 1;
}

// Two pieces of work for two teams at once, or for one team one after the other: each team meets by itself, and takes turns.
struct Groups {
  Work work[2];
  Chain chains[2];
};

void groups(void* argument, const Team& team) {
  Groups& all = *static_cast<Groups*>(argument);
  for (int group = 2 * team.group / team.groups; group < 2 * (team.group + 1) / team.groups; ++group) {
    rounds(&all.work[group], team);
    if (team.groups == 2) chain(&all.chains[group], team);
  }
}

int run_groups(Pool& pool, int size, int count) {
  Groups all{{{count, 100}, {2 * count, 100}}, {{count}, {2 * count}}};
  pool.run(size, groups, &all, 0, 2);
  int failures = 0;
  for (int group = 0; group < 2; ++group) {
    const long rounds_of = (group + 1) * count;
    long wrong = all.work[group].step[0] == rounds_of * (rounds_of + 1) / 2 ? 0 : 1;
    for (long member : all.work[group].wrong) wrong += member;
    const bool turns = size < 2 || all.chains[group].number == size / 2 * rounds_of;
    if (wrong != 0 || !turns) ++failures;
  }
  if (failures != 0) std::printf("pool: %d of two groups of a team of %d\n", failures, size);
  return failures;
}

// A member of two that has ten times as much to do for a piece of a job ends up with fewer pieces.
struct Pieces {
  Index had[2] = {};
};

void do_pieces(void* argument, const Team& team) {
  const auto cut = [&](int member) { return gatewise::cut_of(team.cuts, team.size, 64, member); };
  const Index had = cut(team.index + 1) - cut(team.index);
  static_cast<Pieces*>(argument)->had[team.index] = had;
  for (Index left = had * (team.index == 0 ? 10 : 1) * 100; left > 0; --left) gatewise::relax();
}

int paces() {
  Pool pool;
  Pieces pieces;
  for (int job = 0; job < 300; ++job) pool.run(2, do_pieces, &pieces, 64);
  if (pieces.had[0] + pieces.had[1] == 64 && pieces.had[0] < pieces.had[1]) return 0;
  std::printf("pool: the slower of two members has %td pieces, the other %td\n", pieces.had[0], pieces.had[1]);
  return 1;
}

#if defined(__linux__)
// One thread plays two members: brought to a processor as the first, it has to leave that as the second, and may run anywhere
// again afterwards.
int spreads() {
  cpu_set_t allowed, one, after;
  sched_getaffinity(0, sizeof allowed, &allowed);
  if (CPU_COUNT(&allowed) < 2) return 0;
  const int here = sched_getcpu();
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(here), &one);
  sched_setaffinity(0, sizeof one, &one);
  gatewise::Processors processors;
  processors.reset(2);
  processors.spread(0);
  const bool stays = sched_getcpu() == here;
  sched_setaffinity(0, sizeof allowed, &allowed);
  processors.spread(1);
  const bool leaves = sched_getcpu() != here;
  sched_getaffinity(0, sizeof after, &after);
  const bool right = stays && leaves && CPU_EQUAL(&allowed, &after);
  if (!right) std::printf("pool: two members on one processor\n");
  return right ? 0 : 1;
}
#else
int spreads() { return 0; }
#endif

}  // namespace

int main() {
  int failures = spreads() + paces();
  Pool pool;
  for (int job = 0; job < 1000; ++job) failures += run(pool, 1 + job % kMost, job % 5);
  // Long jobs, jobs after the workers fell asleep, and teams that shrink and grow.
  for (int job = 0; job < 30; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    failures += run(pool, 2 + job % 2, 50);
    pool.shrink(1 + job % kMost);
  }
  for (int job = 0; job < 100; ++job) failures += run(pool, 2, 20, 4000);
  for (int job = 0; job < 200; ++job) failures += run_chain(pool, 1 + job % kMost, 30);
  for (int job = 0; job < 200; ++job) failures += run_groups(pool, 1 + job % kMost, 20);
  // A pool for each of two threads, as worker_threads have them; one ends while its workers wait.
  std::vector<std::thread> owners;
  int owned[2] = {};
  for (int& failed : owned) {
    owners.emplace_back([&failed] {
      Pool own;
      for (int job = 0; job < 200; ++job) failed += run(own, 2, 3);
    });
  }
  for (std::thread& owner : owners) owner.join();
  return failures + owned[0] + owned[1] == 0 ? 0 : 1;
}
