// Q2_K: weight = d * scale * q - dmin * min, a scale and a min of 4 bits for 16 columns. A unit is 8 blocks:
// [d: 16 f16][dmin: 16 f16], of every block 2 x 16 bytes (scale | min << 4), then of every block a pair plane.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q2_K {
  static constexpr bool kFloat = false, kSigned = false, kPerHalf = true, kMinimum = true;
  static constexpr int kColumns = 256, kPlanes = 128, kBytes = 64 + 8 * (32 + kPlanes);
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) { return llmc::x86::pairs(unit + 320 + b * kPlanes, g, h); }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    using namespace llmc::x86;
    const vf d = half_scale(unit, h), dmin = -half_scale(unit + 32, h);
    for (int half = 0; half < 2; half++) {
      const vi packed = __builtin_convertvector(load<vb>(unit + 64 + b * 32 + half * 16 + h * W), vi);
      c.scale[half] = d * __builtin_convertvector(packed & 15, vf);
      c.minimum[half] = dmin * __builtin_convertvector(packed >> 4, vf);
    }
  }
};
}  // namespace fmt
