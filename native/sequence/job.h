// What the binding hands to a kernel: plain data, shared by code that is compiled once and code that is compiled per
// ISA, so without a single function body. Shapes stand beside the pointers; letters as in native/README.md.
#pragma once
#include "../kernel.h"

namespace gatewise {

// The threads that run one job together. All of them call the kernel; each asks for its share by its index.
struct Team {
  int index;
  int size;
  void* context;
  void (*wait)(void* context);  // returns when every member has called it
};

// The rows of a sequence, time-major: step t has rows offsets[t] .. offsets[t + 1]. Row counts never grow with t
// (longest sequences first), so row b of step t is always the same sequence.
struct Rows {
  Index steps;           // T
  Index batch;           // B, the rows of step 0
  const Index* offsets;  // [T + 1]; offsets[T] = N, all rows
  bool reverse;          // from each sequence's last step to its first
};

// How a scan is divided. Rows need no meeting between steps; units do, but read each weight on one core only.
enum class Split { kRows, kUnits };

struct ScanForward {
  Rows rows;
  Index input;           // I
  Index hidden;          // H
  const float* weights;  // packed for this ISA
  const float* x;        // [N, I]
  const float* h0;       // [B, H], or null for zeros
  const float* c0;       // [B, H], or null for zeros
  float* gates;          // tape: [N, S·H]; without a tape: [chunk_rows, S·H]
  float* cells;          // tape: [N, H]; without a tape: [B, H]; null for a cell without c
  float* out;            // [N, H] at a distance of out_row
  Index out_row;
  float* hn;         // [B, H]
  float* cn;         // [B, H], or null for a cell without c
  bool tape;         // whether gates and cells keep every step
  Index chunk_rows;  // rows whose input products are made ahead of their steps; at least B
  Split split;
};

struct ScanBackward {
  Rows rows;
  Index input;
  Index hidden;
  const float* weights;  // as in forward
  const float* x;        // [N, I]
  const float* h0;
  const float* c0;
  const float* gates;  // [N, S·H]
  const float* cells;  // [N, H]
  const float* out;    // [N, H], out_row apart: what forward gave
  Index out_row;
  const float* dout;  // dL/dout, [N, H], dout_row apart, or null for zeros
  Index dout_row;
  const float* dhn;  // [B, H], or null
  const float* dcn;  // [B, H], or null
  float* dx;         // [N, I], or null where it is not wanted
  bool dx_add;       // add to dx instead of writing it
  float* dh0;        // [B, H]
  float* dc0;        // [B, H], or null for a cell without c
  float* dw_ih;      // [G·H, I], added to
  float* dw_hh;      // [G·H, H], added to
  float* db_ih;      // [G·H], added to, or null without biases
  float* db_hh;      // [G·H], added to, or null without biases
  float* scratch;    // of the size that the kernel asks for
  Index chunk_rows;  // rows of dgates held at a time; at least B
  Split split;
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
