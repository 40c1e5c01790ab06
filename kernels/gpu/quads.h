// Vectors that are rounded to int8 by whoever reads them, in half as many bytes: a packet of 8 bytes (link.h) has four values that share an exponent.
// Each is a whole number m of 12 bits, |m| <= 2047, so at most 2^-11 of the largest of the four is lost, where rounding to int8 loses 2^-8 of the
// largest of 32.
//
//   lower word   first << 20 | second << 8 | exponent     upper word   third << 20 | fourth << 8 | number of the phase
//
// with m + 2048 for m, and as exponent that of 2^-8 of what m counts, as float32 has it. So a value comes out with its bits put below the exponent of
// 2^23 and one multiplication and addition, without a conversion. Infinities, numbers from 2^123 on and what is not a number come out as no finite numbers.
//
// 8 bits of the phase's number suffice: every packet of a vector is written anew in every layer, and no worker lags by 127 phases, because each has
// rows of such a vector to write, for which the others wait.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/gpu/link.h"
#include "kernels/gpu/workspace.h"

namespace llmc {

class Quads : public Packets {
 public:
  using Run = f32x8;
  LLMC_FN Quads(const abi::Args& a, u32 phase) : Packets(a, phase) {}
  LLMC_FN explicit Quads(const Packets& link) : Packets(link) {}

  // Whether a vector of so many elements is better off like this: from where its bytes count, and where its runs, of two packets, are whole waves.
  static constexpr u32 least = 4096, most_workers = least / fmt::tile_rows;  // that all have rows of it
  static constexpr bool pay(u32 columns) { return columns >= least && columns % 8 == 0 && padded_columns(columns) / 8 % prim::kWave == 0; }

  static constexpr u32 polled_runs = 4;
  template <u32 polled = polled_runs, u32 count>
  LLMC_FN void read(const f32* vector, u32 columns, u32 first, u32 stride, u32x4 (&raw)[count]) const {
    read_runs<polled>(vector, columns / 8, first, stride, raw, [&](u32 upper) LLMC_INLINED { return (i8)(u8)(upper - phase()) >= 0; });
  }
  // The same from a vector of float32 in memory, as packets of it would be.
  template <u32 count>
  LLMC_FN void from_memory(const f32* vector, u32 columns, u32 first, u32 stride, u32x4 (&raw)[count]) const {
    u32x4 low[count], high[count];
    ThroughMemory().read(vector, columns, 2 * first, 2 * stride, low);
    ThroughMemory().read(vector, columns, 2 * first + 1, 2 * stride, high);
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      const u64 one = packed(ThroughMemory().elements(low[i]), number()), two = packed(ThroughMemory().elements(high[i]), number());
      raw[i] = u32x4{(u32)one, (u32)(one >> 32), (u32)two, (u32)(two >> 32)};
    }
  }
  LLMC_FN f32x8 elements(u32x4 raw) const {
    constexpr u32 exponent = 0x4b000000, field = 0xfff00;  // of 2^23; where it stands there
    f32x8 v;
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
      const f32 unit = prim::from_bits(raw[i / 2 * 2] << 23 & 0x7f800000u), zero = -(8388608.0f + 2048 * 256) * unit;
      v[2 * i] = prim::from_bits((raw[i] >> 12 & field) | exponent) * unit + zero;
      v[2 * i + 1] = prim::from_bits((raw[i] & field) | exponent) * unit + zero;
    }
    return v;
  }
  // Element `index` = a multiple of 4 + the lane's number modulo 4; the four lanes' are valid or not together. All lanes of a wave.
  LLMC_FN void write(f32* vector, u32 index, f32 value, bool valid) const {
    const f32x4 four = {value, prim::shfl_xor(value, 1), prim::shfl_xor(value, 2), prim::shfl_xor(value, 3)};
    if (valid && index % 4 == 0) prim::store_coherent((u64*)vector + index / 4, packed(four, number()));
  }
  LLMC_FN void write_pair(f32* vector, u32 index, f32 first, f32 second, bool valid) const {
    const f32x4 four = {first, second, prim::shfl_xor(first, 1), prim::shfl_xor(second, 1)};
    if (valid && index % 4 == 0) prim::store_coherent((u64*)vector + index / 4, packed(four, number()));
  }

  static LLMC_FN u64 packed(f32x4 v, u32 number) {
    u32 largest = 0, code[4];
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) largest = prim::max(largest, prim::bits(prim::abs(v[i])));
    const u32 exponent = prim::max(largest >> 23, 19u);  // the least whose unit is a normal number
    const f32 inverse = prim::from_bits((264 - exponent) << 23);
    LLMC_UNROLL for (u32 i = 0; i < 4; i++)
      code[i] = prim::bits(prim::max(prim::min(v[i] * inverse, 2047.0f), -2047.0f) + (prim::to_lower_bits + 2048)) & 0xfffu;
    return (u64)(code[0] << 20 | code[1] << 8 | (exponent - 18)) | (u64)(code[2] << 20 | code[3] << 8 | (number & 255u)) << 32;
  }
};

}  // namespace llmc
