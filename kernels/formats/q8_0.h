// Q8_0: element = d * code, code signed. Planes: elements 0..15 of the lanes' blocks 512, elements 16..31 512, d f16 a lane 64.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q8_0 : IntegerType<Q8_0> {
  static constexpr bool is_signed = true;
  static constexpr u32 columns = 128, units = 1, bytes = 1088, unroll = 4;

  struct Raw {
    u32x4 q[2];
    u16 d;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {{Memory::load16(tile + 16 * lane), Memory::load16(tile + 512 + 16 * lane)}, Memory::load2(tile + 1024 + 2 * lane)};
  }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const ActivationBlock x = activation_block(a, column / 32 + part_of(lane));
    i32 low = 0, high = 0;
    LLMC_UNROLL for (u32 k = 0; k < 4; k++) {
      low = prim::dot4_ss(raw.q[0][k], x.code[k], low);
      high = prim::dot4_ss(raw.q[1][k], x.code[4 + k], high);
    }
    return prim::half_to_float(raw.d) * x.scale * (f32)(low + high);
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32) {
    const f32 d = prim::half_to_float(raw.d);
    Block b = {{}, {d, d}, {0, 0}};
    LLMC_UNROLL for (u32 k = 0; k < 8; k++) b.code[k] = raw.q[k / 4][k % 4];
    return b;
  }
};

}  // namespace llmc::fmt
