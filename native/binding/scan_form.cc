#include "scan_form.h"

namespace gatewise {

void ScanForm::read(const Arguments& args) {
  cell = Engine::of(args.env()).cell(args.text(0));
  if (!cell) args.fail(0, "the name of a cell");
  size.input = args.size(1, 1, kMostSize);
  size.hidden = args.size(2, 1, kMostSize);
  size.output = args.size(3, 1, size.hidden);
  if (!cell->facts.staged && size.output != size.hidden) args.fail(3, "as many outputs as units");
  bias = args.flag(4);
  extras.bound = static_cast<float>(args.number(5));
  extras.zoneout_h = static_cast<float>(args.number(6));
  extras.zoneout_c = static_cast<float>(args.number(7));
  if (size.output != size.hidden && extras.zoneout_h > 0.0f) args.fail(6, "no zoneout beside a projection");
}

template <class Float>
ScanArrays<Float> ScanForm::arrays(const Arguments& args, size_t i, const Parameters& values) const {
  const Index rows = cell->facts.gates * size.hidden;
  ScanArrays<Float> of{};
  size_t next = 0;
  // One too few would give the next one's numbers for its own: lengths are held exactly, which tells them apart.
  const auto take = [&](Index floats) {
    const Elements<float> given = args.floats_of(values[next++], i);
    if (given.length != floats) args.fail(i, "a parameter of " + std::to_string(floats) + " elements");
    return static_cast<Float*>(given.data);
  };
  of.w_ih = take(product({rows, size.input}));
  of.w_hh = take(product({rows, size.output}));
  if (bias) {
    of.b_ih = take(rows);
    of.b_hh = take(rows);
  }
  if (size.output != size.hidden) of.w_hr = take(product({size.output, size.hidden}));
  // A parameter may hold several vectors. All may be left out, and count as zeros.
  int v = 0;
  while (v < cell->facts.vectors && next < values.size() && !values[next].IsUndefined()) {
    const Index runs = args.floats_of(values[next], i).length / size.hidden;
    if (runs < 1 || runs > cell->facts.vectors - v) args.fail(i, "the cell's vectors");
    Float* const data = take(runs * size.hidden);
    for (Index run = 0; run < runs; ++run) of.vectors[v++] = data + run * size.hidden;
  }
  if (v != 0 && v != cell->facts.vectors) args.fail(i, "all of the cell's vectors, or none");
  if (next < values.size() && !values[next].IsUndefined()) args.fail(i, "no more parameters");
  return of;
}

template ScanArrays<float> ScanForm::arrays<float>(const Arguments&, size_t, const Parameters&) const;
template ScanArrays<const float> ScanForm::arrays<const float>(const Arguments&, size_t, const Parameters&) const;

}  // namespace gatewise
