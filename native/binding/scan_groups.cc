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
    const Index row = places.order ? t * places.per_step + places.order[b] * places.per_sequence : rows.offsets[t] + b;
    return to + row * to_row;
  }
  void run(const Team& team, const Span* parts, int count) const {
    const Index steps = places.order ? places.steps : rows.steps;
    const Index end = cut_of(team.cuts, team.size, steps, team.index + 1);
    for (Index t = cut_of(team.cuts, team.size, steps, team.index); t < end; ++t) {
      Index done = 0;
      for (const Span* part = parts; part != parts + count && t < part->steps; ++part) {
        const float* from = h + (part->before + part->offsets[t]) * width;
        done = part->first + part->offsets[t + 1] - part->offsets[t];
        for (Index b = part->first; b < done; ++b, from += width) std::copy_n(from, width, place(t, b));
      }
      // The rest is padding.
      for (Index b = done; b < places.batch; ++b) std::fill_n(place(t, b), width, 0.0f);
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

struct PartsHandOut {
  const HandOut& handing;
  const Span* parts;
  int count;
};

void hand_out_parts(const PartsHandOut& job, const Team& team) { job.handing.run(team, job.parts, job.count); }

// A run without a tape, of which each member does its own sequences by itself.
struct Apart {
  const CellKernels& cell;
  const ScanForward& job;
  const HandOut& handing;
  Span* parts;       // one for each member
  Index* offsets;    // steps + 1 for each member
  Index gates_size;  // for each member
  Index cells_size;  // likewise
};

void run_apart(const Apart& all, const Team& team) {
  const Rows& rows = all.job.rows;
  const auto cut = [&](int member) { return cut_of(team.cuts, team.size, rows.batch, member); };
  Index* const offsets = all.offsets + team.index * (rows.steps + 1);
  const bool last = team.index == team.size - 1;
  const Span part = all.parts[team.index] = {rows, cut(team.index), cut(team.index + 1), offsets, last};
  if (part.size > 0) {
    ScanForward own = part_of(all.job, part, all.cell.facts);
    own.gates += team.index * all.gates_size;
    if (own.cells) own.cells = all.job.cells + team.index * all.cells_size;
    const Team alone{0, 1, nullptr, [](void*) {}, nullptr, nullptr, nullptr, 0, 1};
    all.cell.forward(own, alone);
  }
  team.wait(team.context);
  all.handing.run(team, all.parts, team.size);
}

}  // namespace

// Each group has its h together in the tape, from where it goes to who wants it: where sequences are as long as one another, when
// all is done; else with each step, as padding is cleared with it.
void Scan::forward_groups(Engine& engine, int team, const Groups& groups, ScanForward& all, float* out) const {
  const Index steps = all.rows.steps;
  const bool alike = all.rows.offsets[steps] == steps * all.rows.batch;
  const bool at_once = all.result && !alike;
  const Places places = all.result ? all.result_places : Places{};
  float* const result = all.result;
  const HandOut handing = hand_out_of(all, out, places);
  if (at_once) all.result = result;
  Index* const offsets = engine.group_offsets(groups.offsets_size(steps));
  std::array<Span, Groups::kMost> spans;
  std::array<ScanForward, Groups::kMost> jobs;
  const int count = static_cast<int>(groups.count());
  for (int g = 0; g < count; ++g) {
    const auto i = static_cast<size_t>(g);
    spans[i] = groups.span(g, all.rows, offsets);
    jobs[i] = part_of(all, spans[i], form_.cell->facts);
  }
  engine.run_groups(team, form_.cell->forward, jobs.data(), count);
  if (!at_once) engine.run(team, hand_out_parts, PartsHandOut{handing, spans.data(), count});
}

// h [N, R]; the job's gates and cells are as many as said for each member.
void Scan::infer_apart(Engine& engine, const Plan& plan, ScanForward& all, float* h, Index gates_size,
                       Index cells_size) const {
  const Places places = all.result ? all.result_places : Places{};
  const HandOut handing = hand_out_of(all, h, places);
  Index* const offsets = engine.group_offsets(plan.team * (all.rows.steps + 1));
  std::vector<Span> parts(static_cast<size_t>(plan.team));
  const Apart job{*form_.cell, all, handing, parts.data(), offsets, gates_size, cells_size};
  engine.run(plan.team, run_apart, job, plan.pieces);
}

// Each group's gradients are sums of their own, which then are added one after the other.
void Scan::backward_groups(Napi::Env env, int team, const Groups& groups, const ScanBackward& all,
                           bool together) const {
  Engine& engine = Engine::of(env);
  const CellKernels& cell = *form_.cell;
  const int count = static_cast<int>(groups.count());
  Index* const offsets = engine.group_offsets(groups.offsets_size(all.rows.steps));
  std::array<ScanBackward, Groups::kMost> jobs;
  Index most = 0;  // rows of a group
  for (int g = 0; g < count; ++g) {
    const Span span = groups.span(g, all.rows, offsets);
    jobs[static_cast<size_t>(g)] = part_of(all, span, cell.facts, together);
    most = std::max(most, span.offsets[span.steps]);
  }

  // Those that run at once need scratch of their own, those that follow one another have it warm.
  const int at_once = std::min(team, count);
  const int each = team / at_once;
  Rows largest = all.rows;
  largest.batch = groups.largest(all.rows.batch);
  const Index chunk = backward_chunk(largest.batch, form_.size, cell.facts.grad_slots * form_.size.hidden, each);
  const Index chunk_rows = std::min(most, chunk);
  const Index sums = round_up(cell.sums_size(form_.size));
  const Index before_sums = round_up(cell.backward_scratch(form_.size, largest, chunk_rows, false, each));
  const Index scratch = before_sums + (all.sums ? 0 : sums);
  const Index gradients = group_gradients_size(form_);
  float* const memory = engine.scratch(env, at_once * scratch + (count - 1) * gradients);
  for (int g = 0, place = 0; g < count; ++g) {
    while (cut_of(nullptr, at_once, count, place + 1) <= g) ++place;
    ScanBackward& job = jobs[static_cast<size_t>(g)];
    job.chunk_rows = chunk_rows;
    job.split = Split::kRows;
    job.scratch = memory + place * scratch;
    job.link_rows = groups.largest(all.link_rows);
    job.sums = all.sums ? all.sums + g * chain_stride(job.link_rows) : job.scratch + before_sums;
    job.link = all.sums ? job.sums + sums : nullptr;
    // Of no sequences, there is nothing that begins the sums.
    if (job.begins && job.rows.batch == 0) std::fill_n(job.sums, sums, 0.0f);
    if (g > 0 && all.ends) job.d = group_gradients(form_, all.d, memory + at_once * scratch + (g - 1) * gradients);
  }
  engine.run_groups(team, cell.backward, jobs.data(), count);
  for (int g = 1; g < count && all.ends; ++g) add_gradients(form_, jobs[static_cast<size_t>(g)].d, all.d);
}

}  // namespace gatewise
