// Native memory with one owner, aligned for vectors and known to JavaScript's collector.
#pragma once
#include <napi.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "heap.h"

namespace gatewise {

constexpr ptrdiff_t kLine = 16;  // floats in a cache line

// Whole cache lines, so that pieces of one block begin on one.
inline ptrdiff_t round_up(ptrdiff_t floats) { return (floats + kLine - 1) / kLine * kLine; }

// How many of these floats come before the first whole line.
inline ptrdiff_t before_line(const float* floats) {
  constexpr uintptr_t kLineBytes = kLine * sizeof(float);
  return static_cast<ptrdiff_t>(-reinterpret_cast<uintptr_t>(floats) % kLineBytes / sizeof(float));
}

// Windows has no aligned_alloc.
inline void* allocate_aligned(size_t alignment, size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, alignment);
#else
  return std::aligned_alloc(alignment, bytes);
#endif
}
inline void free_aligned(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

class Memory {
 public:
  Memory() = default;
  // Uninitialised floats. Throws a JavaScript RangeError where there is no such memory.
  Memory(Napi::Env env, ptrdiff_t floats) : env_(env), floats_(floats) {
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t bytes = static_cast<size_t>(floats > 0 ? floats : 1) * sizeof(float);
    const size_t alignment = bytes >= kWorthHugePages ? kHugePage : kLine * sizeof(float);
    bytes_ = (bytes + alignment - 1) / alignment * alignment;
    data_ = static_cast<float*>(allocate_aligned(alignment, bytes_));
    if (!data_) {
      throw Napi::RangeError::New(env, "out of memory: " + std::to_string(bytes_) + " bytes asked for");
    }
    if (alignment == kHugePage) advise_huge_pages(data_, bytes_);
    Napi::MemoryManagement::AdjustExternalMemory(env_, static_cast<int64_t>(bytes_));
  }
  ~Memory() {
    if (!data_) return;
    free_aligned(data_);
    Napi::MemoryManagement::AdjustExternalMemory(env_, -static_cast<int64_t>(bytes_));
  }
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    Memory taken(std::move(other));
    swap(taken);
    return *this;
  }

  float* data() const { return data_; }
  ptrdiff_t floats() const { return floats_; }
  size_t bytes() const { return bytes_; }

  // Room for at least `floats`, keeping what is held where that is enough; the content is lost otherwise.
  float* reserve(Napi::Env env, ptrdiff_t floats) {
    if (!data_ || floats_ < floats) {
      *this = Memory();
      *this = Memory(env, floats);
    }
    return data_;
  }

 private:
  void swap(Memory& other) noexcept {
    std::swap(env_, other.env_);
    std::swap(data_, other.data_);
    std::swap(floats_, other.floats_);
    std::swap(bytes_, other.bytes_);
  }

  Napi::Env env_ = nullptr;
  float* data_ = nullptr;
  ptrdiff_t floats_ = 0;
  size_t bytes_ = 0;
};

}  // namespace gatewise
