// Q4_K: weight = d * scale * q - dmin * min, a scale and a min of 6 bits for 32 columns. A unit is 8 blocks:
// [d: 16 f16][dmin: 16 f16], of every block 16 scales and 16 mins (bytes), then of every block a nibble plane.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q4_K {
  static constexpr bool kFloat = false, kSigned = false, kPerHalf = false, kMinimum = true;
  static constexpr int kColumns = 256, kPlanes = 256, kBytes = 64 + 8 * (32 + kPlanes);
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) { return llmc::x86::nibbles(unit + 320 + b * kPlanes, g, h); }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    using namespace llmc::x86;
    c.scale[0] = half_scale(unit, h) * byte_scale(unit + 64 + b * 32, h);
    c.minimum[0] = -half_scale(unit + 32, h) * byte_scale(unit + 64 + b * 32 + 16, h);
  }
};
}  // namespace fmt
