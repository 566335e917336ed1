// Reads where a caller's array has rows (Places of job.h).
#pragma once
#include <algorithm>

#include "arguments.h"

namespace gatewise {

// Argument i: [steps, perStep, perSequence, …order], or null, which gives none.
inline Places read_places(const Arguments& args, size_t i) {
  constexpr Index kBeforeOrder = 3;
  if (args.absent(i)) return {};
  const auto [given, length] = args.integers(i);
  if (length <= kBeforeOrder) args.fail(i, "steps, distances and an order");
  const bool positive = *std::min_element(given, given + kBeforeOrder) > 0;
  if (!positive || *std::min_element(given, given + length) < 0) args.fail(i, "steps, distances and an order");
  return {given + kBeforeOrder, given[0], length - kBeforeOrder, given[1], given[2]};
}

// Rows of an array that has all of these places.
inline Index rows_of(const Places& places) {
  const Index last = *std::max_element(places.order, places.order + places.batch);
  return (places.steps - 1) * places.per_step + last * places.per_sequence + 1;
}

}  // namespace gatewise
