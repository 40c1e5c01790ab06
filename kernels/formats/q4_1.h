// Q4_1: element = d * code + m. Planes: nibbles 512, (d, m) f16 a lane 128.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q4_1 : IntegerType<Q4_1> {
  static constexpr bool is_signed = false;
  static constexpr u32 columns = 128, units = 1, bytes = 640, unroll = 4;

  struct Raw {
    u32x4 q;
    u32 dm;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) { return {Memory::load16(tile + 16 * lane), Memory::load4(tile + 512 + 4 * lane)}; }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const ActivationBlock x = activation_block(a, column / 32 + part_of(lane));
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    return x.scale * (dm.x * (f32)dot_nibbles(raw.q, x) + dm.y * (f32)(x.sum[0] + x.sum[1]));
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32) {
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    Block b = {{}, {dm.x, dm.x}, {dm.y, dm.y}};
    nibbles(raw.q, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
