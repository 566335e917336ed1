// A method whose calls take no memory, for those that are made at every step of a training.
#pragma once
#include <napi.h>

#include "arguments.h"

namespace gatewise {

// JavaScript calls it on instances of its class only: others have another signature, which throws before.
template <class Class, void (Class::*Method)(const Arguments&)>
napi_value call_method(napi_env env, napi_callback_info info) {
  try {
    const Arguments args(env, info);
    (Class::Unwrap(Napi::Object(env, args.receiver()))->*Method)(args);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
  return nullptr;  // undefined
}

template <class Class, void (Class::*Method)(const Arguments&)>
Napi::ClassPropertyDescriptor<Class> method(const char* name) {
  napi_property_descriptor property{};
  property.utf8name = name;
  property.method = call_method<Class, Method>;
  return property;
}

}  // namespace gatewise
