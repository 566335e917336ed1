// Reads and checks what JavaScript hands over. The facade has checked before, with better words; what is wrong here is
// an error of the package itself, and still no reason to crash.
#pragma once
#include <napi.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "../sequence/job.h"

namespace gatewise {

// The product of sizes, or the greatest Index where that is beyond it, which is longer than any array.
inline Index product(std::initializer_list<Index> sizes) {
  Index result = 1;
  for (const Index size : sizes) {
    if (__builtin_mul_overflow(result, size, &result)) return PTRDIFF_MAX;
  }
  return result;
}

class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : env_(info.Env()), this_(info.This()) {
    for (size_t i = 0; i < kMost; ++i) values_[i] = info[i];
  }

  // Without a CallbackInfo, which takes memory for more than a few arguments at every call.
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    if (napi_get_cb_info(env, info, &count, values_, &this_, nullptr) != napi_ok) throw Napi::Error::New(env);
  }

  Napi::Env env() const { return env_; }
  napi_value receiver() const { return this_; }

  Napi::Value value(size_t i) const { return Napi::Value(env_, values_[i]); }
  bool absent(size_t i) const { return value(i).IsNull() || value(i).IsUndefined(); }

  Index size(size_t i, int64_t least, int64_t most = int64_t{1} << 31) const {
    if (!value(i).IsNumber()) fail(i, "a number");
    const double number = value(i).As<Napi::Number>().DoubleValue();
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most))) fail(i, "a size in range");
    return static_cast<Index>(number);
  }

  // A number that is not NaN.
  double number(size_t i) const {
    if (!value(i).IsNumber()) fail(i, "a number");
    const double number = value(i).As<Napi::Number>().DoubleValue();
    if (number != number) fail(i, "a number");
    return number;
  }

  bool flag(size_t i) const {
    if (!value(i).IsBoolean()) fail(i, "a boolean");
    return value(i).As<Napi::Boolean>().Value();
  }

  std::string text(size_t i) const {
    if (!value(i).IsString()) fail(i, "a string");
    return value(i).As<Napi::String>().Utf8Value();
  }

  Precision precision(size_t i) const {
    const std::string name = text(i);
    if (name == "float32") return Precision::kFloat32;
    if (name == "bfloat16") return Precision::kBfloat16;
    if (name == "float16") return Precision::kFloat16;
    if (name == "int8") return Precision::kInt8;
    fail(i, "the name of a precision");
  }

  // A Float32Array of at least `least` elements.
  float* floats(size_t i, Index least) const { return floats_of(value(i), i, least); }

  // The same, or null.
  float* optional_floats(size_t i, Index least) const { return absent(i) ? nullptr : floats(i, least); }

  // The first elements of an array. Reading them can run JavaScript, which can take memory away: it comes before any
  // call that gives a pointer.
  static constexpr size_t kMostElements = 9;
  std::array<Napi::Value, kMostElements> elements(size_t i) const {
    if (!value(i).IsArray()) fail(i, "an array");
    const auto array = value(i).As<Napi::Array>();
    std::array<Napi::Value, kMostElements> values;
    for (uint32_t e = 0; e < values.size(); ++e) values[e] = array.Get(e);
    return values;
  }

  // A Float32Array of at least `least` elements, which is an element of argument i.
  float* floats_of(Napi::Value value, size_t i, Index least) const {
    const Index length = floats_length(value, i);
    if (length < least) {
      fail(i, "a Float32Array of at least " + std::to_string(least) + " elements, received one of " +
                  std::to_string(length));
    }
    return value.As<Napi::Float32Array>().Data();
  }

  // Elements of a Float32Array that is an element of argument i.
  Index floats_length(Napi::Value value, size_t i) const {
    if (!value.IsTypedArray()) fail(i, "a Float32Array");
    const auto array = value.As<Napi::TypedArray>();
    if (array.TypedArrayType() != napi_float32_array) fail(i, "a Float32Array");
    return static_cast<Index>(array.ElementLength());
  }

  // Elements of an Int32Array.
  Index integers_length(size_t i) const {
    if (!value(i).IsTypedArray()) fail(i, "an Int32Array");
    return static_cast<Index>(value(i).As<Napi::TypedArray>().ElementLength());
  }

  const int32_t* optional_integers(size_t i, Index count) const {
    if (absent(i)) return nullptr;
    if (!value(i).IsTypedArray()) fail(i, "an Int32Array");
    const auto array = value(i).As<Napi::TypedArray>();
    if (array.TypedArrayType() != napi_int32_array) fail(i, "an Int32Array");
    if (static_cast<Index>(array.ElementLength()) < count) fail(i, "an Int32Array of " + std::to_string(count));
    return value(i).As<Napi::Int32Array>().Data();
  }

  [[noreturn]] void fail(size_t i, const std::string& expected) const {
    throw Napi::TypeError::New(env(), "native call: argument " + std::to_string(i) + ": expected " + expected);
  }

 private:
  static constexpr size_t kMost = 32;  // of any call; those that are not given are undefined
  napi_env env_;
  napi_value this_ = nullptr;
  napi_value values_[kMost];
};

}  // namespace gatewise
