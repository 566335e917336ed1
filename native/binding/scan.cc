#include "scan.h"

#include <algorithm>
#include <cstdint>

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

// Rows of gates that are made ahead of their steps: enough to share a pass over W_ih, few enough for the caches.
Index forward_chunk(Index batch, Index row_floats) {
  const Index rows = std::min<Index>(512, (Index{1} << 20) / row_floats);
  return std::max(batch, rows);
}

// Rows of dgates between two additions to the sums of the weights' gradients, which are about (I + H)·G·H numbers: enough
// that reading and writing the sums is little beside it. A team, which meets after every chunk, takes up to 1 MiB of them.
Index backward_chunk(Index batch, Index in, Index hidden, Index row_floats, int team) {
  Index rows = std::clamp<Index>(in + hidden, 512, 2048);
  if (team > 1) rows = std::clamp<Index>((Index{1} << 18) / row_floats, rows, 8192);
  return std::max(batch, rows);
}

// What forward and backward are both told of a sequence, in arguments 2 to 12:
// (…, steps, batch, counts | null, reverse, x, h0 | null, c0 | null, stateIndex, out, outRow, outColumn, …)
struct Sequence {
  Index steps, batch;
  std::vector<Index> offsets;
  bool reverse;
  const float* x;
  const float* h0;
  const float* c0;
  Index state_at;   // where this scan's part of whole states begins
  Index state_end;  // and ends
  float* out;
  Index out_row;
  Index out_column;

  Sequence(const Arguments& args, Index in, Index hidden) {
    steps = args.size(2, 1);
    batch = args.size(3, 1);
    args.floats(6, product({steps, in}));  // before there is memory for the steps: each has a row
    offsets = read_offsets(args, steps, batch, 4);
    reverse = args.flag(5);
    x = args.floats(6, product({count(), in}));
    const Index index = args.size(9, 0);
    state_end = product({index + 1, batch, hidden});
    state_at = index * batch * hidden;
    h0 = optional_state(args, 7);
    c0 = optional_state(args, 8);
    out_row = args.size(11, hidden);
    out_column = args.size(12, 0, out_row - hidden);
    out = args.floats(10, product({count(), out_row})) + out_column;
  }

  Index count() const { return offsets.back(); }
  Rows rows() const { return {steps, batch, offsets.data(), reverse}; }
  float* state(const Arguments& args, size_t i) const { return args.floats(i, state_end) + state_at; }
  float* optional_state(const Arguments& args, size_t i) const { return args.absent(i) ? nullptr : state(args, i); }
};

}  // namespace

ScanParameters::ScanParameters(const Arguments& args, size_t i, const Parameters& values, const CellKernels& cell,
                               Index in, Index hidden, bool bias) {
  const Index rows = cell.gates * hidden;
  w_ih = args.floats_of(values[0], i, product({rows, in}));
  w_hh = args.floats_of(values[1], i, product({rows, hidden}));
  b_ih = bias ? args.floats_of(values[2], i, rows) : nullptr;
  b_hh = bias ? args.floats_of(values[3], i, rows) : nullptr;
}

Napi::Function Scan::define(Napi::Env env) {
  return DefineClass(env, "Scan",
                     {InstanceMethod<&Scan::tape_size>("tapeSize"), InstanceMethod<&Scan::forward>("forward"),
                      InstanceMethod<&Scan::backward>("backward")});
}

