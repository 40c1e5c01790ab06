// Q6_K: element = d * scale * (code - 32), scale i8 a 16 elements. Planes: nibbles of unit 0 512, of unit 1 512; high 2 bits (16 bytes a
// lane: per unit a word for each half of the block) 512; a lane's 4 scales for 2 units x 2 halves 128; d f16 a row 16.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q6_K : IntegerType<Q6_K> {
  static constexpr bool is_signed = false, two_scales = true;
  static constexpr u32 columns = 256, units = 2, bytes = 1680, unroll = 2;

  struct Raw {
    u32x4 q[2], high;
    u32 scales, d;  // d: of this row and its neighbour
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {{Memory::load16(tile + 16 * lane), Memory::load16(tile + 512 + 16 * lane)},
            Memory::load16(tile + 1024 + 16 * lane),
            Memory::load4(tile + 1536 + 4 * lane),
            Memory::load4(tile + 1664 + 4 * (row_of(lane) / 2))};
  }
  static LLMC_FN void codes(const Raw& raw, u32 unit, u32 (&code)[8]) {
    nibbles(raw.q[unit], code);
    LLMC_UNROLL for (u32 k = 0; k < 8; k++) code[k] |= two_bits<4>(raw.high[2 * unit + k / 4], k % 4);
  }
  static LLMC_FN i32 scale(const Raw& raw, u32 unit, u32 half) { return (i32)(i8)(raw.scales >> (16 * unit + 8 * half)); }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    f32 sum = 0;
    LLMC_UNROLL for (u32 unit = 0; unit < 2; unit++) {
      const ActivationBlock x = activation_block(a, column / 32 + 4 * unit + part_of(lane));
      u32 code[8];
      codes(raw, unit, code);
      const Sums s = dot_halves(code, x);
      sum += x.scale * (f32)(scale(raw, unit, 0) * (s.half[0] - 32 * x.sum[0]) + scale(raw, unit, 1) * (s.half[1] - 32 * x.sum[1]));
    }
    return half_of_pair(raw.d, row_of(lane) % 2) * sum;
  }
  static LLMC_FN Block unpack(const Raw& raw, u32 lane, u32 unit) {
    const f32 d = half_of_pair(raw.d, row_of(lane) % 2);
    const f32 low = d * (f32)scale(raw, unit, 0), high = d * (f32)scale(raw, unit, 1);
    Block b = {{}, {low, high}, {-32 * low, -32 * high}};
    codes(raw, unit, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
