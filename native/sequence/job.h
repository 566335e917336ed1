// What the binding hands to a kernel: plain data, shared by code that is compiled once and code that is compiled per
// ISA, so without a single function body. Shapes stand beside the pointers; letters as in native/README.md.
#pragma once
#include <stdint.h>

#include "../kernel.h"
#include "../precision.h"

namespace gatewise {

// The threads that run one job together. All of them call the kernel; each asks for its share by its index.
struct Team {
  int index;
  int size;
  void* context;
  void (*wait)(void* context);  // returns when every member has called it
  // Where one only goes on with what another has begun: tells that a member has done so many steps of the job, and returns
  // when it has.
  void (*tell)(void* context, int member, Index steps);
  void (*wait_for)(void* context, int member, Index steps);
  // [size + 1], of kTeamParts: member i has the part of a job from cuts[i] to cuts[i + 1]. null where all have as much.
  const Index* cuts;
  // Which one this is of the teams alike that were called at once, and how many these are.
  int group;
  int groups;
};

// A whole job, for cuts. Fine enough for a team of a thousand, and any count times it is less than 2^63.
constexpr Index kTeamParts = Index{1} << 20;

// Where a member's share of a count begins, and that of the member before it ends.
GATEWISE_INLINE Index cut_of(const Index* cuts, int size, Index count, int member) {
  if (!cuts) return count * member / size;
  return (count * cuts[member] + kTeamParts / 2) / kTeamParts;
}

// The rows of a sequence, time-major: step t has rows offsets[t] .. offsets[t + 1]. Row counts never grow with t
// (longest sequences first), so row b of step t is always the same sequence.
struct Rows {
  Index steps;           // T
  Index batch;           // B, the rows of step 0
  const Index* offsets;  // [T + 1]; offsets[T] = N, all rows
  bool reverse;          // from each sequence's last step to its first
  // Where the rows of each step begin in arrays of the whole pass, and in the tape. `offsets` too, but for a scan of some of the
  // sequences of a pass: it has its rows between those of others, in the tape where these have not theirs together.
  const Index* in_pass;  // [T]
  const Index* in_tape;  // [T]
};

// Where the rows of a scan stand in an array of the caller's, who may have sequences in another order, padded, or one after
// another: row b of step t is row t * per_step + order[b] * per_sequence there. It has rows for `steps` steps of `batch`
// sequences; those that the scan does not have are padding.
struct Places {
  const int32_t* order;  // [batch]; null where the caller's rows stand as the scan's do
  Index steps;           // at least the scan's
  Index batch;           // likewise
  Index per_step;
  Index per_sequence;
};

// How a step is divided. Rows need no meeting between steps; units do, but read each weight on one core only.
enum class Split { kRows, kUnits };
GATEWISE_INLINE Split split_of(Index units_below, Index rows) {
  return rows < units_below ? Split::kUnits : Split::kRows;
}

constexpr int kMostVectors = 10;  // of any cell

// The parameters of a scan, or their gradients. What a layer is made without is null, and zeros to the cell.
template <class Float>
struct ScanArrays {
  Float* w_ih;                   // [G·H, I]
  Float* w_hh;                   // [G·H, R]
  Float* b_ih;                   // [G·H]
  Float* b_hh;                   // [G·H]
  Float* w_hr;                   // [R, H]: the projection
  Float* vectors[kMostVectors];  // [H] each
};

struct ScanSize {
  Index input;   // I
  Index hidden;  // H
  Index output;  // R; H without a projection
};

// The weights of a scan on their way into the layout of weights.h.
struct ScanPack {
  float* to;
  ScanSize size;
  ScanArrays<const float> weights;
  bool training;  // with what only backward reads
  Precision precision;
  bool tiles;  // whether backward goes by tiles (gemm/tiles.h)
};

// Fingerprints of runs of numbers (math/fingerprint.h).
constexpr int kChains = 64;
struct Run {
  const float* data;
  Index floats;
};
struct Fingerprints {
  const Run* pieces;
  Index count;
  uint32_t* to;  // [count, kChains]
};

// What staged cells do beside their equations, the same forward and back.
struct Extras {
  float bound;           // of |c|; infinity for none
  const float* dropout;  // [B, R]: multiplies h before W_hh at every step; null for none
  float zoneout_h;       // probability with which a unit keeps its h
  float zoneout_c;       // and its c
  bool random;           // whether units are drawn; else the expectation is taken
  uint32_t key;          // of the draw
  Index first_row;       // of all rows of the pass, the one that this job begins with
};

struct ScanForward {
  Rows rows;
  ScanSize size;
  const float* weights;  // packed for this ISA
  Precision precision;
  const float* x;      // [N, I], steps as rows.in_pass tells
  float* gathered;     // x, where it is to be filled first; else null
  const float* given;  // with what
  Places given_places;
  const float* h0;  // [B, R], or null for zeros
  const float* c0;  // [B, H], or null for zeros
  float* gates;     // tape: [N, S·H]; without a tape: [chunk_rows, S·H]
  float* cells;     // tape: [N, H]; without a tape: [B, H]; null for a cell without c
  float* out;       // [N, R] at a distance of out_row
  Index out_row;
  float* result;  // takes a copy of out, result_row apart, and zeros where there is padding; null for none
  Index result_row;
  Places result_places;
  float* hn;          // [B, R]
  float* cn;          // [B, H], or null for a cell without c
  bool tape;          // whether gates and cells keep every step
  Index chunk_rows;   // rows whose input products are made ahead of their steps; at least B
  bool turned;        // whether the first step goes through the weights from their end (steps.h)
  Index units_below;  // steps of fewer rows are divided by units, others by rows
  Extras extras;
  float* scratch;  // of the size that the kernel asks for; null for a fused cell
};

struct ScanBackward {
  Rows rows;
  ScanSize size;
  const float* weights;  // as in forward
  bool tiles;            // as they were packed
  const float* x;        // [N, I], steps as rows.in_pass tells
  const float* h0;
  const float* c0;
  const float* gates;  // [N, S·H]
  const float* cells;  // [N, H]
  const float* out;    // [N, R], out_row apart: what forward gave
  Index out_row;
  const float* dout;  // dL/dout, [N, R], dout_row apart, or null for zeros
  Index dout_row;
  Places dout_places;
  const float* dhn;  // [B, R], or null
  const float* dcn;  // [B, H], or null
  float* dx;         // [N, I], or null where it is not wanted; takes zeros where there is padding
  bool dx_add;       // add to dx instead of writing it
  Places dx_places;
  float* dh0;           // [B, R]
  float* dc0;           // [B, H], or null for a cell without c
  ScanArrays<float> d;  // added to
  // A sequence may be run back in several jobs, the last steps first, with the same bits as in one. What goes on from one
  // to the next is the sums of the weights' gradients and the link: dgates and carried gradients of its first step.
  float* sums;        // of the weights' gradients (weight_gradients_layout.h), one group's after the other's
  Index first_group;  // so many sequences, the first ones, have sums of their own; 0 where all have the same
  float* link;        // backward_layout.h; null where this is the only job
  Index link_rows;    // the batch that the link is laid out for
  Index goes_on;      // rows of the last step that go on into the job that ran before
  bool begins;        // whether the sums begin with this job
  bool ends;          // whether they are added to d after it
  float* scratch;     // of the size that the kernel asks for
  Index chunk_rows;   // rows of dgates held at a time; at least B
  Split split;
  Extras extras;
};

// y = x Wᵀ + b
struct LinearForward {
  Index rows;
  Index in;
  Index out;
  const float* weights;  // packed for this ISA
  const float* bias;     // [out], or null
  const float* x;        // [rows, in]
  float* y;              // [rows, out]
};

struct LinearBackward {
  Index rows;
  Index in;
  Index out;
  const float* weights;  // packed for this ISA
  const float* x;        // [rows, in]
  const float* dy;       // [rows, out]
  float* dx;             // [rows, in], or null where it is not wanted
  float* dweight;        // [out, in], added to
  float* dbias;          // [out], added to, or null
  float* scratch;
};

}  // namespace gatewise