Scan::Scan(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Scan>(info) {
  const Arguments args(info);
  cell_ = Engine::of(info.Env()).cell(args.text(0));
  if (!cell_) args.fail(0, "the name of a cell");
  input_ = args.size(1, 1, kMostSize);
  hidden_ = args.size(2, 1, kMostSize);
  bias_ = args.flag(3);
}

Scan::TapeLayout Scan::tape_layout(Index rows) const {
  TapeLayout at{};
  at.gates = round_up(cell_->weights_size(input_, hidden_, true));
  at.cells = at.gates + round_up(product({rows, cell_->slots, hidden_}));
  at.size = at.cells + (cell_->has_cell ? rows * hidden_ : 0);
  return at;
}

// (rows) → floats that a tape needs
Napi::Value Scan::tape_size(const Napi::CallbackInfo& info) {
  const Index rows = Arguments(info).size(0, 1);
  return Napi::Number::New(info.Env(), static_cast<double>(tape_layout(rows).size + kLine));
}

float* Scan::tape(const Arguments& args, size_t i, Index rows) const {
  float* given = args.floats(i, tape_layout(rows).size + kLine);
  constexpr uintptr_t kLineBytes = kLine * sizeof(float);
  const uintptr_t past = reinterpret_cast<uintptr_t>(given) % kLineBytes;
  return past == 0 ? given : given + (kLineBytes - past) / sizeof(float);
}

// (parameters, tape | null, …Sequence, hn, cn | null)
Napi::Value Scan::forward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  Engine& engine = Engine::of(info.Env());
  const Parameters values = args.elements(0);
  const Sequence sequence(args, input_, hidden_);
  const Index count = sequence.count();
  const bool keep = !args.absent(1);

  ScanForward job{};
  job.rows = sequence.rows();
  job.input = input_;
  job.hidden = hidden_;
  job.x = sequence.x;
  job.h0 = sequence.h0;
  job.c0 = sequence.c0;
  job.out = sequence.out;
  job.out_row = sequence.out_row;
  job.hn = sequence.state(args, 13);
  job.cn = cell_->has_cell ? sequence.state(args, 14) : nullptr;
  job.tape = keep;
  const Index gate_row = cell_->slots * hidden_;
  job.chunk_rows = std::min(count, forward_chunk(sequence.batch, gate_row));
  const Plan plan = engine.plan_scan(*cell_, count, sequence.batch, input_, hidden_);
  job.split = plan.split;

  TapeLayout at{};
  float* memory;
  if (keep) {
    at = tape_layout(count);
    memory = tape(args, 1, count);
  } else {
    at.gates = round_up(cell_->weights_size(input_, hidden_, false));
    at.cells = at.gates + round_up(job.chunk_rows * gate_row);
    at.size = at.cells + (cell_->has_cell ? sequence.batch * hidden_ : 0);
    memory = engine.scratch(info.Env(), at.size);
  }
  const ScanParameters now(args, 0, values, *cell_, input_, hidden_, bias_);
  cell_->pack(memory, input_, hidden_, now.w_ih, now.w_hh, now.b_ih, now.b_hh, keep);
  job.weights = memory;
  job.gates = memory + at.gates;
  job.cells = cell_->has_cell ? memory + at.cells : nullptr;
  engine.run(plan.team, cell_->forward, job);
  return info.Env().Undefined();
}

// (gradients, tape, …Sequence as forward had it, dout | null, dhn | null, dcn | null, dx | null, addDx, dh0, dc0 | null)
Napi::Value Scan::backward(const Napi::CallbackInfo& info) {
  const Arguments args(info);
  Engine& engine = Engine::of(info.Env());
  const Parameters gradients = args.elements(0);
  const Sequence sequence(args, input_, hidden_);
  const Index count = sequence.count();
  const Index gate_rows = cell_->gates * hidden_;
  const float* const memory = tape(args, 1, count);
  const TapeLayout at = tape_layout(count);

  ScanBackward job{};
  job.rows = sequence.rows();
  job.input = input_;
  job.hidden = hidden_;
  job.weights = memory;
  job.gates = memory + at.gates;
  job.cells = cell_->has_cell ? memory + at.cells : nullptr;
  job.x = sequence.x;
  job.h0 = sequence.h0;
  job.c0 = sequence.c0;
  job.out = sequence.out;
  job.out_row = sequence.out_row;
  job.dout = args.optional_floats(13, product({count, sequence.out_row}));
  if (job.dout) job.dout += sequence.out_column;
  job.dout_row = sequence.out_row;
  job.dhn = sequence.optional_state(args, 14);
  job.dcn = cell_->has_cell ? sequence.optional_state(args, 15) : nullptr;
  job.dx = args.optional_floats(16, product({count, input_}));
  job.dx_add = args.flag(17);
  job.dh0 = sequence.state(args, 18);
  job.dc0 = cell_->has_cell ? sequence.state(args, 19) : nullptr;
  job.dw_ih = args.floats_of(gradients[0], 0, product({gate_rows, input_}));
  job.dw_hh = args.floats_of(gradients[1], 0, product({gate_rows, hidden_}));
  job.db_ih = bias_ ? args.floats_of(gradients[2], 0, gate_rows) : nullptr;
  job.db_hh = bias_ ? args.floats_of(gradients[3], 0, gate_rows) : nullptr;
  const Plan plan = engine.plan_scan(*cell_, count, sequence.batch, input_, hidden_);
  job.split = plan.split;
  const Index chunk = backward_chunk(sequence.batch, input_, hidden_, cell_->slots * hidden_, plan.team);
  job.chunk_rows = std::min(count, chunk);
  job.scratch =
      engine.scratch(info.Env(), cell_->backward_scratch(job.rows, input_, hidden_, job.chunk_rows, plan.team));
  engine.run(plan.team, cell_->backward, job);
  return info.Env().Undefined();
}

}  // namespace gatewise
