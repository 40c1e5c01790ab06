// What the tensor types have in common on GPUs.
//
// A matrix is cut into row tiles of 8 rows, a row tile into micro tiles of 128 columns (256 for the K types), each a contiguous run of
// bytes that a group of 32 lanes reads in 16-byte pieces: lane l has row l / 4 and part l % 4. A micro tile holds one unit of 128
// columns, or two; in unit u a lane has the 32-element block of columns 128 u + 32 part .. + 31 (float types spread a lane's 32 columns
// in runs of 16 bytes, see float_types.h). The planes of a micro tile follow one another: low bits of the codes (a 16-byte piece a
// lane: byte i has element i in its low nibble and element i + 16 in its high one), high bits, scales a lane, scales a row.
// compiler/plan/layout_gpu.cpp packs exactly this.
//
// A wave of 64 lanes is two groups that work on different tiles or slices: the code of a lane is the same for both wave sizes.
//
// Codes stay unsigned where the type has an offset or a minimum; these are applied to the sums of the activations, which come with the
// rounded activations, so that the inner loop is load, and, shift, dot product.
#pragma once
#include "kernels/formats/input_forms.h"
#include "kernels/prim/prim.h"

namespace llmc::fmt {

constexpr u32 tile_rows = 8;

// The input of a matrix, in shared memory. Integer form: codes i8 [columns], and for each block of 32 a pair of words in `meta`: the
// scale as float32, and the sums of the codes of its first and second 16 elements as two i16. F16 form: f16 [columns], at most 1, and for each
// group of 128 a float32 that they are to be multiplied by, the largest absolute value among the elements before. Float form: f32 [columns].
// Columns are padded with zeros to a multiple of 256.
struct Activations {
  const u8* codes = nullptr;
  const u8* meta = nullptr;
  const u8* f16 = nullptr;
  const f32* f16_scales = nullptr;
  const f32* floats = nullptr;
  f32 factor = 1;  // of all elements: products are multiplied by it when they are complete
};

// A block of 32 rounded activations: word k has elements 4k .. 4k + 3.
struct ActivationBlock {
  u32 code[8];
  f32 scale;
  i32 sum[2];  // of the first and the second 16 codes
};

LLMC_FN ActivationBlock activation_block(const Activations& a, u32 index) {
  const u32x4* codes = (const u32x4*)(a.codes + 32 * index);
  u32x4 low = codes[0], high = codes[1];
  u32x2 meta = *(const u32x2*)(a.meta + 8 * index);
  return {{low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]},
          prim::from_bits(meta[0]),
          {(i32)(meta[1] << 16) >> 16, (i32)meta[1] >> 16}};
}

// A block of 32 weights as bytes: element 16h + i = scale[h] * code + offset[h]. Word k of `code` has elements 4k .. 4k + 3; the bytes
// are signed where the format's `is_signed` says so.
struct Block {
  u32 code[8];
  f32 scale[2], offset[2];
};

LLMC_FN u32 row_of(u32 lane) { return lane / 4; }
LLMC_FN u32 part_of(u32 lane) { return lane % 4; }

// The 32 nibbles of a piece as bytes.
LLMC_FN void nibbles(u32x4 piece, u32 (&code)[8]) {
  LLMC_UNROLL for (u32 k = 0; k < 4; k++) {
    code[k] = piece[k] & 0x0f0f0f0fu;
    code[4 + k] = (piece[k] >> 4) & 0x0f0f0f0fu;
  }
}

// Adds a bit plane: bit 8b + k of `plane` is bit `position` of element 4k + b.
template <u32 position>
LLMC_FN void add_bits(u32 plane, u32 (&code)[8]) {
  LLMC_UNROLL for (u32 k = 0; k < 8; k++) {
    u32 moved = k <= position ? plane << (position - k) : plane >> (k - position);
    code[k] |= moved & (0x01010101u << position);
  }
}

// Two-bit values of half h (16 elements) in one word: element 4k + b of the half at bits 8b + 2k; placed at bit `position`.
template <u32 position>
LLMC_FN u32 two_bits(u32 plane, u32 k) {
  u32 moved = 2 * k <= position ? plane << (position - 2 * k) : plane >> (2 * k - position);
  return moved & (0x03030303u << position);
}

// Sums of code times activation over the two halves of a block.
struct Sums {
  i32 half[2];
};
LLMC_FN Sums dot_halves(const u32 (&code)[8], const ActivationBlock& a) {
  Sums s = {{0, 0}};
  LLMC_UNROLL for (u32 k = 0; k < 4; k++) {
    s.half[0] = prim::dot4_us(code[k], a.code[k], s.half[0]);
    s.half[1] = prim::dot4_us(code[4 + k], a.code[4 + k], s.half[1]);
  }
  return s;
}
LLMC_FN i32 dot_block(const u32 (&code)[8], const ActivationBlock& a) {
  Sums s = dot_halves(code, a);
  return s.half[0] + s.half[1];
}

// The 32 nibbles of a piece times the activations. High nibbles stay where they are: their sum is 16 times too large, and exact.
LLMC_FN i32 dot_nibbles(u32x4 piece, const ActivationBlock& a) {
  if constexpr (!prim::dot4_us_takes_all) {
    u32 code[8];
    nibbles(piece, code);
    return dot_block(code, a);
  }
  i32 low = 0, high = 0;
  LLMC_UNROLL for (u32 k = 0; k < 4; k++) {
    low = prim::dot4_us(piece[k] & 0x0f0f0f0fu, a.code[k], low);
    high = prim::dot4_us(piece[k] & 0xf0f0f0f0u, a.code[4 + k], high);
  }
  return low + (high >> 4);
}

// One half of a word that two neighbouring rows share.
LLMC_FN f32 half_of_pair(u32 word, u32 odd) { return prim::half_to_float((u16)(word >> 16 * odd)); }

}  // namespace llmc::fmt
