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

// What a typed array holds.
template <class Number>
struct Elements {
  Number* data;
  Index length;
};

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
  bool absent(size_t i) const {
    const napi_valuetype type = value(i).Type();
    return type == napi_null || type == napi_undefined;
  }

  Index size(size_t i, int64_t least, int64_t most = int64_t{1} << 31) const {
    const double number = this->number(i);
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most))) fail(i, "a size in range");
    return static_cast<Index>(number);
  }

  // A number that is not NaN.
  double number(size_t i) const {
    double number;
    const napi_status status = napi_get_value_double(env_, values_[i], &number);
    if (status != napi_ok || number != number) fail(i, "a number");
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
  float* floats(size_t i, Index least) const {
    const Elements<float> given = floats_of(value(i), i);
    if (given.length < least) {
      fail(i, "a Float32Array of at least " + std::to_string(least) + " elements, received one of " +
                  std::to_string(given.length));
    }
    return given.data;
  }

  // The same, or null.
  float* optional_floats(size_t i, Index least) const { return absent(i) ? nullptr : floats(i, least); }

  // A Float32Array that is argument i, or an element of it.
  Elements<float> floats_of(Napi::Value value, size_t i) const {
    return elements_of<float>(value, i, napi_float32_array, "a Float32Array");
  }

  // An Int32Array.
  Elements<int32_t> integers(size_t i) const {
    return elements_of<int32_t>(value(i), i, napi_int32_array, "an Int32Array");
  }

  // The first elements of an array. Reading them can run JavaScript, which can take memory away: it comes before any
  // call that gives a pointer.
  static constexpr size_t kMostElements = 9;
  std::array<Napi::Value, kMostElements> elements(size_t i) const {
    if (!value(i).IsArray()) fail(i, "an array");
    const auto array = value(i).As<Napi::Array>();
    std::array<Napi::Value, kMostElements> values;
    const uint32_t count = array.Length();
    for (uint32_t e = 0; e < values.size(); ++e) values[e] = e < count ? array.Get(e) : env().Undefined();
    return values;
  }

  [[noreturn]] void fail(size_t i, const std::string& expected) const {
    throw Napi::TypeError::New(env(), "native call: argument " + std::to_string(i) + ": expected " + expected);
  }

 private:
  // One call for all that there is to know: small calls have hardly more work than their arrays have questions.
  template <class Number>
  Elements<Number> elements_of(napi_value value, size_t i, napi_typedarray_type expected, const char* name) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    const napi_status status = napi_get_typedarray_info(env_, value, &type, &length, &data, nullptr, nullptr);
    if (status != napi_ok || type != expected) fail(i, name);
    return {static_cast<Number*>(data), static_cast<Index>(length)};
  }

  static constexpr size_t kMost = 32;  // of any call; those that are not given are undefined
  napi_env env_;
  napi_value this_ = nullptr;
  napi_value values_[kMost];
};

}  // namespace gatewise
