// F16: four 16-byte pieces a lane. The input comes as f16 as well, so that the products of two columns are one instruction and converting
// is none. With float32 a product was 2.2 instructions, which made phases of a decode token 0.1 to 0.4 us longer (H200). The input is at most 1,
// so a sum of 8 products stays below f16's largest number for weights up to 8,000; those of models are below 100.
#pragma once
#include "kernels/formats/float_types.h"

namespace llmc::fmt {

struct F16Element {
  static constexpr u32 count = 8;
  static LLMC_FN f32 get(u32x4 piece, u32 i) { return half_of_pair(piece[i / 2], i % 2); }
};
struct F16 : FloatType<F16Element> {
  static constexpr InputForms input = in_f16;
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const u8* x = a.f16 + 2 * (column + F16Element::count * part_of(lane));
    const f32 scale = a.f16_scales[column / columns];
    f32 sum = 0;
    LLMC_UNROLL for (u32 q = 0; q < pieces; q += 2) {
      sum += prim::dot_f16(raw.q[q], *(const u32x4*)(x + 64 * q), raw.q[q + 1], *(const u32x4*)(x + 64 * (q + 1)));
    }
    return sum * scale;
  }
};

}  // namespace llmc::fmt
