// Q5_1: element = d * code + m. Planes: nibbles 512, a lane's fifth bits and (d, m) f16 256.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q5_1 : IntegerType<Q5_1> {
  static constexpr bool is_signed = false;
  static constexpr u32 columns = 128, units = 1, bytes = 768, unroll = 4;

  struct Raw {
    u32x4 q;
    u32x2 high_dm;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) { return {Memory::load16(tile + 16 * lane), Memory::load8(tile + 512 + 8 * lane)}; }
  static LLMC_FN void codes(const Raw& raw, u32 (&code)[8]) {
    nibbles(raw.q, code);
    add_bits<4>(raw.high_dm[0], code);
  }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const ActivationBlock x = activation_block(a, column / 32 + part_of(lane));
    const prim::Float2 dm = prim::half2_to_float2(raw.high_dm[1]);
    u32 code[8];
    codes(raw, code);
    return x.scale * (dm.x * (f32)dot_block(code, x) + dm.y * (f32)(x.sum[0] + x.sum[1]));
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32) {
    const prim::Float2 dm = prim::half2_to_float2(raw.high_dm[1]);
    Block b = {{}, {dm.x, dm.x}, {dm.y, dm.y}};
    codes(raw, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
