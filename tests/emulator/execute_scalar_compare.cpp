// Scalar compares and the instructions that save EXEC while they change it (RDNA3 ISA, chapter 16: SOPC, SOPK, SOP1).
#include "tests/emulator/scalar_frame.h"

namespace llmc::emu {
namespace {

template <class T, auto F>
void compare(Wave& w, const Instruction& i) {
  w.scc = F(scalar_value<T>(w, i.src[0]), scalar_value<T>(w, i.src[1]));
}
template <class T, auto F>
constexpr Operation compares(const char* mnemonic) {
  using O = OperandType;
  const O t = operand_type<T>();
  return operation(mnemonic, Form::operands, InstructionClass::scalar_alu, compare<T, F>, compare<T, F>, {}, {t, t});
}
// s_cmpk: the second source is a 16-bit immediate, sign- or zero-extended.
template <class T, class Short, auto F>
void compare_short(Wave& w, const Instruction& i) {
  w.scc = F(scalar_value<T>(w, i.src[0]), static_cast<T>(static_cast<Short>(i.src[1].value)));
}
template <class T, class Short, auto F>
constexpr Operation short_compares(const char* mnemonic) {
  using enum OperandType;
  constexpr Handler h = compare_short<T, Short, F>;
  return operation(mnemonic, Form::operands, InstructionClass::scalar_alu, h, h, {}, {b32, b32});
}

constexpr auto eq = [](auto a, auto b) { return a == b; };
constexpr auto lg = [](auto a, auto b) { return a != b; };
constexpr auto gt = [](auto a, auto b) { return a > b; };
constexpr auto ge = [](auto a, auto b) { return a >= b; };
constexpr auto lt = [](auto a, auto b) { return a < b; };
constexpr auto le = [](auto a, auto b) { return a <= b; };
constexpr auto bit_clear = [](u32 a, u32 b) { return (a >> (b & 31) & 1) == 0; };
constexpr auto bit_set = [](u32 a, u32 b) { return (a >> (b & 31) & 1) != 0; };

// dst = EXEC; EXEC = F(source, EXEC); SCC = EXEC != 0.
template <class T, auto F>
void save_exec(Wave& w, const Instruction& i) {
  const T source = scalar_value<T>(w, i.src[0]);
  const T exec = static_cast<T>(w.exec());
  write_scalar<T>(w, i.dst, exec);
  const T result = F(source, exec);
  if constexpr (sizeof(T) == 8) w.set_exec(result);
  else w.sgpr[kExecRegister] = result;
  w.scc = result != 0;
}
template <auto F>
constexpr Operation saves32(const char* mnemonic) {
  using enum OperandType;
  return operation(mnemonic, Form::operands, InstructionClass::scalar_alu, save_exec<u32, F>, save_exec<u32, F>, {b32}, {b32});
}
template <auto F>
constexpr Operation saves64(const char* mnemonic) {
  using enum OperandType;
  return operation(mnemonic, Form::operands, InstructionClass::scalar_alu, save_exec<u64, F>, save_exec<u64, F>, {b64}, {b64});
}
constexpr auto and_exec = [](auto s, auto e) { return s & e; };
constexpr auto or_exec = [](auto s, auto e) { return s | e; };
constexpr auto xor_exec = [](auto s, auto e) { return s ^ e; };
constexpr auto and_not1 = [](auto s, auto e) { return s & ~e; };
constexpr auto and_not0 = [](auto s, auto e) { return ~s & e; };
constexpr auto or_not1 = [](auto s, auto e) { return s | ~e; };

constexpr Operation table[] = {
    compares<u32, eq>("s_cmp_eq_u32"), compares<u32, lg>("s_cmp_lg_u32"), compares<u32, gt>("s_cmp_gt_u32"),
    compares<u32, ge>("s_cmp_ge_u32"), compares<u32, lt>("s_cmp_lt_u32"), compares<u32, le>("s_cmp_le_u32"),
    compares<i32, eq>("s_cmp_eq_i32"), compares<i32, lg>("s_cmp_lg_i32"), compares<i32, gt>("s_cmp_gt_i32"),
    compares<i32, ge>("s_cmp_ge_i32"), compares<i32, lt>("s_cmp_lt_i32"), compares<i32, le>("s_cmp_le_i32"),
    compares<u64, eq>("s_cmp_eq_u64"), compares<u64, lg>("s_cmp_lg_u64"),
    compares<u32, bit_clear>("s_bitcmp0_b32"), compares<u32, bit_set>("s_bitcmp1_b32"),
    compares<float, lt>("s_cmp_lt_f32"), compares<float, gt>("s_cmp_gt_f32"), compares<float, le>("s_cmp_le_f32"),
    compares<float, ge>("s_cmp_ge_f32"), compares<float, eq>("s_cmp_eq_f32"), compares<float, lg>("s_cmp_neq_f32"),
    compares<float, [](float a, float b) { return !(a < b); }>("s_cmp_nlt_f32"),
    compares<float, [](float a, float b) { return !(a > b); }>("s_cmp_ngt_f32"),
    short_compares<u32, u16, eq>("s_cmpk_eq_u32"), short_compares<u32, u16, lg>("s_cmpk_lg_u32"),
    short_compares<u32, u16, gt>("s_cmpk_gt_u32"), short_compares<u32, u16, ge>("s_cmpk_ge_u32"),
    short_compares<u32, u16, lt>("s_cmpk_lt_u32"), short_compares<u32, u16, le>("s_cmpk_le_u32"),
    short_compares<i32, i16, eq>("s_cmpk_eq_i32"), short_compares<i32, i16, lg>("s_cmpk_lg_i32"),
    short_compares<i32, i16, gt>("s_cmpk_gt_i32"), short_compares<i32, i16, ge>("s_cmpk_ge_i32"),
    short_compares<i32, i16, lt>("s_cmpk_lt_i32"), short_compares<i32, i16, le>("s_cmpk_le_i32"),
    saves32<and_exec>("s_and_saveexec_b32"), saves64<and_exec>("s_and_saveexec_b64"),
    saves32<or_exec>("s_or_saveexec_b32"), saves64<or_exec>("s_or_saveexec_b64"),
    saves32<xor_exec>("s_xor_saveexec_b32"), saves64<xor_exec>("s_xor_saveexec_b64"),
    saves32<and_not1>("s_and_not1_saveexec_b32"), saves64<and_not1>("s_and_not1_saveexec_b64"),
    saves32<and_not1>("s_andn2_saveexec_b32"), saves64<and_not1>("s_andn2_saveexec_b64"),
    saves32<and_not0>("s_and_not0_saveexec_b32"), saves64<and_not0>("s_and_not0_saveexec_b64"),
    saves32<and_not0>("s_andn1_saveexec_b32"), saves64<and_not0>("s_andn1_saveexec_b64"),
    saves32<or_not1>("s_or_not1_saveexec_b32"), saves64<or_not1>("s_or_not1_saveexec_b64"),
    saves32<or_not1>("s_orn2_saveexec_b32"), saves64<or_not1>("s_orn2_saveexec_b64"),
};

}  // namespace

std::span<const Operation> scalar_compare_operations() { return table; }

}  // namespace llmc::emu
