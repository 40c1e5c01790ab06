// Q5_0: element = d * (code - 16). Planes: nibbles 512, fifth bits (a word a lane) 128, d f16 a lane 64.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q5_0 : IntegerType<Q5_0> {
  static constexpr bool is_signed = false;
  static constexpr u32 columns = 128, units = 1, bytes = 704, unroll = 4;

  struct Raw {
    u32x4 q;
    u32 high;
    u16 d;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {Memory::load16(tile + 16 * lane), Memory::load4(tile + 512 + 4 * lane), Memory::load2(tile + 640 + 2 * lane)};
  }
  static LLMC_FN void codes(const Raw& raw, u32 (&code)[8]) {
    nibbles(raw.q, code);
    add_bits<4>(raw.high, code);
  }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const ActivationBlock x = activation_block(a, column / 32 + part_of(lane));
    u32 code[8];
    codes(raw, code);
    return prim::half_to_float(raw.d) * x.scale * (f32)(dot_block(code, x) - 16 * (x.sum[0] + x.sum[1]));
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32) {
    const f32 d = prim::half_to_float(raw.d);
    Block b = {{}, {d, d}, {-16 * d, -16 * d}};
    codes(raw, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
