#include "scan.h"

#include <algorithm>

#include "../isa/kernels.h"
#include "arguments.h"

namespace gatewise {
namespace {

// [0, B, …, N], from the row counts of each step or, without, from T equal ones.
std::vector<Index> read_offsets(const Arguments& args, Index steps, Index batch, size_t counts_at) {
  const int32_t* counts = args.optional_integers(counts_at, steps);
  std::vector<Index> offsets(static_cast<size_t>(steps) + 1);
  Index previous = batch;
  for (Index t = 0; t < steps; ++t) {
    const Index count = counts ? counts[t] : batch;
    if (count < 1 || count > previous || (t == 0 && count != batch)) args.fail(counts_at, "row counts that never grow");
    previous = count;
    offsets[static_cast<size_t>(t) + 1] = offsets[static_cast<size_t>(t)] + count;
  }
  return offsets;
}

Index round_up(Index floats) { return (floats + 15) / 16 * 16; }

// Rows of gates that are made ahead of their steps: enough to share a pass over W_ih, few enough for the caches.
Index forward_chunk(Index batch, Index row_floats) {
  const Index rows = std::min<Index>(512, (Index{1} << 20) / row_floats);
  return std::max(batch, rows);
}

// Rows of dgates between two additions to the sums of the weights' gradients, which are about (I + H)·G·H numbers: enough
// that reading and writing the sums is little beside it. One thread alone then keeps to its own cache; a team, which
// meets after every chunk, takes what the shared cache holds.
Index backward_chunk(Index batch, Index in, Index hidden, Index row_floats, int team) {
  Index rows = std::clamp<Index>(in + hidden, 512, 2048);
  if (team > 1) rows = std::clamp<Index>((Index{1} << 20) / row_floats, rows, 8192);
  return std::max(batch, rows);
}

}  // namespace

Napi::Function Scan::define(Napi::Env env) {
  return DefineClass(env, "Scan", {InstanceMethod<&Scan::forward>("forward")});
}

Scan::Scan(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Scan>(info) {
  const Arguments args(info);
  cell_ = Engine::of(info.Env()).cell(args.text(0));
  if (!cell_) args.fail(0, "the name of a cell");
  input_ = args.size(1, 1);
  hidden_ = args.size(2, 1);
  bias_ = args.flag(3);
}

std::shared_ptr<Memory> Scan::pack(const Arguments& args, const Parameters& values, bool training) {
  const Index rows = cell_->gates * hidden_;
  const float* w_ih = args.floats_of(values[0], 0, product({rows, input_}));
  const float* w_hh = args.floats_of(values[1], 0, product({rows, hidden_}));
  const float* b_ih = bias_ ? args.floats_of(values[2], 0, rows) : nullptr;
  const float* b_hh = bias_ ? args.floats_of(values[3], 0, rows) : nullptr;
  if (!packed_ || packed_.use_count() > 1) packed_ = std::make_shared<Memory>();
  float* to = packed_->reserve(args.env(), cell_->weights_size(input_, hidden_, training));
  cell_->pack(to, input_, hidden_, w_ih, w_hh, b_ih, b_hh, training);
  return packed_;
}

// (parameters, steps, batch, counts | null, reverse, x, h0 | null, c0 | null, stateIndex,
//  out, outRow, outColumn, hn, cn | null, keep) → Tape | undefined
Napi::Value Scan::forward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Napi::Env env = info.Env();
  Engine& engine = Engine::of(env);
  const Parameters values = args.elements(0);
  const Index steps = args.size(1, 1);
  const Index batch = args.size(2, 1);
  args.floats(5, product({steps, input_}));  // before there is memory for the steps: each has a row
  std::vector<Index> offsets = read_offsets(args, steps, batch, 3);
  const Index count = offsets.back();
  const Index state_index = args.size(8, 0);
  const Index state_end = product({state_index + 1, batch, hidden_});
  const bool keep = args.flag(14);

  ScanForward job{};
  job.rows = {steps, batch, offsets.data(), args.flag(4)};
  job.input = input_;
  job.hidden = hidden_;
  job.x = args.floats(5, product({count, input_}));
  job.h0 = args.optional_floats(6, state_end);
  job.c0 = args.optional_floats(7, state_end);
  job.out_row = args.size(10, hidden_);
  const Index column = args.size(11, 0, job.out_row - hidden_);
  job.out = args.floats(9, product({count, job.out_row})) + column;
  float* const hn = args.floats(12, state_end);
  const Index state_at = state_index * batch * hidden_;
  job.hn = hn + state_at;
  job.cn = cell_->has_cell ? args.floats(13, state_end) + state_at : nullptr;
  if (job.h0) job.h0 += state_at;
  if (job.c0) job.c0 += state_at;
  job.tape = keep;
  const Index gate_row = cell_->slots * hidden_;
  job.chunk_rows = forward_chunk(batch, gate_row);
  const Plan plan = engine.plan_scan(*cell_, count, batch, input_, hidden_);
  job.split = plan.split;

  const std::shared_ptr<Memory> packed = pack(args, values, keep);
  job.weights = packed->data();
  const Index gates = round_up((keep ? count : job.chunk_rows) * gate_row);
  const Index floats = gates + (cell_->has_cell ? (keep ? count : batch) * hidden_ : 0);
  Memory memory;
  if (keep) memory = std::move(pool_->spare);
  job.gates = keep ? memory.reserve(env, floats) : engine.scratch(env, floats);
  job.cells = cell_->has_cell ? job.gates + gates : nullptr;
  engine.run(plan.team, cell_->forward, job);
  if (!keep) return env.Undefined();

  const Napi::Object object = engine.tape_class.New({});
  Tape* tape = Tape::Unwrap(object);
  tape->cell_ = cell_;
  tape->input_ = input_;
  tape->hidden_ = hidden_;
  tape->bias_ = bias_;
  tape->packed_ = packed;
  tape->pool_ = pool_;
  tape->memory_ = std::move(memory);
  tape->offsets_ = std::move(offsets);
  tape->rows_ = job.rows;
  tape->rows_.offsets = tape->offsets_.data();
  tape->state_at_ = state_at;
  tape->out_row_ = job.out_row;
  tape->out_column_ = column;
  return object;
}

Napi::Function Tape::define(Napi::Env env) {
  return DefineClass(env, "Tape",
                     {InstanceMethod<&Tape::backward>("backward"), InstanceMethod<&Tape::release>("release")});
}

// (x, h0 | null, c0 | null, out, dout | null, dhn | null, dcn | null, dx | null, addDx, dh0, dc0 | null, grads)
Napi::Value Tape::backward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  const Napi::Env env = info.Env();
  const Parameters grads = args.elements(11);
  if (!memory_.data()) throw Napi::TypeError::New(env, "native call: the tape was released");
  Engine& engine = Engine::of(env);
  const Index count = offsets_.back();
  const Index batch = rows_.batch;
  const Index state_end = state_at_ + batch * hidden_;
  const Index gate_rows = cell_->gates * hidden_;

