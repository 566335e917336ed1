// Packed weights that inference keeps from call to call, in an array of JavaScript's: packed, then the fingerprint of the
// parameters that they were packed of. A call that is given the parameters reads them all, and packs anew where the
// fingerprint is another, whoever has written them. math/fingerprint.h says how sure that is.
// An array of zeros has the fingerprint of nothing.
#pragma once
#include "engine.h"
#include "scan_form.h"

namespace gatewise {

// Floats of such an array, from its first whole cache line on.
Index kept_weights_size(const ScanForm& form, Precision precision);

// Takes the parameters as they are now, checked; gives the packed weights, which are the beginning of `kept`.
const float* refresh_weights(const Arguments& args, const ScanForm& form, Precision precision, const Parameters& values,
                             const ScanArrays<const float>& now, float* kept);

}  // namespace gatewise
