// De-quantisation of single elements, from a format's own load and unpack: for the embedding's lookup and for tests.
#pragma once
#include "kernels/formats/format.h"

namespace llmc::fmt {

// `F` is the format. Elements 32 block .. + 31 of a row of the micro tile, as float32.
template <class F>
struct IntegerType {
  static constexpr bool integer = true;
  static constexpr InputForms input = in_codes;
  static constexpr bool two_scales = false;  // whether the halves of a block have scales and offsets of their own
  static LLMC_FN void dequantize(const u8* tile, u32 row, u32 block, f32 (&out)[32]) {
    typename F::Raw raw = F::load(tile, 4 * row + block % 4);
    Block b = F::unpack(raw, 4 * row, 0);
    if (F::units == 2 && block / 4 == 1) b = F::unpack(raw, 4 * row, F::units - 1);
    LLMC_UNROLL for (u32 i = 0; i < 32; i++) {
      const u32 byte = b.code[i / 4] >> 8 * (i % 4);
      const i32 code = F::is_signed ? (i32)(i8)byte : (i32)(u8)byte;
      out[i] = b.scale[i / 16] * (f32)code + b.offset[i / 16];
    }
  }
};

}  // namespace llmc::fmt
