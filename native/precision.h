// How the numbers of weights are kept.
#pragma once

namespace gatewise {

// Of W_ih and W_hh, for a scan forward. All are computed with as float32.
enum class Precision { kFloat32, kBfloat16, kFloat16, kInt8 };

}  // namespace gatewise
