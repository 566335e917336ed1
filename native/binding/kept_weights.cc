#include "kept_weights.h"

#include <cstring>

#include "../isa/kernels.h"
#include "memory.h"

namespace gatewise {
namespace {

constexpr Index kPieces = 8;  // that a parameter is cut into, so that several threads may read it
constexpr Index kMostPieces = kPieces * static_cast<Index>(Arguments::kMostElements);

}  // namespace

Index kept_weights_size(const ScanForm& form, Precision precision) {
  return round_up(form.cell->weights_size(form.size, false, precision, false)) + kMostPieces * kChains;
}

const float* refresh_weights(const Arguments& args, const ScanForm& form, Precision precision, const Parameters& values,
                             const ScanArrays<const float>& now, float* kept) {
  Engine& engine = Engine::of(args.env());
  Run pieces[kMostPieces];
  uint32_t fingerprints[kMostPieces * kChains];
  Fingerprints job{pieces, 0, fingerprints};
  Index floats = 0;
  for (const Napi::Value& value : values) {
    if (value.IsUndefined()) break;
    const auto [data, length] = args.floats_of(value, 0);
    for (Index p = 0; p < kPieces; ++p) {
      const Index first = length * p / kPieces;
      pieces[job.count++] = {data + first, length * (p + 1) / kPieces - first};
    }
    floats += length;
  }
  engine.run(engine.team_for_memory(floats), engine.kernels().fingerprints, job);
  float* const known = kept + round_up(form.cell->weights_size(form.size, false, precision, false));
  const auto bytes = static_cast<size_t>(job.count * kChains) * sizeof(uint32_t);
  if (std::memcmp(known, fingerprints, bytes) == 0) return kept;
  engine.pack(*form.cell, {kept, form.size, now, false, precision, false});
  std::memcpy(known, fingerprints, bytes);
  return kept;
}

}  // namespace gatewise
