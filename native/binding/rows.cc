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

// These stand just before and after scans, when the other threads are awake.
void run(const Napi::CallbackInfo& info, const Move& move, void (*part)(const Move&, const Team&)) {
  constexpr Index kWorthwhile = 32 * 1024;
  Engine& engine = Engine::of(info.Env());
  engine.run(move.rows * move.features < kWorthwhile ? 1 : engine.threads(), part, move);
}

}  // namespace

Napi::Value gather_rows(const Napi::CallbackInfo& info) {
  run(info, Move(Arguments(info), 0), move_rows<true>);
  return info.Env().Undefined();
}

Napi::Value scatter_rows(const Napi::CallbackInfo& info) {
  run(info, Move(Arguments(info), 1), move_rows<false>);
  return info.Env().Undefined();
}

}  // namespace gatewise
