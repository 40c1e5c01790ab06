// F16: four 16-byte pieces a lane.
#pragma once
#include "kernels/formats/float_types.h"

namespace llmc::fmt {

struct F16Element {
  static constexpr u32 count = 8;
  static LLMC_FN f32 get(u32x4 piece, u32 i) { return half_of_pair(piece[i / 2], i % 2); }
};
using F16 = FloatType<F16Element>;

}  // namespace llmc::fmt
