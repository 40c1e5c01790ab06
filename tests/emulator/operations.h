// The table of what the emulator implements: for every mnemonic its operands and the function that executes it. Each execute_*.cpp gives
// the entries of one group of instructions; find_operation looks all of them up.
#pragma once
#include <initializer_list>
#include <span>
#include <string_view>
#include "tests/emulator/lanes.h"

namespace llmc::emu {

// How the text's operands become an Instruction (decode.cpp).
enum class Form : u8 {
  operands,     // destinations, then sources, by type
  memory_load,  // vdst, vaddr, [saddr | off], offset:
  memory_store, // vaddr, vdata, [saddr | off]
  atomic,       // [vdst,] vaddr, vdata, [saddr | off]
  lds_load,     // vdst, vaddr, offset: or offset0: offset1:
  lds_store,    // vaddr, vdata[, vdata2]
  lds_atomic,   // [vdst,] vaddr, vdata
  lds_swizzle,  // vdst, vsrc, offset:swizzle(...)
  scalar_load,  // sdst, sbase, offset
  branch,       // relative target
  immediate,    // a 16-bit immediate or named fields that do not matter
};

struct Operation {
  const char* mnemonic = nullptr;
  Form form = Form::operands;
  InstructionClass group = InstructionClass::other;
  Handler handler32 = nullptr, handler64 = nullptr;
  OperandType dst[2] = {}, src[4] = {};
  bool accumulates = false;   // the last source is the destination (v_fmac)
  bool saturates = false;     // has a meaning for `clamp` on integers, given by `clamped32/64`
  Handler clamped32 = nullptr, clamped64 = nullptr;
  bool writes_exec = false;   // v_cmpx
};

const Operation* find_operation(std::string_view mnemonic);
std::span<const std::span<const Operation>> all_operations();

std::span<const Operation> scalar_operations();
std::span<const Operation> scalar_compare_operations();
std::span<const Operation> scalar_memory_operations();
std::span<const Operation> program_operations();
std::span<const Operation> integer_operations();
std::span<const Operation> float_operations();
std::span<const Operation> transcendental_operations();
std::span<const Operation> half_operations();
std::span<const Operation> convert_operations();
std::span<const Operation> compare_operations();
std::span<const Operation> dot_operations();
std::span<const Operation> cross_lane_operations();
std::span<const Operation> lds_operations();
std::span<const Operation> global_operations();
std::span<const Operation> atomic_operations();
std::span<const Operation> matrix_operations();

template <auto F, class R, class C, class... A>
constexpr Operation vector_operation_of(const char* mnemonic, InstructionClass group, R (C::*)(A...) const) {
  Operation o;
  o.mnemonic = mnemonic;
  o.group = group;
  o.handler32 = vector_handler<32, F>();
  o.handler64 = vector_handler<64, F>();
  o.dst[0] = operand_type<R>();
  if constexpr (std::is_same_v<R, Carry> || std::is_same_v<R, WideCarry>) o.dst[1] = OperandType::mask;
  unsigned k = 0;
  ((o.src[k++] = operand_type<A>()), ...);
  return o;
}

// A vector instruction by the meaning of one lane.
template <auto F>
constexpr Operation vector(const char* mnemonic, InstructionClass group = InstructionClass::vector_alu) {
  return vector_operation_of<F>(mnemonic, group, &decltype(F)::operator());
}
// Its last source is the old destination.
template <auto F>
constexpr Operation accumulating(const char* mnemonic, InstructionClass group = InstructionClass::vector_alu) {
  Operation o = vector<F>(mnemonic, group);
  o.accumulates = true;
  return o;
}
// Integer instruction with a saturating form (`clamp`).
template <auto F, auto Saturated>
constexpr Operation saturating(const char* mnemonic, InstructionClass group = InstructionClass::vector_alu) {
  Operation o = vector<F>(mnemonic, group);
  o.saturates = true;
  o.clamped32 = vector_handler<32, Saturated>();
  o.clamped64 = vector_handler<64, Saturated>();
  return o;
}
// v_cmpx: the result goes to EXEC.
template <auto F>
constexpr Operation compare_to_exec(const char* mnemonic) {
  Operation o = vector<F>(mnemonic);
  o.writes_exec = true;
  return o;
}

// The same handler for waves of both sizes, operands by hand.
constexpr Operation operation(const char* mnemonic, Form form, InstructionClass group, Handler handler32, Handler handler64,
                              std::initializer_list<OperandType> dst = {}, std::initializer_list<OperandType> src = {}) {
  Operation o;
  o.mnemonic = mnemonic;
  o.form = form;
  o.group = group;
  o.handler32 = handler32;
  o.handler64 = handler64;
  unsigned k = 0;
  for (OperandType t : dst) o.dst[k++] = t;
  k = 0;
  for (OperandType t : src) o.src[k++] = t;
  return o;
}

}  // namespace llmc::emu
