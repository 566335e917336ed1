// A pass whose sequences go in groups.
#include <algorithm>
#include <array>

#include "chunks.h"
#include "scan.h"

namespace gatewise {
namespace {

// h of all groups, on its way to who wants it. Each member has some steps of all sequences: so it writes to no memory between
// another's, as it would if each handed out its own groups'.
struct HandOut {
  const Groups& groups;
  const Rows& rows;
  const float* h;  // [N, R], group by group
  Index width;     // R
  float* to;
  Index to_row;
  const Places& places;

  float* place(Index t, Index b) const {
    const Index row = places.order ? t * places.per_step + places.order[b] * places.per_sequence : t * rows.batch + b;
    return to + row * to_row;
  }
  void step(Index t) const {
    for (Index g = 0; g < groups.count(); ++g) {
      const float* from = h + (rows.steps * groups.first(g) + t * groups.size(g)) * width;
      for (Index b = groups.first(g); b < groups.first(g + 1); ++b, from += width)
        std::copy_n(from, width, place(t, b));
    }
  }
  void clear(Index t) const {
    for (Index b = 0; b < places.batch; ++b) std::fill_n(place(t, b), width, 0.0f);
  }
};

void hand_out(const HandOut& job, const Team& team) {
  const Index steps = job.places.order ? job.places.steps : job.rows.steps;
  const Index end = cut_of(team.cuts, team.size, steps, team.index + 1);
  for (Index t = cut_of(team.cuts, team.size, steps, team.index); t < end; ++t) {
    if (t < job.rows.steps) {
      job.step(t);
    } else {
      job.clear(t);
    }
  }
}

}  // namespace

// h of all steps goes to the tape, where each group has its own together, and from there to who wants it.
void Scan::forward_groups(Engine& engine, int team, const Groups& groups, ScanForward& all, float* out) const {
  const bool placed = all.result != nullptr;
  const Places places = placed ? all.result_places : Places{};
  const HandOut handing{groups,         all.rows, out, form_.size.output, placed ? all.result : all.out,
                        all.result_row, places};
  all.result = nullptr;
  all.out = out;
  all.out_row = form_.size.output;
  all.split = Split::kRows;
  Index* const offsets = engine.group_offsets(groups.offsets_size(all.rows.steps));
  groups.fill_offsets(offsets, all.rows.steps);
  std::array<ScanForward, Groups::kMost> jobs;
  for (Index g = 0; g < groups.count(); ++g) jobs[static_cast<size_t>(g)] = groups.part_of(all, g, offsets);
  engine.run_groups(team, form_.cell->forward, jobs.data(), static_cast<int>(groups.count()));
  engine.run(team, hand_out, handing);
}

// One thread goes through all rows of a step, and sums up those of each group.
void Scan::backward_alone(Napi::Env env, int groups, ScanBackward job) const {
  Engine& engine = Engine::of(env);
  const CellKernels& cell = *form_.cell;
  const Index row_floats = cell.facts.grad_slots * form_.size.hidden;
  job.groups = groups;
  job.split = Split::kRows;
  job.chunk_rows = std::min(job.rows.steps * job.rows.batch, backward_chunk(job.rows.batch, form_.size, row_floats, 1));
  const Index scratch = round_up(cell.backward_scratch(form_.size, job.rows, job.chunk_rows, 1));
  job.scratch = engine.scratch(env, scratch + groups * round_up(cell.sums_size(form_.size)));
  job.sums = job.scratch + scratch;
  engine.run(1, cell.backward, job);
}

// Each group's gradients are sums of their own, which then are added one after the other.
void Scan::backward_groups(Napi::Env env, int team, const Groups& groups, const ScanBackward& all,
                           bool together) const {
  Engine& engine = Engine::of(env);
  const CellKernels& cell = *form_.cell;
  const int count = static_cast<int>(groups.count());
  Index* const offsets = engine.group_offsets(groups.offsets_size(all.rows.steps));
  groups.fill_offsets(offsets, all.rows.steps);
  std::array<ScanBackward, Groups::kMost> jobs;
  for (int g = 0; g < count; ++g) jobs[static_cast<size_t>(g)] = groups.part_of(all, g, together ? offsets : nullptr);

  if (team == 1 && !together && !all.sums) return backward_alone(env, count, all);
  // Those that run at once need scratch of their own, those that follow one another have it warm.
  const int at_once = std::min(team, count);
  const int each = team / at_once;
  const Rows& most = jobs[static_cast<size_t>(count - 1)].rows;
  const Index chunk = backward_chunk(most.batch, form_.size, cell.facts.grad_slots * form_.size.hidden, each);
  const Index chunk_rows = std::min(most.steps * most.batch, chunk);
  const Index sums = round_up(cell.sums_size(form_.size));
  const Index before_sums = round_up(cell.backward_scratch(form_.size, most, chunk_rows, each));
  const Index scratch = before_sums + (all.sums ? 0 : sums);
  const Index gradients = group_gradients_size(form_);
  float* const memory = engine.scratch(env, at_once * scratch + (count - 1) * gradients);
  for (int g = 0, place = 0; g < count; ++g) {
    while (cut_of(nullptr, at_once, count, place + 1) <= g) ++place;
    ScanBackward& job = jobs[static_cast<size_t>(g)];
    job.chunk_rows = chunk_rows;
    job.split = Split::kRows;
    job.scratch = memory + place * scratch;
    job.sums = all.sums ? all.sums + g * chain_stride(groups.largest()) : job.scratch + before_sums;
    job.link = all.sums ? job.sums + sums : nullptr;
    if (g > 0 && all.ends) job.d = group_gradients(form_, all.d, memory + at_once * scratch + (g - 1) * gradients);
  }
  engine.run_groups(team, cell.backward, jobs.data(), count);
  for (int g = 1; g < count && all.ends; ++g) add_gradients(form_, jobs[static_cast<size_t>(g)].d, all.d);
}

}  // namespace gatewise
