// Dot products of packed bytes, nibbles and halves, added to a 32-bit accumulator (RDNA3 ISA, chapter 16, VOP3P, V_DOT*).
#include <algorithm>
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

constexpr auto kGroup = InstructionClass::vector_dot;

template <unsigned Bits, bool Signed>
constexpr i32 field(u32 v, unsigned at) {
  if constexpr (Signed) return static_cast<i32>(v << (32 - at - Bits)) >> (32 - Bits);
  else return static_cast<i32>(v >> at & ((1u << Bits) - 1));
}
template <unsigned Bits, bool SignedA, bool SignedB>
constexpr i64 products(u32 a, u32 b) {
  i64 sum = 0;
  for (unsigned at = 0; at < 32; at += Bits) sum += field<Bits, SignedA>(a, at) * field<Bits, SignedB>(b, at);
  return sum;
}

// Without clamp the sum wraps around; with it, it saturates once, at the end. 32-bit arithmetic is exact for the products' sum.
template <unsigned Bits, bool SignedA, bool SignedB>
constexpr auto wrapping = [](u32 a, u32 b, u32 c) {
  u32 sum = c;
  for (unsigned at = 0; at < 32; at += Bits) sum += static_cast<u32>(field<Bits, SignedA>(a, at) * field<Bits, SignedB>(b, at));
  return sum;
};
template <unsigned Bits, bool SignedA, bool SignedB>
constexpr auto clamping = [](u32 a, u32 b, u32 c) {
  const i64 sum = products<Bits, SignedA, SignedB>(a, b);
  if constexpr (SignedA || SignedB) return static_cast<u32>(std::clamp<i64>(sum + static_cast<i32>(c), INT32_MIN, INT32_MAX));
  else return static_cast<u32>(std::min<i64>(sum + c, UINT32_MAX));
};

// v_dot4_i32_iu8 and v_dot8_i32_iu4: neg_lo says, source by source, whether the elements are signed.
template <unsigned N, unsigned Bits, bool Clamp>
void mixed_signs(Wave& w, const Instruction& i) {
  constexpr Handler table[2][4] = {
      {vector_handler<N, wrapping<Bits, false, false>>(), vector_handler<N, wrapping<Bits, true, false>>(),
       vector_handler<N, wrapping<Bits, false, true>>(), vector_handler<N, wrapping<Bits, true, true>>()},
      {vector_handler<N, clamping<Bits, false, false>>(), vector_handler<N, clamping<Bits, true, false>>(),
       vector_handler<N, clamping<Bits, false, true>>(), vector_handler<N, clamping<Bits, true, true>>()}};
  table[Clamp][i.neg_lo & 3](w, i);
}

template <unsigned Bits>
constexpr Operation mixed_sign_operation(const char* mnemonic) {
  using enum OperandType;
  Operation o =
      operation(mnemonic, Form::operands, kGroup, mixed_signs<32, Bits, false>, mixed_signs<64, Bits, false>, {b32}, {b32, b32, b32});
  o.saturates = true;
  o.clamped32 = mixed_signs<32, Bits, true>;
  o.clamped64 = mixed_signs<64, Bits, true>;
  return o;
}

// Two products of halves: each exact in float32, then two rounded sums, the accumulator last.
constexpr auto dot2_f32_f16 = [](HalfPair a, HalfPair b, float c) { return std::fma(a.hi, b.hi, std::fma(a.lo, b.lo, c)); };
constexpr auto dot2_f32_bf16 = [](u32 a, u32 b, float c) {
  return std::fma(bf16_to_float(a >> 16), bf16_to_float(b >> 16), std::fma(bf16_to_float(a & 0xffff), bf16_to_float(b & 0xffff), c));
};

constexpr Operation table[] = {
    saturating<wrapping<8, true, true>, clamping<8, true, true>>("v_dot4_i32_i8", kGroup),
    saturating<wrapping<8, false, false>, clamping<8, false, false>>("v_dot4_u32_u8", kGroup),
    saturating<wrapping<4, true, true>, clamping<4, true, true>>("v_dot8_i32_i4", kGroup),
    saturating<wrapping<4, false, false>, clamping<4, false, false>>("v_dot8_u32_u4", kGroup),
    accumulating<wrapping<8, true, true>>("v_dot4c_i32_i8", kGroup),
    accumulating<wrapping<4, true, true>>("v_dot8c_i32_i4", kGroup),
    mixed_sign_operation<8>("v_dot4_i32_iu8"),
    mixed_sign_operation<4>("v_dot8_i32_iu4"),
    vector<dot2_f32_f16>("v_dot2_f32_f16", kGroup),
    accumulating<dot2_f32_f16>("v_dot2c_f32_f16", kGroup),
    accumulating<dot2_f32_f16>("v_dot2acc_f32_f16", kGroup),
    vector<dot2_f32_bf16>("v_dot2_f32_bf16", kGroup),
};

}  // namespace

std::span<const Operation> dot_operations() { return table; }

}  // namespace llmc::emu
