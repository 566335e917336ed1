// Reads where a caller's array has rows (Places of job.h).
#pragma once
#include <algorithm>

#include "arguments.h"

namespace gatewise {

// Argument i: [perStep, perSequence, …order of `batch` sequences], or null, which gives none.
inline Places read_places(const Arguments& args, size_t i, Index batch) {
  const int32_t* const given = args.optional_integers(i, 2 + batch);
  if (!given) return {};
  if (*std::min_element(given, given + 2 + batch) < 0) args.fail(i, "numbers of at least 0");
  return {given + 2, given[0], given[1]};
}

// Rows of an array that has places for all of `batch` sequences at each of `steps` steps.
inline Index rows_of(const Places& places, Index steps, Index batch) {
  const Index last = *std::max_element(places.order, places.order + batch);
  return (steps - 1) * places.per_step + last * places.per_sequence + 1;
}

}  // namespace gatewise
