// A stack of scans that run forward one step at a time, with the state between steps kept here.
#pragma once
#include <napi.h>

#include <vector>

#include "scan_form.h"

namespace gatewise {

class Stream : public Napi::ObjectWrap<Stream> {
 public:
  static Napi::Function define(Napi::Env env);
  // (…ScanForm of the first layer, layers, batch, precision)
  explicit Stream(const Napi::CallbackInfo& info);

 private:
  Napi::Value load(const Napi::CallbackInfo& info);
  void step(const Arguments& args);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);

  ScanSize size_of(Index layer) const;
  Index h_size() const { return batch_ * form_.size.output; }
  Index c_size() const { return form_.cell->facts.has_cell ? batch_ * form_.size.hidden : 0; }
  float* h(Index layer) const { return memory_.data() + layer * h_size(); }
  float* c(Index layer) const { return memory_.data() + layers_ * h_size() + layer * c_size(); }
  float* room() const { return c(layers_); }

  ScanForm form_;
  Index layers_ = 0;
  Index batch_ = 0;
  Precision precision_ = Precision::kFloat32;  // of the weights
  bool turned_ = false;                        // whether the next step goes through the weights from their end
  Index offsets_[2] = {0, 0};
  std::vector<Memory> packed_;
  Memory memory_;  // h of every layer [layers, B, R], c likewise, then room for a step: h, twice, gates, scratch
};

}  // namespace gatewise
