// The types in which the meaning of a vector instruction is written down for one lane, and how many 32-bit registers hold them.
// Plain u32, i32, float are one register; u64, i64, double a pair; the types below say more than a C++ type can.
#pragma once
#include <bit>
#include <type_traits>
#include "common/types.h"

namespace llmc::emu {

struct Half { float v; };            // a 16-bit float in the low half; the lane computes in float32 and the result is rounded to 16 bits
struct HalfPair { float lo, hi; };   // packed 16-bit floats (VOP3P)
struct ShortPair { u16 lo, hi; };    // packed 16-bit integers
struct FloatPair { float lo, hi; };  // v_pk_*_f32: a pair of registers
struct Mixed { float v; };           // v_fma_mix*: float32, or either half as a 16-bit float, chosen by op_sel_hi and op_sel
struct Carry { u32 value; bool carry; };  // result with a lane mask beside it (v_add_co_u32)
struct WideCarry { u64 value; bool carry; };

enum class OperandType : u8 { none, b16, b32, b64, f16, f32, f64, mask, packed_f16, packed_b16, packed_f32, mixed };

template <class T>
constexpr OperandType operand_type() {
  if constexpr (std::is_same_v<T, bool>) return OperandType::mask;
  else if constexpr (std::is_same_v<T, Half>) return OperandType::f16;
  else if constexpr (std::is_same_v<T, HalfPair>) return OperandType::packed_f16;
  else if constexpr (std::is_same_v<T, ShortPair>) return OperandType::packed_b16;
  else if constexpr (std::is_same_v<T, FloatPair>) return OperandType::packed_f32;
  else if constexpr (std::is_same_v<T, Mixed>) return OperandType::mixed;
  else if constexpr (std::is_same_v<T, float>) return OperandType::f32;
  else if constexpr (std::is_same_v<T, double>) return OperandType::f64;
  else if constexpr (std::is_same_v<T, WideCarry>) return OperandType::b64;
  else if constexpr (std::is_same_v<T, Carry>) return OperandType::b32;
  else if constexpr (sizeof(T) == 8) return OperandType::b64;
  else if constexpr (sizeof(T) == 2) return OperandType::b16;
  else return OperandType::b32;
}

// Registers that a value of this type occupies.
constexpr unsigned registers_of(OperandType t) {
  return t == OperandType::b64 || t == OperandType::f64 || t == OperandType::packed_f32 ? 2 : 1;
}

// A float32 whose rounding to 16 bits equals that of `d`: the bits cut off are remembered in the last one ("round to odd").
inline float round_to_odd(double d) {
  constexpr u64 cut = (1ull << 29) - 1;
  const u64 b = std::bit_cast<u64>(d);
  return static_cast<float>(std::bit_cast<double>((b & ~cut) | (static_cast<u64>((b & cut) != 0) << 29)));
}

}  // namespace llmc::emu