  ScanBackward job{};
  job.rows = rows_;
  job.input = input_;
  job.hidden = hidden_;
  job.weights = packed_->data();
  job.x = args.floats(0, count * input_);
  const auto state = [&](size_t i) {
    float* all = args.optional_floats(i, state_end);
    return all ? all + state_at_ : nullptr;
  };
  job.h0 = state(1);
  job.c0 = state(2);
  job.gates = memory_.data();
  job.cells = cell_->has_cell ? memory_.data() + round_up(count * cell_->slots * hidden_) : nullptr;
  job.out = args.floats(3, count * out_row_) + out_column_;
  job.out_row = out_row_;
  job.dout = args.optional_floats(4, count * out_row_);
  if (job.dout) job.dout += out_column_;
  job.dout_row = out_row_;
  job.dhn = state(5);
  job.dcn = cell_->has_cell ? state(6) : nullptr;
  job.dx = args.optional_floats(7, count * input_);
  job.dx_add = args.flag(8);
  job.dh0 = args.floats(9, state_end) + state_at_;
  job.dc0 = cell_->has_cell ? args.floats(10, state_end) + state_at_ : nullptr;
  job.dw_ih = args.floats_of(grads[0], 11, gate_rows * input_);
  job.dw_hh = args.floats_of(grads[1], 11, gate_rows * hidden_);
  job.db_ih = bias_ ? args.floats_of(grads[2], 11, gate_rows) : nullptr;
  job.db_hh = bias_ ? args.floats_of(grads[3], 11, gate_rows) : nullptr;
  const Plan plan = engine.plan_scan(*cell_, count, batch, input_, hidden_);
  job.split = plan.split;
  job.chunk_rows = std::min(count, backward_chunk(batch, input_, hidden_, cell_->slots * hidden_, plan.team));
  job.scratch = engine.scratch(env, cell_->backward_scratch(job.rows, input_, hidden_, job.chunk_rows, plan.team));
  engine.run(plan.team, cell_->backward, job);
  return env.Undefined();
}

void Tape::give_back() {
  if (pool_ && memory_.data() && memory_.floats() > pool_->spare.floats()) pool_->spare = std::move(memory_);
  memory_ = Memory();
  packed_.reset();
}

Napi::Value Tape::release(const Napi::CallbackInfo& info) {
  give_back();
  return info.Env().Undefined();
}

}  // namespace gatewise
