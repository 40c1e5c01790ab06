// Q4_K: element = d * scale * code - dmin * min, scale and min 6 bits (kept as bytes) a 32 elements. Planes: nibbles of unit 0 512, of
// unit 1 512; a lane's (scale, min) of both units 128; (d, dmin) f16 a row 32.
#pragma once
#include "kernels/formats/integer_type.h"

namespace llmc::fmt {

struct Q4_K : IntegerType<Q4_K> {
  static constexpr bool is_signed = false;
  static constexpr u32 columns = 256, units = 2, bytes = 1184, unroll = 4;

  struct Raw {
    u32x4 q[2];
    u32 scales, dm;
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    return {{Memory::load16(tile + 16 * lane), Memory::load16(tile + 512 + 16 * lane)},
            Memory::load4(tile + 1024 + 4 * lane),
            Memory::load4(tile + 1152 + 4 * row_of(lane))};
  }
  static LLMC_FN i32 scale(const Raw& raw, u32 unit) { return (i32)(raw.scales >> 16 * unit & 255); }
  static LLMC_FN i32 min(const Raw& raw, u32 unit) { return (i32)(raw.scales >> (16 * unit + 8) & 255); }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    f32 sum = 0;
    LLMC_UNROLL for (u32 unit = 0; unit < 2; unit++) {
      const ActivationBlock x = activation_block(a, column / 32 + 4 * unit + part_of(lane));
      sum += x.scale * (dm.x * (f32)(scale(raw, unit) * dot_nibbles(raw.q[unit], x)) - dm.y * (f32)(min(raw, unit) * (x.sum[0] + x.sum[1])));
    }
    return sum;
  }
  static LLMC_FN Block unpack(const Raw& raw, u32, u32 unit) {
    const prim::Float2 dm = prim::half2_to_float2(raw.dm);
    const f32 d = dm.x * (f32)scale(raw, unit), m = -dm.y * (f32)min(raw, unit);
    Block b = {{}, {d, d}, {m, m}};
    nibbles(raw.q[unit], b.code);
    return b;
  }
};

}  // namespace llmc::fmt
