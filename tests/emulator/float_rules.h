// Rules of floating point that several groups of instructions share, for one lane.
#pragma once
#include <bit>
#include <cmath>
#include <limits>
#include "common/types.h"

namespace llmc::emu {

// Minimum and maximum: a NaN loses against a number, and -0 < +0 (RDNA3 ISA, chapter 16, V_MIN_F32, V_MAX_F32). With MODE.ieee a
// signalling NaN would win, quieted; the result of two NaNs is the quieted second.
inline float quieted(float v) { return std::bit_cast<float>(std::bit_cast<u32>(v) | 0x0040'0000u); }
inline float smaller(float a, float b) {
  const float ordered = a < b || (a == b && std::signbit(a)) ? a : b;
  return a != a ? (b != b ? quieted(b) : b) : b != b ? a : ordered;
}
inline float larger(float a, float b) {
  const float ordered = a > b || (a == b && !std::signbit(a)) ? a : b;
  return a != a ? (b != b ? quieted(b) : b) : b != b ? a : ordered;
}
// A NaN wins: its quieted self (RDNA4 ISA, V_MINIMUM_F32, V_MAXIMUM_F32).
inline float minimum_or_nan(float a, float b) { return a != a ? quieted(a) : b != b ? quieted(b) : smaller(a, b); }
inline float maximum_or_nan(float a, float b) { return a != a ? quieted(a) : b != b ? quieted(b) : larger(a, b); }
// The middle of three; with a NaN among them the smallest of the three (V_MED3_F32).
inline float middle(float a, float b, float c) {
  const float sorted = larger(smaller(a, b), smaller(larger(a, b), c));
  return a != a || b != b || c != c ? smaller(smaller(a, b), c) : sorted;
}

// To an integer: towards zero, saturating, NaN to 0 (V_CVT_I32_F32, V_CVT_U32_F32).
inline i32 to_i32(float v) { return v != v ? 0 : v >= 2147483648.0f ? INT32_MAX : v <= -2147483648.0f ? INT32_MIN : static_cast<i32>(v); }
inline u32 to_u32(float v) {
  return !(v > 0) ? 0u : v >= 4294967296.0f ? ~0u : static_cast<u32>(static_cast<i64>(v));
}

// Denormals become zeros of their sign: the transcendental units take and give none in float32.
inline float without_denormal(float v) {
  const u32 b = std::bit_cast<u32>(v);
  return std::bit_cast<float>((b & 0x7f80'0000u) == 0 ? b & 0x8000'0000u : b);
}

inline float bf16_to_float(u32 bits) { return std::bit_cast<float>(bits << 16); }

}  // namespace llmc::emu
