// The linear layer y = x Wᵀ + b, and its gradients dx = dy W, dW = Σ_rows dy ⊗ x, db = Σ_rows dy.
//
// A team divides the rows of y and dx, and the columns of dW.
#pragma once
#include "../gemm/gemm.h"
#include "../sequence/steps.h"
#include "../sequence/weights.h"

GATEWISE_KERNEL_BEGIN

constexpr Index kLinearBlock = 256;  // rows that go through the caches at once for dW
constexpr Index kLinearBlockRows = rows_apart(kLinearBlock);

struct LinearWeights {
  Index forward;  // Wᵀ, layout 3 of gemm/pack.h
  Index back;     // W, layout 3
  Index size;
  LinearWeights(Index in, Index out)
      : forward(0), back(aligned(column_weights_size(out, in))), size(back + aligned(column_weights_size(in, out))) {}
};

struct LinearScratch {
  Index sums;     // [out, in rounded up to V]
  Index members;  // what follows once for each member:
  Index blocks;   // rows of dy in layout 4
  Index panel;    // [kLinearBlock, 4V] of x
  Index member_size;
  Index size;
  LinearScratch(Index in, Index out, int team) {
    sums = 0;
    members = aligned(out * ceil_div(in, kWidth) * kWidth);
    blocks = 0;
    panel = blocks + ceil_div(out, kRowBlock) * kRowBlock * kLinearBlockRows;
    member_size = panel + kLinearBlock * kPanelColumns;
    size = members + member_size * team;
  }
};

inline void pack_linear(float* to, Index in, Index out, const float* weight) {
  const LinearWeights at(in, out);
  pack_transposed_weights(to + at.forward, weight, out, in, 0, ceil_div(out, kPanelColumns));
  pack_plain_weights(to + at.back, weight, in, out, 0, ceil_div(out, kWidth));
}

inline void linear_forward(const LinearForward& job, const Team& team) {
  const Range rows = share_of(team, job.rows);
  column_product(job.y + rows.first * job.out, job.out, job.x + rows.first * job.in, job.in, plain_row(job.in),
                 job.weights + LinearWeights(job.in, job.out).forward, job.bias, rows.size(), job.out);
}

// Adds rows first..first+count to the sums of one column panel.
template <int N>
inline void add_linear_panel(const LinearBackward& job, float* sums, const float* blocks, float* panel, Index column,
                             int lanes, Index first, Index count) {
  const Index row = ceil_div(job.in, kWidth) * kWidth;
  for (Index k = 0; k < count; ++k) {
    const float* from = job.x + (first + k) * job.in + column;
    for (int n = 0; n < N; ++n) {
      store(panel + (k * N + n) * kWidth, load_lanes(from + n * kWidth, n == N - 1 ? lanes : kWidth));
    }
  }
  transposed_product<N>(sums + column, row, blocks, kLinearBlockRows, job.out, panel, N * kWidth, count, first == 0);
}

inline void linear_weight_gradient(const LinearBackward& job, const Team& team) {
  const LinearScratch at(job.in, job.out, team.size);
  const Index row = ceil_div(job.in, kWidth) * kWidth;
  const Range panels = share_of(team, ceil_div(job.in, kPanelColumns));
  const Index from = panels.first * kPanelColumns;
  const Index end = smaller(panels.last * kPanelColumns, row);
  if (panels.size() == 0) return;
  float* const sums = job.scratch + at.sums;
  float* const own = job.scratch + at.members + team.index * at.member_size;
  for (Index first = 0; first < job.rows; first += kLinearBlock) {
    const Index count = smaller(kLinearBlock, job.rows - first);
    pack_row_blocks(own + at.blocks, job.dy + first * job.out, job.out, count, job.out, kLinearBlockRows, 0);
    for (Index p = panels.first; p < panels.last; ++p) {
      const Index column = p * kPanelColumns;
      const Index columns = smaller(kPanelColumns, job.in - column);
      with_vectors(columns, [&]<int N>() {
        add_linear_panel<N>(job, sums, own + at.blocks, own + at.panel, column,
                            static_cast<int>(columns - (N - 1) * kWidth), first, count);
      });
    }
  }
  const Index columns = smaller(end, job.in) - from;
  for (Index o = 0; o < job.out; ++o) {
    for (Index i = from; i < from + columns; ++i) job.dweight[o * job.in + i] += sums[o * row + i];
  }
}

inline void linear_bias_gradient(const LinearBackward& job, const Team& team) {
  const Range mine = share_of(team, ceil_div(job.out, kWidth));
  for (Index o = mine.first * kWidth; o < job.out && o < mine.last * kWidth; o += kWidth) {
    const int lanes = smaller(kWidth, job.out - o);
    Vec sum = zero();
    for (Index r = 0; r < job.rows; ++r) sum = add(sum, load_lanes(job.dy + r * job.out + o, lanes));
    store_lanes(job.dbias + o, add(load_lanes(job.dbias + o, lanes), sum), lanes);
  }
}

inline void linear_backward(const LinearBackward& job, const Team& team) {
  if (job.dx) {
    const Range rows = share_of(team, job.rows);
    column_product(job.dx + rows.first * job.in, job.in, job.dy + rows.first * job.out, job.out, plain_row(job.out),
                   job.weights + LinearWeights(job.in, job.out).back, nullptr, rows.size(), job.in);
  }
  linear_weight_gradient(job, team);
  if (job.dbias) linear_bias_gradient(job, team);
}

GATEWISE_KERNEL_END
