// A scan: one direction of one recurrent layer. JavaScript owns all that a pass lasts on: parameters, inputs, outputs and
// the tape, so that its collector frees a dropped pass at once. (Native memory behind a JavaScript object would wait
// for a finalizer, which runs between turns of the event loop: never, within a loop that trains.)
#pragma once
#include <napi.h>

#include "../threads/trial.h"
#include "groups.h"
#include "scan_form.h"

namespace gatewise {

class Scan : public Napi::ObjectWrap<Scan> {
 public:
  static Napi::Function define(Napi::Env env);
  // (…ScanForm)
  explicit Scan(const Napi::CallbackInfo& info);

 private:
  Napi::Value tape_size(const Napi::CallbackInfo& info);
  Napi::Value chain_size_of(const Napi::CallbackInfo& info);
  Napi::Value infer_size(const Napi::CallbackInfo& info);
  Napi::Value suits_groups(const Napi::CallbackInfo& info);
  Napi::Value suits_tiles(const Napi::CallbackInfo& info);
  void forward(const Arguments& args);
  void infer(const Arguments& args);
  void backward(const Arguments& args);

  // Where the pieces of a tape stand, in floats from its first whole cache line: the weights that forward saw, packed,
  // gates [N, S·H], cells [N, H], and where sequences go in groups h [N, R] and whether each group has its rows together.
  struct TapeLayout {
    Index gates;
    Index cells;
    Index out;
    Index together;
    Index size;
  };
  TapeLayout tape_layout(Index rows, const Groups& groups, bool tiles) const;
  // Floats of the sums of the weights' gradients and of a link for so many rows; and of those of all groups.
  Index chain_stride(Index batch) const;
  Index chain_size(const Groups& groups, Index batch) const;
  void forward_groups(Engine& engine, int team, const Groups& groups, ScanForward& all, float* out) const;
  void infer_apart(Engine& engine, const Plan& plan, ScanForward& all, float* h, Index gates_size,
                   Index cells_size) const;
  void backward_groups(Napi::Env env, int team, const Groups& groups, const ScanBackward& all, bool together) const;
  // The tape in argument i, from its first whole cache line on.
  float* tape(const Arguments& args, size_t i, const TapeLayout& at) const;

  ScanForm form_;
  // Of forward and backward together, and of infer: what they took, for a row.
  Trial training_, inference_;
  double forward_time_ = 0;
};

}  // namespace gatewise
