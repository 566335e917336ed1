// Passes whose sequences go in groups, or apart.
#include <algorithm>
#include <array>

#include "chunks.h"
#include "scan.h"

namespace gatewise {
namespace {

// h of all sequences, which some parts of them have together, on its way to who wants it. Each member has some steps of all: so
// it writes to no memory between another's, as it would if each handed out what it has made.
struct HandOut {
  const Rows& rows;
  const float* h;  // [N, R], part by part
  Index width;     // R
  float* to;
  Index to_row;
  const Places& places;

  float* place(Index t, Index b) const {
    const Index row = places.order ? t * places.per_step + places.order[b] * places.per_sequence : t * rows.batch + b;
    return to + row * to_row;
  }
  // Parts are cut as teams are.
  void run(const Team& team, const Index* cuts, int parts) const {
    const Index steps = places.order ? places.steps : rows.steps;
    const Index end = cut_of(team.cuts, team.size, steps, team.index + 1);
    for (Index t = cut_of(team.cuts, team.size, steps, team.index); t < end; ++t) {
      for (int part = 0; part < parts && t < rows.steps; ++part) {
        const Index first = cut_of(cuts, parts, rows.batch, part), last = cut_of(cuts, parts, rows.batch, part + 1);
        const float* from = h + (rows.steps * first + t * (last - first)) * width;
        for (Index b = first; b < last; ++b, from += width) std::copy_n(from, width, place(t, b));
      }
      // The rest is padding.
      for (Index b = t < rows.steps ? rows.batch : 0; b < places.batch; ++b) std::fill_n(place(t, b), width, 0.0f);
    }
  }
};

// Has the job give its h to `h` instead, of width R.
HandOut hand_out_of(ScanForward& job, float* h, const Places& places) {
  const HandOut handing{job.rows, h, job.size.output, job.result ? job.result : job.out, job.result_row, places};
  job.result = nullptr;
  job.out = h;
  job.out_row = job.size.output;
  job.units_below = 0;
  return handing;
}

struct GroupsHandOut {
  const HandOut& handing;
  int groups;
};

void hand_out_groups(const GroupsHandOut& job, const Team& team) { job.handing.run(team, nullptr, job.groups); }

// A run without a tape, of which each member does its own sequences by itself.
struct Apart {
  const CellKernels& cell;
  const ScanForward& job;
  const HandOut& handing;
  Index* offsets;    // steps + 1 for each member
  Index gates_size;  // for each member
  Index cells_size;  // likewise
};

void run_apart(const Apart& all, const Team& team) {
  const Index steps = all.job.rows.steps, batch = all.job.rows.batch;
  const Index first = cut_of(team.cuts, team.size, batch, team.index);
  const Index size = cut_of(team.cuts, team.size, batch, team.index + 1) - first;
  if (size > 0) {
    Index* const offsets = all.offsets + team.index * (steps + 1);
    for (Index t = 0; t <= steps; ++t) offsets[t] = t * size;
    ScanForward own = part_of(all.job, {batch, first, size, offsets}, all.cell.facts);
    own.gates += team.index * all.gates_size;
    if (own.cells) own.cells = all.job.cells + team.index * all.cells_size;
    const Team alone{0, 1, nullptr, [](void*) {}, nullptr, nullptr, nullptr, 0, 1};
    all.cell.forward(own, alone);
  }
  team.wait(team.context);
  all.handing.run(team, team.cuts, team.size);
}

}  // namespace

// h of all steps goes to the tape, where each group has its own together, and from there to who wants it.
void Scan::forward_groups(Engine& engine, int team, const Groups& groups, ScanForward& all, float* out) const {
  const Places places = all.result ? all.result_places : Places{};
  const HandOut handing = hand_out_of(all, out, places);
  const Index steps = all.rows.steps;
  Index* const offsets = engine.group_offsets(groups.offsets_size(steps));
  groups.fill_offsets(offsets, steps);
  std::array<ScanForward, Groups::kMost> jobs;
  const int count = static_cast<int>(groups.count());
  for (int g = 0; g < count; ++g) {
    jobs[static_cast<size_t>(g)] = part_of(all, groups.span(g, steps, offsets), form_.cell->facts);
  }
  engine.run_groups(team, form_.cell->forward, jobs.data(), count);
  engine.run(team, hand_out_groups, GroupsHandOut{handing, count});
}

// h [N, R]; the job's gates and cells are as many as said for each member.
void Scan::infer_apart(Engine& engine, const Plan& plan, ScanForward& all, float* h, Index gates_size,
                       Index cells_size) const {
  const Places places = all.result ? all.result_places : Places{};
  const HandOut handing = hand_out_of(all, h, places);
  Index* const offsets = engine.group_offsets(plan.team * (all.rows.steps + 1));
  engine.run(plan.team, run_apart, Apart{*form_.cell, all, handing, offsets, gates_size, cells_size}, plan.pieces);
}

// Each group's gradients are sums of their own, which then are added one after the other.
void Scan::backward_groups(Napi::Env env, int team, const Groups& groups, const ScanBackward& all,
                           bool together) const {
  Engine& engine = Engine::of(env);
  const CellKernels& cell = *form_.cell;
  const int count = static_cast<int>(groups.count());
  Index* const offsets = together ? engine.group_offsets(groups.offsets_size(all.rows.steps)) : nullptr;
  if (together) groups.fill_offsets(offsets, all.rows.steps);
  std::array<ScanBackward, Groups::kMost> jobs;
  for (int g = 0; g < count; ++g) {
    const Span span = groups.span(g, all.rows.steps, offsets);
    jobs[static_cast<size_t>(g)] = part_of(all, span, cell.facts);
  }

  // Those that run at once need scratch of their own, those that follow one another have it warm.
  const int at_once = std::min(team, count);
  const int each = team / at_once;
  const Rows& most = jobs[static_cast<size_t>(count - 1)].rows;
  const Index chunk = backward_chunk(most.batch, form_.size, cell.facts.grad_slots * form_.size.hidden, each);
  const Index chunk_rows = std::min(most.steps * most.batch, chunk);
  const Index sums = round_up(cell.sums_size(form_.size));
  const Index before_sums = round_up(cell.backward_scratch(form_.size, most, chunk_rows, false, each));
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
    job.link_rows = groups.largest();
    if (g > 0 && all.ends) job.d = group_gradients(form_, all.d, memory + at_once * scratch + (g - 1) * gradients);
  }
  engine.run_groups(team, cell.backward, jobs.data(), count);
  for (int g = 1; g < count && all.ends; ++g) add_gradients(form_, jobs[static_cast<size_t>(g)].d, all.d);
}

}  // namespace gatewise
