#include "rows.h"

#include <algorithm>

#include "arguments.h"
#include "engine.h"

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
  const int32_t* places;
  Index rows;
  Index features;

  // `scattered` is the argument whose rows the places are of.
  Move(const Arguments& args, size_t scattered) {
    rows = args.integers_length(2);
    places = args.optional_integers(2, rows);
    features = args.size(3, 1, kMostSize);
    int32_t most = -1;
    for (Index r = 0; r < rows; ++r) {
      if (places[r] < 0) args.fail(2, "places of at least 0");
      most = std::max(most, places[r]);
    }
    const Index packed = product({rows, features});
    const Index whole = product({Index{most} + 1, features});
    from = args.floats(0, scattered == 0 ? whole : packed);
    to = args.floats(1, scattered == 1 ? whole : packed);
  }
};

// Gathers rows from places that lie apart, or scatters them to such.
template <bool kGathers>
void move_rows(const Move& move, const Team& team) {
  const Index last = move.rows * (team.index + 1) / team.size;
  for (Index r = move.rows * team.index / team.size; r < last; ++r) {
    const Index apart = move.places[r] * move.features;
    const Index packed = r * move.features;
    copy_row(move.to + (kGathers ? packed : apart), move.from + (kGathers ? apart : packed), move.features);
  }
}

struct Padding {
  float* to;
  const int32_t* places;
  const int32_t* counts;
  Index steps;
  Index batch;
  Index features;

  explicit Padding(const Arguments& args) {
    batch = args.integers_length(1) - 2;
    if (batch < 1) args.fail(1, "places of a batch");
    places = args.optional_integers(1, 2 + batch);
    steps = args.integers_length(2);
    if (steps < 1) args.fail(2, "counts of steps");
    counts = args.optional_integers(2, steps);
    features = args.size(3, 1, kMostSize);
    if (*std::min_element(places, places + 2 + batch) < 0) args.fail(1, "places of at least 0");
    const auto [least, most] = std::minmax_element(counts, counts + steps);
    if (*least < 0 || *most > batch) args.fail(2, "counts of up to the batch");
    const Index last = *std::max_element(places + 2, places + 2 + batch);
    to = args.floats(0, product({(steps - 1) * places[0] + last * places[1] + 1, features}));
  }
};

// Padding comes at the end: a member takes every so many steps.
void clear_part(const Padding& padding, const Team& team) {
  for (Index t = team.index; t < padding.steps; t += team.size) {
    for (Index b = padding.counts[t]; b < padding.batch; ++b) {
      const Index place = t * padding.places[0] + padding.places[2 + b] * padding.places[1];
      std::fill_n(padding.to + place * padding.features, padding.features, 0.0f);
    }
  }
}

// These stand just before and after scans, when the other threads are awake.
template <class Job>
void run(Napi::Env env, Index floats, const Job& job, void (*part)(const Job&, const Team&)) {
  constexpr Index kWorthwhile = 32 * 1024;
  Engine& engine = Engine::of(env);
  engine.run(floats < kWorthwhile ? 1 : engine.threads(), part, job);
}

Napi::Value move(const Napi::CallbackInfo& info, size_t scattered, void (*part)(const Move&, const Team&)) {
  const Move move(Arguments(info), scattered);
  run(info.Env(), move.rows * move.features, move, part);
  return info.Env().Undefined();
}

}  // namespace

Napi::Value gather_rows(const Napi::CallbackInfo& info) { return move(info, 0, move_rows<true>); }

Napi::Value scatter_rows(const Napi::CallbackInfo& info) { return move(info, 1, move_rows<false>); }

Napi::Value clear_padding(const Napi::CallbackInfo& info) {
  const Padding padding{Arguments(info)};
  run(info.Env(), padding.steps * padding.batch * padding.features, padding, clear_part);
  return info.Env().Undefined();
}

}  // namespace gatewise
