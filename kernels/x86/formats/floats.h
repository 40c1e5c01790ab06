// F32, F16 and BF16: a column is 16 values, one a row; column after column.
#pragma once
#include "kernels/x86/format.h"

namespace fmt {
struct F32 {
  static constexpr bool kFloat = true;
  static constexpr int kBytes = 64;  // of a column
  static X86_FN llmc::x86::vf values(const unsigned char* column, int h) {
    return llmc::x86::load<llmc::x86::vf>(column + h * 4 * llmc::x86::W);
  }
};
struct F16 {
  static constexpr bool kFloat = true;
  static constexpr int kBytes = 32;
  static X86_FN llmc::x86::vf values(const unsigned char* column, int h) { return llmc::x86::load_half(column + h * 2 * llmc::x86::W); }
};
struct BF16 {
  static constexpr bool kFloat = true;
  static constexpr int kBytes = 32;
  static X86_FN llmc::x86::vf values(const unsigned char* column, int h) {
    using namespace llmc::x86;
    return (vf)(__builtin_convertvector(load<vs>(column + h * 2 * W), vu) << 16);
  }
};
}  // namespace fmt
