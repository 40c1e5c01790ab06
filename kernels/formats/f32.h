// F32: eight 16-byte pieces a lane.
#pragma once
#include "kernels/formats/float_types.h"

namespace llmc::fmt {

struct F32Element {
  static constexpr u32 count = 4;
  static LLMC_FN f32 get(u32x4 piece, u32 i) { return prim::from_bits(piece[i]); }
};
using F32 = FloatType<F32Element>;

}  // namespace llmc::fmt
