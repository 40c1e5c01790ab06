// Q2_K: element = d * scale * code - dmin * min, scale and min 4 bits a 16 elements. Planes: codes (16 bytes a lane: per unit a word for
// each half of the block) 512; a lane's 4 bytes (scale | min << 4) for 2 units x 2 halves 128; (d, dmin) f16 a row 32.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q2_K : IntegerType<Q2_K> {
  static constexpr bool is_signed = false, two_scales = true;
  static constexpr u32 columns = 256, units = 2, bytes = 672, unroll = 4;

  struct Raw {
    u32x4 q;
    u32 scales, dm;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {Memory::load16(tile + 16 * lane), Memory::load4(tile + 512 + 4 * lane), Memory::load4(tile + 640 + 4 * row_of(lane))};
  }
  static LLMC_FN void codes(const Raw& raw, u32 unit, u32 (&code)[8]) {
    LLMC_UNROLL for (u32 k = 0; k < 8; k++) code[k] = two_bits<0>(raw.q[2 * unit + k / 4], k % 4);
  }
  static LLMC_FN i32 scale(const Raw& raw, u32 unit, u32 half) { return (i32)(raw.scales >> (16 * unit + 8 * half) & 15); }
  static LLMC_FN i32 min(const Raw& raw, u32 unit, u32 half) { return (i32)(raw.scales >> (16 * unit + 8 * half + 4) & 15); }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    f32 sum = 0;
    LLMC_UNROLL for (u32 unit = 0; unit < 2; unit++) {
      const ActivationBlock x = activation_block(a, column / 32 + 4 * unit + part_of(lane));
      u32 code[8];
      codes(raw, unit, code);
      const Sums s = dot_halves(code, x);
      const i32 scaled = scale(raw, unit, 0) * s.half[0] + scale(raw, unit, 1) * s.half[1];
      const i32 minimum = min(raw, unit, 0) * x.sum[0] + min(raw, unit, 1) * x.sum[1];
      sum += x.scale * (dm.x * (f32)scaled - dm.y * (f32)minimum);
    }
    return sum;
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32 unit) {
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    Block b = {{},
               {dm.x * (f32)scale(raw, unit, 0), dm.x * (f32)scale(raw, unit, 1)},
               {-dm.y * (f32)min(raw, unit, 0), -dm.y * (f32)min(raw, unit, 1)}};
    codes(raw, unit, b.code);
    return b;
  }
};

}  // namespace llmc::fmt
