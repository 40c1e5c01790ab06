// BF16: four 16-byte pieces a lane.
#pragma once
#include "kernels/formats/float_types.h"

namespace llmc::fmt {

struct BF16Element {
  static constexpr u32 count = 8;
  static LLMC_FN f32 get(u32x4 piece, u32 i) { return prim::from_bits(i % 2 ? piece[i / 2] & 0xffff0000u : piece[i / 2] << 16); }
};
using BF16 = FloatType<BF16Element>;

}  // namespace llmc::fmt
