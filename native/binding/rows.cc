#include "rows.h"

#include <algorithm>

#include "arguments.h"
#include "engine.h"
#include "places.h"

namespace gatewise {
namespace {

// Rows of a few numbers are moved number by number: a call of memcpy would cost more.
inline void copy_row(float* to, const float* from, Index features) {
  if (features >= 16) {
    std::copy_n(from, features, to);
  } else {
    for (Index i = 0; i < features; ++i) to[i] = from[i];
  }
}

struct Move {
  const float* from;
  float* to;
  Places places;
  Index features;

  // (from, to, places, features); `scattered` is the argument whose rows are in the places.
  Move(const Arguments& args, size_t scattered) : places(read_places(args, 2)), features(args.size(3, 1, kMostSize)) {
    if (!places.order) args.fail(2, "places");
    const Index packed = product({places.steps, places.batch, features});
    const Index apart = product({rows_of(places), features});
    from = args.floats(0, scattered == 0 ? apart : packed);
    to = args.floats(1, scattered == 1 ? apart : packed);
  }
};

// Gathers rows from places that lie apart, or scatters them to such.
template <bool kGathers>
void move_rows(const Move& move, const Team& team) {
  const Places& places = move.places;
  const Index rows = places.steps * places.batch;
  const Index end = cut_of(team.cuts, team.size, rows, team.index + 1);
  for (Index row = cut_of(team.cuts, team.size, rows, team.index); row < end; ++row) {
    const Index step = row / places.batch, b = row % places.batch;
    const Index packed = row * move.features;
    const Index place = (step * places.per_step + places.order[b] * places.per_sequence) * move.features;
    copy_row(move.to + (kGathers ? packed : place), move.from + (kGathers ? place : packed), move.features);
  }
}

// These stand just before and after scans, when the other threads are awake.
Napi::Value run(const Napi::CallbackInfo& info, size_t scattered, void (*part)(const Move&, const Team&)) {
  constexpr Index kWorthwhile = 32 * 1024;
  const Move move(Arguments(info), scattered);
  Engine& engine = Engine::of(info.Env());
  const Index floats = move.places.steps * move.places.batch * move.features;
  engine.run(floats < kWorthwhile ? 1 : engine.threads(), part, move);
  return info.Env().Undefined();
}

}  // namespace

Napi::Value gather_rows(const Napi::CallbackInfo& info) { return run(info, 0, move_rows<true>); }

Napi::Value scatter_rows(const Napi::CallbackInfo& info) { return run(info, 1, move_rows<false>); }

}  // namespace gatewise
