#include "scan.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "../isa/kernels.h"
#include "arguments.h"
#include "chunks.h"
#include "kept_weights.h"
#include "method.h"
#include "sequence.h"
#include "suits.h"

namespace gatewise {
namespace {

float* whole_lines(float* given) { return given + before_line(given); }

// What a run forward is told, with or without a tape.
ScanForward forward_job(const Arguments& args, const ScanForm& form, const Sequence& sequence) {
  const CellKernels& cell = *form.cell;
  ScanForward job{};
  job.rows = sequence.rows();
  job.size = form.size;
  job.extras = sequence.extras;
  job.x = sequence.x;
  job.h0 = sequence.h0;
  job.c0 = sequence.c0;
  job.out = sequence.out;
  job.out_row = job.result_row = sequence.out_row;
  job.hn = sequence.state(args, Sequence::kEnd, form.size.output);
  job.cn = cell.facts.has_cell ? sequence.state(args, Sequence::kEnd + 1, form.size.hidden) : nullptr;
  const Placed given(args, Sequence::kEnd + 2, sequence, form.size.input);
  job.gathered = given.rows ? sequence.x : nullptr;
  job.given = given.rows;
  job.given_places = given.places;
  const Placed result(args, Sequence::kEnd + 4, sequence, job.result_row);
  job.result = result.rows ? result.rows + sequence.out_column : nullptr;
  job.result_places = result.places;
  job.chunk_rows = std::min(sequence.count(), forward_chunk(sequence.batch, cell.facts.slots * form.size.hidden));
  return job;
}

// Who does a pass: where that is in doubt, as a trial has it.
Plan plan_pass(const Engine& engine, const ScanForm& form, const Sequence& sequence, const Trial& trial) {
  Plan plan = engine.plan_scan(*form.cell, form.size, sequence.count(), sequence.batch);
  if (plan.doubtful && trial.alone()) plan.team = 1;
  // Rows of unequal lengths are not alike.
  if (sequence.count() != sequence.steps * sequence.batch) plan.pieces = 0;
  return plan;
}

// Whether the members of a team infer their own sequences each by itself, with h of all steps together (groups.h): where that
// is not much to copy.
bool goes_apart(const CellKernels& cell, const Sequence& sequence, const Plan& plan) {
  constexpr Index kMost = Index{1} << 21;
  const bool alike = sequence.count() == sequence.steps * sequence.batch;
  const bool fits = sequence.count() * sequence.size.output <= kMost;
  return plan.team > 1 && plan.split == Split::kRows && alike && sequence.steps > 1 && fits && !cell.facts.staged;
}

// Seconds since it was made, for each of so many rows.
class Stopwatch {
 public:
  double per_row(Index rows) const {
    return std::chrono::duration<double>(Clock::now() - start_).count() / static_cast<double>(rows);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

Napi::Function Scan::define(Napi::Env env) {
  return DefineClass(
      env, "Scan",
      {InstanceMethod<&Scan::tape_size>("tapeSize"), InstanceMethod<&Scan::chain_size_of>("chainSize"),
       InstanceMethod<&Scan::infer_size>("inferSize"), InstanceMethod<&Scan::suits_groups>("suitsGroups"),
       InstanceMethod<&Scan::suits_tiles>("suitsTiles"), method<Scan, &Scan::forward>("forward"),
       method<Scan, &Scan::infer>("infer"), method<Scan, &Scan::backward>("backward")});
}

Scan::Scan(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Scan>(info) { form_.read(Arguments(info)); }

Scan::TapeLayout Scan::tape_layout(Index rows, const Groups& groups, bool tiles) const {
  const CellKernels& cell = *form_.cell;
  TapeLayout at{};
  at.gates = round_up(cell.weights_size(form_.size, true, Precision::kFloat32, tiles));
  at.cells = at.gates + round_up(product({rows, cell.facts.slots, form_.size.hidden}));
  at.out = at.cells + round_up(cell.facts.has_cell ? rows * form_.size.hidden : 0);
  at.together = at.out + (groups.count() > 1 ? rows * form_.size.output : 0);
  at.size = at.together + 1;
  return at;
}

// (batch) → whether the sequences of a pass may go in groups, where there are so many of them
Napi::Value Scan::suits_groups(const Napi::CallbackInfo& info) {
  const Index batch = Arguments(info).size(0, 1);
  return Napi::Boolean::New(info.Env(), gatewise::suits_groups(Engine::of(info.Env()), *form_.cell, form_.size, batch));
}

// (batch) → whether a pass of so many sequences goes back by tiles
Napi::Value Scan::suits_tiles(const Napi::CallbackInfo& info) {
  const Index batch = Arguments(info).size(0, 1);
  const bool suits = gatewise::suits_tiles(Engine::of(info.Env()), *form_.cell, form_.size, batch);
  return Napi::Boolean::New(info.Env(), suits);
}

// (rows, firstGroup, tiles) → floats that a tape needs
Napi::Value Scan::tape_size(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Index rows = args.size(0, 1);
  const Groups groups(args.size(1, 0));
  const TapeLayout at = tape_layout(rows, groups, read_tiles(args, 2, *form_.cell, groups));
  return Napi::Number::New(info.Env(), static_cast<double>(at.size + kLine));
}

Index Scan::chain_stride(Index batch) const {
  return round_up(form_.cell->sums_size(form_.size)) + round_up(form_.cell->link_size(form_.size, batch));
}

Index Scan::chain_size(const Groups& groups, Index batch) const {
  return groups.count() * chain_stride(groups.largest(batch));
}

// (batch, firstGroup) → floats of what goes on from one call of backward to the next
Napi::Value Scan::chain_size_of(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Groups groups(args.size(1, 0));
  return Napi::Number::New(info.Env(), static_cast<double>(chain_size(groups, args.size(0, 1))));
}

float* Scan::tape(const Arguments& args, size_t i, const TapeLayout& at) const {
  return whole_lines(args.floats(i, at.size + kLine));
}

// (parameters | null, tape, …Sequence, hn, cn | null, given | null, givenPlaces | null, result | null, resultPlaces | null,
//  tiles): without parameters, with the weights that are in the tape
void Scan::forward(const Arguments& args) {
  Engine& engine = Engine::of(args.env());
  const CellKernels& cell = *form_.cell;
  const bool packs = !args.absent(0);
  const Parameters values = packs ? args.elements(0) : Parameters{};
  const Sequence sequence(args, form_);
  ScanForward job = forward_job(args, form_, sequence);
  const Groups groups(sequence.first_group);
  const bool tiles = read_tiles(args, Sequence::kEnd + 6, cell, groups);
  const TapeLayout at = tape_layout(sequence.count(), groups, tiles);
  float* const memory = tape(args, 1, at);
  const Plan plan = plan_pass(engine, form_, sequence, training_);
  const Stopwatch watch;
  job.tape = true;
  if (packs) {
    const ScanArrays<const float> weights = form_.arrays<const float>(args, 0, values);
    engine.pack(cell, {memory, form_.size, weights, true, job.precision, tiles});
  }
  job.weights = memory;
  job.gates = memory + at.gates;
  job.cells = cell.facts.has_cell ? memory + at.cells : nullptr;
  // One thread goes through all of a step at once.
  const bool together = groups.count() > 1 && plan.team > 1;
  memory[at.together] = together ? 1.0f : 0.0f;
  if (together) {
    forward_groups(engine, plan.team, groups, job, memory + at.out);
  } else {
    job.units_below = plan.units_below;
    job.scratch = engine.scratch(args.env(), cell.forward_scratch(form_.size, sequence.batch));
    engine.run(plan.team, cell.forward, job, plan.pieces);
  }
  forward_time_ = watch.per_row(sequence.count());
}

// (precision) → floats that kept weights need
Napi::Value Scan::infer_size(const Napi::CallbackInfo& info) {
  const Index size = kept_weights_size(form_, Arguments(info).precision(0)) + kLine;
  return Napi::Number::New(info.Env(), static_cast<double>(size));
}

// (parameters | null, kept, …Sequence, hn, cn | null, given | null, givenPlaces | null, result | null, resultPlaces | null,
//  precision): without parameters, with the weights that were kept
void Scan::infer(const Arguments& args) {
  Engine& engine = Engine::of(args.env());
  const CellKernels& cell = *form_.cell;
  const bool given = !args.absent(0);
  const Parameters values = given ? args.elements(0) : Parameters{};
  const Sequence sequence(args, form_);
  ScanForward job = forward_job(args, form_, sequence);
  job.precision = args.precision(Sequence::kEnd + 6);
  float* const kept = whole_lines(args.floats(1, kept_weights_size(form_, job.precision) + kLine));
  const Plan plan = plan_pass(engine, form_, sequence, inference_);
  const bool apart = goes_apart(cell, sequence, plan);
  // Each member of those that go apart has gates and c of its own, and a page free behind c: processors fetch lines ahead.
  constexpr Index kFree = 1024;
  const Index gates = round_up(job.chunk_rows * cell.facts.slots * form_.size.hidden);
  const Index c = round_up(cell.facts.has_cell ? sequence.batch * form_.size.hidden : 0) + (apart ? kFree : 0);
  const Index all_gates = apart ? plan.team * gates : gates;
  const Index cells = apart ? plan.team * c : c;
  const Index rest = apart ? sequence.count() * form_.size.output : cell.forward_scratch(form_.size, sequence.batch);
  job.gates = engine.scratch(args.env(), all_gates + cells + rest);
  job.cells = cell.facts.has_cell ? job.gates + all_gates : nullptr;
  job.scratch = job.gates + all_gates + cells;
  job.weights =
      given ? refresh_weights(args, form_, job.precision, values, form_.arrays<const float>(args, 0, values), kept)
            : kept;
  const Stopwatch watch;
  job.units_below = plan.units_below;
  if (apart) {
    infer_apart(engine, plan, job, job.scratch, gates, c);
  } else {
    engine.run(plan.team, cell.forward, job, plan.pieces);
  }
  if (plan.doubtful) inference_.took(watch.per_row(sequence.count()));
}

// (gradients, tape, …Sequence as forward had it, dout | null, doutPlaces | null, dhn | null, dcn | null, dx | null,
//  dxPlaces | null, addDx, dh0, dc0 | null, chain | null, chainBatch, goesOn, begins, ends, tiles)
void Scan::backward(const Arguments& args) {
  Engine& engine = Engine::of(args.env());
  const CellKernels& cell = *form_.cell;
  const Parameters gradients = args.elements(0);
  const Sequence sequence(args, form_);
  const Index count = sequence.count();
  const Groups groups(sequence.first_group);
  constexpr size_t kFirst = Sequence::kEnd;
  ScanBackward job{};
  job.tiles = read_tiles(args, kFirst + 14, cell, groups);
  const TapeLayout at = tape_layout(count, groups, job.tiles);
  const float* const memory = tape(args, 1, at);

  job.rows = sequence.rows();
  job.size = form_.size;
  job.extras = sequence.extras;
  job.weights = memory;
  job.gates = memory + at.gates;
  job.cells = cell.facts.has_cell ? memory + at.cells : nullptr;
  job.x = sequence.x;
  job.h0 = sequence.h0;
  job.c0 = sequence.c0;
  job.out = sequence.out;
  job.out_row = sequence.out_row;
  const Placed dout(args, kFirst, sequence, sequence.out_row);
  job.dout = dout.rows ? dout.rows + sequence.out_column : nullptr;
  job.dout_row = sequence.out_row;
  job.dout_places = dout.places;
  job.dhn = sequence.optional_state(args, kFirst + 2, form_.size.output);
  job.dcn = cell.facts.has_cell ? sequence.optional_state(args, kFirst + 3, form_.size.hidden) : nullptr;
  const Placed dx(args, kFirst + 4, sequence, form_.size.input);
  job.dx = dx.rows;
  job.dx_places = dx.places;
  job.dx_add = args.flag(kFirst + 6);
  job.dh0 = sequence.state(args, kFirst + 7, form_.size.output);
  job.dc0 = cell.facts.has_cell ? sequence.state(args, kFirst + 8, form_.size.hidden) : nullptr;
  job.d = form_.arrays<float>(args, 0, gradients);
  job.link_rows = args.size(kFirst + 10, 0);
  job.goes_on = args.size(kFirst + 11, 0, std::min(sequence.batch, job.link_rows));
  job.begins = args.flag(kFirst + 12);
  job.ends = args.flag(kFirst + 13);
  job.sums = args.optional_floats(kFirst + 9, chain_size(groups, job.link_rows));
  if (job.sums) {
    if (job.link_rows < sequence.batch) args.fail(kFirst + 10, "a batch no smaller than this one");
  } else if (!job.begins || !job.ends || job.goes_on > 0) {
    args.fail(kFirst + 9, "a chain to go on from");
  }
  const Plan plan = plan_pass(engine, form_, sequence, training_);
  const Stopwatch watch;
  const bool together = groups.count() > 1 && memory[at.together] > 0.0f;
  if (together) {
    job.out = memory + at.out;
    job.out_row = form_.size.output;
  }
  if (groups.count() > 1 && (plan.team > 1 || together || job.sums)) {
    backward_groups(args.env(), plan.team, groups, job, together);
  } else {
    // One thread goes through the rows of all groups, and keeps their sums apart.
    if (sequence.first_group < sequence.batch) job.first_group = sequence.first_group;
    const Index chunk =
        backward_chunk(sequence.batch, form_.size, cell.facts.grad_slots * form_.size.hidden, plan.team);
    const Index sums_size = round_up(cell.sums_size(form_.size));
    job.split = plan.split;
    job.chunk_rows = std::min(count, chunk);
    const Index scratch = round_up(cell.backward_scratch(form_.size, job.rows, job.chunk_rows, job.tiles, plan.team));
    job.scratch = engine.scratch(args.env(), scratch + (job.sums ? 0 : groups.count() * sums_size));
    if (job.sums) {
      job.link = job.sums + sums_size;
    } else {
      job.sums = job.scratch + scratch;
    }
    engine.run(plan.team, cell.backward, job);
  }
  if (plan.doubtful) training_.took(forward_time_ + watch.per_row(count));
}

}  // namespace gatewise
