// What F32, F16 and BF16 share: piece q of a lane (16 bytes, N elements) has the columns 4 N q + N part .. + N - 1 of the unit, so that
// the four lanes of a row read neighbouring activations.
#pragma once
#include "kernels/formats/format.h"

namespace llmc::fmt {

// `Element` gives `count` (elements in a 16-byte piece) and get(piece, i).
template <class Element>
struct FloatType {
  static constexpr bool integer = false, is_signed = false;
  static constexpr InputForms input = in_floats;
  static constexpr u32 columns = 128, units = 1, pieces = 32 / Element::count, bytes = pieces * 512;
  static constexpr u32 unroll = pieces == 4 ? 2 : 1;  // micro tiles whose loads are in flight together, or more (Matrix::batch_of)

  struct Raw {
    u32x4 q[pieces];
  };
  template <class Memory = prim::Streamed>
  static LLMC_FN Raw load(const u8* tile, u32 lane) {
    Raw raw;
    LLMC_UNROLL for (u32 q = 0; q < pieces; q++) raw.q[q] = Memory::load16(tile + 512 * q + 16 * lane);
    return raw;
  }
  static LLMC_HOT LLMC_FN f32 dot(const Raw& raw, const Activations& a, u32 column, u32 lane) {
    const f32* x = a.floats + column + Element::count * part_of(lane);
    f32 sum = 0;
    LLMC_UNROLL for (u32 q = 0; q < pieces; q++) {
      LLMC_UNROLL for (u32 i = 0; i < Element::count; i += 4) {
        f32x4 v = *(const f32x4*)(x + 4 * Element::count * q + i);
        LLMC_UNROLL for (u32 k = 0; k < 4; k++) sum += Element::get(raw.q[q], i + k) * v[k];
      }
    }
    return sum;
  }
  // Elements 32 block .. + 31 of a row of the micro tile, as float32.
  static LLMC_FN void dequantize(const u8* tile, u32 row, u32 block, f32 (&out)[32]) {
    LLMC_UNROLL for (u32 i = 0; i < 32; i += Element::count) {
      const u32 column = 32 * block + i;
      const u32 lane = 4 * row + column / Element::count % 4;
      const u32x4 piece = prim::load16_cached(tile + 512 * (column / (4 * Element::count)) + 16 * lane);
      LLMC_UNROLL for (u32 k = 0; k < Element::count; k++) out[i + k] = Element::get(piece, k);
    }
  }
};

}  // namespace llmc::fmt
