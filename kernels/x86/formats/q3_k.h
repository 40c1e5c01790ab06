// Q3_K: weight = d * scale * (q - 4), a signed scale of 6 bits for 16 columns. A unit is 8 blocks:
// [d: 16 f16][32 bytes unused], of every block 2 x 16 signed scales, then of every block a pair plane and a bit plane.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q3_K {
  static constexpr bool kFloat = false, kSigned = false, kPerHalf = true, kMinimum = true;
  static constexpr int kColumns = 256, kPlanes = 128 + 64, kBytes = 64 + 8 * (32 + kPlanes);
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) {
    const unsigned char* block = unit + 320 + b * kPlanes;
    return llmc::x86::pairs(block, g, h) | llmc::x86::bits(block + 128, g, 2, h);
  }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    using namespace llmc::x86;
    const vf d = half_scale(unit, h);
    for (int half = 0; half < 2; half++) {
      c.scale[half] = d * signed_byte_scale(unit + 64 + b * 32 + half * 16, h);
      c.minimum[half] = c.scale[half] * -4.0f;
    }
  }
};
}  // namespace fmt
