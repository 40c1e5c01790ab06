// What the x86 formats share. A row tile is 16 rows over all columns, cut along the columns into units; a unit holds blocks of 32
// columns. In a register of codes a 32-bit lane is a row and its 4 bytes are 4 neighbouring columns: a group. A block is 8 groups.
//
//   nibble plane  256 bytes a block: register i holds group i in the low halves of its bytes, group i + 4 in the high halves
//   pair plane    128 bytes a block: register i holds groups 4i..4i+3, two bits each, the lowest bits first
//   bit plane      64 bytes a block: one register, bit g of a byte belongs to group g
//   scales         of a block (or of its half): 16 values, one a row
//
// A format gives, for block b of a unit and rows [h * W, h * W + W): code(g) as unsigned bytes (kSigned: signed), and coefficients
// such that weight = scale * code + minimum, one pair a block or (kPerHalf) a half block of 16 columns. compiler/plan/layout_x86.cpp
// writes what is read here.
#pragma once
#include "kernels/x86/vector.h"

namespace llmc::x86 {

// Activations rounded to 8 bits, in blocks of 32: value = scale * code; sums of the 32 and of each 16 codes, times the scale.
struct Block {
  f32 scale, sum, sum_low, sum_high;
};

// A quantised matrix' input: rows of codes `row_bytes` apart, and their blocks.
template <int row_bytes>
struct RoundedInput {
  static constexpr int stride = row_bytes;
  const i8* q;
  const Block* blocks;
};
// A float matrix' input: rows `row_floats` apart.
template <int row_floats>
struct FloatInput {
  static constexpr int stride = row_floats;
  const f32* x;
};

struct Coefficients {
  vf scale[2], minimum[2];
};

X86_FN vu nibbles(const u8* planes, int g, int h) {
  const vu v = load<vu>(planes + (g & 3) * 64 + h * 4 * W);
  return (g < 4 ? v : v >> 4) & 0x0f0f0f0fu;
}
X86_FN vu pairs(const u8* planes, int g, int h) {
  return (load<vu>(planes + (g >> 2) * 64 + h * 4 * W) >> (2 * (g & 3))) & 0x03030303u;
}
// Pairs moved to bits 4 and 5.
X86_FN vu high_pairs(const u8* planes, int g, int h) {
  const vu v = load<vu>(planes + (g >> 2) * 64 + h * 4 * W);
  const int at = 2 * (g & 3);
  return (at < 4 ? v << (4 - at) : v >> (at - 4)) & 0x30303030u;
}
// Bit g of every byte, moved to bit `to`.
X86_FN vu bits(const u8* plane, int g, int to, int h) {
  const vu v = load<vu>(plane + h * 4 * W);
  return (g <= to ? v << (to - g) : v >> (g - to)) & (0x01010101u << to);
}
X86_FN vf half_scale(const u8* scales, int h) { return load_half(scales + h * 2 * W); }
X86_FN vf byte_scale(const u8* scales, int h) { return __builtin_convertvector(__builtin_convertvector(load<vb>(scales + h * W), vi), vf); }
X86_FN vf signed_byte_scale(const u8* scales, int h) {
  return __builtin_convertvector(__builtin_convertvector(load<vc>(scales + h * W), vi), vf);
}

}  // namespace llmc::x86
