// Q4_0: element = d * (code - 8). Planes: nibbles 512, d f16 a lane 64.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q4_0 : IntegerType<Q4_0> {
  static constexpr bool is_signed = false;
  static constexpr u32 columns = 128, units = 1, bytes = 576, unroll = 4;

  struct Raw {
    u32x4 q;
    u16 d;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {Memory::load16(tile + 16 * lane), Memory::load2(tile + 512 + 2 * lane)};
  }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const ActivationBlock x = activation_block(a, column / 32 + part_of(lane));
    return prim::half_to_float(raw.d) * x.scale * (f32)(dot_nibbles(raw.q, x) - 8 * (x.sum[0] + x.sum[1]));
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32) {
    const f32 d = prim::half_to_float(raw.d);
    Block b = {{}, {d, d}, {-8 * d, -8 * d}};
    nibbles(raw.q, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
