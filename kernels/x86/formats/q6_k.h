// Q6_K: weight = d * scale * (q - 32), a signed scale of 8 bits for 16 columns. A unit is 8 blocks:
// [d: 16 f16][32 bytes unused], of every block 2 x 16 signed scales, then of every block a nibble plane and a pair plane.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q6_K {
  static constexpr bool kFloat = false, kSigned = false, kPerHalf = true, kMinimum = true;
  static constexpr int kColumns = 256, kPlanes = 256 + 128, kBytes = 64 + 8 * (32 + kPlanes);
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) {
    const unsigned char* block = unit + 320 + b * kPlanes;
    return llmc::x86::nibbles(block, g, h) | llmc::x86::high_pairs(block + 256, g, h);
  }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    using namespace llmc::x86;
    const vf d = half_scale(unit, h);
    for (int half = 0; half < 2; half++) {
      c.scale[half] = d * signed_byte_scale(unit + 64 + b * 32 + half * 16, h);
      c.minimum[half] = c.scale[half] * -32.0f;
    }
  }
};
}  // namespace fmt
