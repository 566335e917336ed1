#include "rows.h"

#include <algorithm>
#include <numeric>

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

// The rows that some steps of a batch have in a caller's array.
struct PlacedSteps {
  Places places;
  const int32_t* counts;  // [steps], or null for all of the batch
  Index steps;
  Index batch;
  Index features;

  // From arguments i on: places, counts | null, steps, features.
  PlacedSteps(const Arguments& args, size_t i) {
    batch = args.integers_length(i) - 2;
    if (batch < 1) args.fail(i, "places of a batch");
    places = read_places(args, i, batch);
    steps = args.size(i + 2, 1);
    counts = args.optional_integers(i + 1, steps);
    features = args.size(i + 3, 1, kMostSize);
    if (!counts) return;
    const auto [least, most] = std::minmax_element(counts, counts + steps);
    if (*least < 0 || *most > batch) args.fail(i + 1, "counts of up to the batch");
  }

  Index count(Index t) const { return counts ? counts[t] : batch; }
  // Of all steps.
  Index rows() const { return counts ? std::accumulate(counts, counts + steps, Index{0}) : product({steps, batch}); }
  // Floats of the caller's array.
  Index extent() const { return product({rows_of(places, steps, batch), features}); }
  Index place(Index t, Index b) const {
    return (t * places.per_step + places.order[b] * places.per_sequence) * features;
  }
};

struct Move {
  const float* from;
  float* to;
  PlacedSteps apart;
  Index rows;

  // `scattered` is the argument whose rows are in the places.
  Move(const Arguments& args, size_t scattered) : apart(args, 2), rows(apart.rows()) {
    const Index packed = product({rows, apart.features});
    from = args.floats(0, scattered == 0 ? apart.extent() : packed);
    to = args.floats(1, scattered == 1 ? apart.extent() : packed);
  }
};

// Gathers rows from places that lie apart, or scatters them to such.
template <bool kGathers>
void move_rows(const Move& move, const Team& team) {
  const PlacedSteps& apart = move.apart;
  const Index begin = move.rows * team.index / team.size;
  const Index end = move.rows * (team.index + 1) / team.size;
  Index row = 0;  // that step t begins with
  for (Index t = 0; row < end; row += apart.count(t++)) {
    const Index last = std::min(apart.count(t), end - row);
    for (Index b = std::max<Index>(begin - row, 0); b < last; ++b) {
      const Index packed = (row + b) * apart.features;
      const Index place = apart.place(t, b);
      copy_row(move.to + (kGathers ? packed : place), move.from + (kGathers ? place : packed), apart.features);
    }
  }
}

struct Padding {
  float* to;
  PlacedSteps apart;

  explicit Padding(const Arguments& args) : apart(args, 1) { to = args.floats(0, apart.extent()); }
};

// Padding comes at the end: a member takes every so many steps.
void clear_part(const Padding& padding, const Team& team) {
  const PlacedSteps& apart = padding.apart;
  for (Index t = team.index; t < apart.steps; t += team.size) {
    for (Index b = apart.count(t); b < apart.batch; ++b) {
      std::fill_n(padding.to + apart.place(t, b), apart.features, 0.0f);
    }
  }
}

// These stand just before and after scans, when the other threads are awake.
template <class Job>
void run(Napi::Env env, Index rows, const Job& job, void (*part)(const Job&, const Team&)) {
  constexpr Index kWorthwhile = 32 * 1024;
  Engine& engine = Engine::of(env);
  engine.run(rows * job.apart.features < kWorthwhile ? 1 : engine.threads(), part, job);
}

Napi::Value move(const Napi::CallbackInfo& info, size_t scattered, void (*part)(const Move&, const Team&)) {
  const Move move(Arguments(info), scattered);
  run(info.Env(), move.rows, move, part);
  return info.Env().Undefined();
}

}  // namespace

Napi::Value gather_rows(const Napi::CallbackInfo& info) { return move(info, 0, move_rows<true>); }

Napi::Value scatter_rows(const Napi::CallbackInfo& info) { return move(info, 1, move_rows<false>); }

Napi::Value clear_padding(const Napi::CallbackInfo& info) {
  const Padding padding{Arguments(info)};
  run(info.Env(), padding.apart.steps * padding.apart.batch, padding, clear_part);
  return info.Env().Undefined();
}

}  // namespace gatewise
