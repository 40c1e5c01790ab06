// Q5_1: weight = d * q + m. A unit is 2 blocks: [d: 2 x 16 f16][m: 2 x 16 f16] then a nibble plane and a bit plane a block.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q5_1 {
  static constexpr bool kFloat = false, kSigned = false, kPerHalf = false, kMinimum = true;
  static constexpr int kColumns = 64, kBytes = 128 + 2 * 320;
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) {
    const unsigned char* block = unit + 128 + b * 320;
    return llmc::x86::nibbles(block, g, h) | llmc::x86::bits(block + 256, g, 4, h);
  }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    c.scale[0] = llmc::x86::half_scale(unit + b * 32, h);
    c.minimum[0] = llmc::x86::half_scale(unit + 64 + b * 32, h);
  }
};
}  // namespace fmt
