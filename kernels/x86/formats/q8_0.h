// Q8_0: weight = d * q, q signed. A unit is 2 blocks: [d: 2 x 16 f16] then 8 registers of codes a block, group by group.
// The codes are stored plus 128, as vpdpbusd wants them unsigned; AVX2's pmaddubsw would saturate, so there they are made signed again.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct Q8_0 {
  static constexpr bool kFloat = false, kSigned = llmc::x86::W == 8, kPerHalf = false, kMinimum = !kSigned;
  static constexpr int kColumns = 64, kBytes = 64 + 2 * 512;
  static X86_FN llmc::x86::vu code(const unsigned char* unit, int b, int g, int h) {
    const llmc::x86::vu v = llmc::x86::load<llmc::x86::vu>(unit + 64 + b * 512 + g * 64 + h * 4 * llmc::x86::W);
    return kSigned ? v ^ 0x80808080u : v;
  }
  static X86_FN void coefficients(const unsigned char* unit, int b, int h, llmc::x86::Coefficients& c) {
    c.scale[0] = llmc::x86::half_scale(unit + b * 32, h);
    if (kMinimum) c.minimum[0] = c.scale[0] * -128.0f;
  }
};
}  // namespace fmt
