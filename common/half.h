// The 16-bit floats of GGUF files to and from float32, without hardware help: the host may lack F16C, and tests need the same bits
// everywhere. float16 is IEEE 754 binary16; bfloat16 is the upper half of a float32.
#pragma once
#include <bit>
#include "common/types.h"

namespace llmc {

// Exact for every input, subnormals, infinities and NaN included. Free of branches and of float subnormals (a thread that flushes
// them to zero gets the same result): normal numbers are rescaled by a power of two, subnormal ones are read as a fraction of 2^-14
// whose integer bits are placed behind an implicit one and corrected by a subtraction (Maratyszcza's FP16, MIT).
inline float half_to_float(u16 half) {
  const u32 w = static_cast<u32>(half) << 16;
  const u32 sign = w & 0x80000000u;
  const u32 two_w = w + w;
  const float normal = std::bit_cast<float>((two_w >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
  const float subnormal = std::bit_cast<float>((two_w >> 17) | (126u << 23)) - 0.5f;
  const float magnitude = two_w < (1u << 27) ? subnormal : normal;
  return std::bit_cast<float>(sign | std::bit_cast<u32>(magnitude));
}

// Round to nearest, ties to even; overflow gives infinity, NaN stays NaN.
inline u16 float_to_half(float value) {
  const u32 bits = std::bit_cast<u32>(value);
  const u32 sign = (bits >> 16) & 0x8000u;
  const u32 magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<u16>(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return static_cast<u16>(sign | 0x7c00u);  // 65520 and above round to infinity
  if (magnitude < 0x38800000u) {                                         // below 2^-14: a multiple of 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;        // the sum's rounding is the wanted one: its last bit is 2^-24
    return static_cast<u16>(sign | (std::bit_cast<u32>(shifted) - std::bit_cast<u32>(0.5f)));
  }
  const u32 rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<u16>(sign | ((rounded - (112u << 23)) >> 13));
}

inline float bfloat_to_float(u16 bits) { return std::bit_cast<float>(static_cast<u32>(bits) << 16); }

// Round to nearest, ties to even; NaN stays NaN.
inline u16 float_to_bfloat(float value) {
  const u32 bits = std::bit_cast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<u16>((bits >> 16) | 64u);
  return static_cast<u16>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace llmc
