// An instruction in the form in which it is executed: decoded once a code object (decode.cpp), everything looked up that does not depend
// on the wave.
#pragma once
#include "tests/emulator/wave.h"

namespace llmc::emu {

// For counting, by the unit that executes it.
enum class InstructionClass : u8 {
  scalar_alu,
  scalar_memory,
  vector_alu,        // one lane result an instruction; v_dual_* is one
  vector_packed,     // v_pk_*
  vector_dot,        // v_dot*
  transcendental,    // v_exp, v_log, v_rcp, v_rsq, v_sqrt, v_sin, v_cos: a quarter of the rate
  matrix,            // v_wmma, v_mfma
  lds,               // also ds_bpermute, ds_swizzle
  global_load,
  global_store,
  global_atomic,
  scratch,
  branch,
  wait,              // s_waitcnt, s_delay_alu, s_nop, s_clause
  barrier,
  other,
};
constexpr unsigned kInstructionClasses = static_cast<unsigned>(InstructionClass::other) + 1;
const char* name(InstructionClass);

// Order and scope asked of the caches: the family's own bits as LLVM numbers them (gfx9 to gfx11: 1 glc/sc0, 2 slc/nt, 4 dlc, 16 sc1;
// gfx12: bits 0..2 temporal hint, bits 3..4 scope), and what they come to.
struct CachePolicy {
  u8 bits = 0;
  bool coherent = false;  // reaches past the caches of the compute unit (glc on gfx9 to gfx11, sc1 on gfx942, scope DEV or SYS on gfx12)
  bool returns = false;   // an atomic that returns the old value
};

enum class OperandKind : u8 {
  none,
  vgpr,      // index: register number
  agpr,      // index: accumulation register, at Wave::accum_offset + number in the same file
  sgpr,      // index: number in Wave::sgpr
  constant,  // value; `row` has it in all lanes
  sink,      // destination NULL
  scc,
  permuted,  // Wave::permuted, made by a wrapping handler (DPP)
};

// How an operand's lanes are changed before use; most are not (`changed` is false).
struct Operand {
  OperandKind kind = OperandKind::none;
  bool changed = false;   // any of the following
  bool negate = false, absolute = false;
  bool sign_extend = false;
  u8 shift = 0, bits = 32;  // SDWA selection and op_sel: `bits` bits from bit `shift`
  u16 index = 0;
  u8 registers = 1;       // as written: v[4:7] is 4
  u64 value = 0;
  const u32* row = nullptr;
};

// Neighbouring registers. All files stand in one row: vector, accumulation, scalar.
constexpr u32 kFirstAccumulation = 256, kFirstScalar = 512, kAllRegisters = 640;
struct RegisterRange {
  u16 first : 10 = 0, more : 6 = 0;  // first .. first + more
  u32 count() const { return more + 1u; }
  bool meets(RegisterRange other) const { return first <= other.first + other.more && other.first <= first + more; }
};

using Handler = void (*)(Wave&, const Instruction&);

enum class Write16 : u8 { zero_high, keep_high, to_high };  // what a 16-bit result does to the other half of its register

struct Instruction {
  Handler handler = nullptr;
  Operand dst, dst2;      // dst2: carry out
  Operand src[4];         // memory: 0 vector address, 1 data, 2 scalar base, 3 second data
  u64 address = 0;        // of its first byte, in device memory
  u32 index = 0;          // in its program, counting from 0
  u16 opcode = 0;         // LLVM's number
  u8 length = 4;          // bytes
  InstructionClass group = InstructionClass::other;
  CachePolicy cache;
  bool implemented = true;  // else executing it is a fault
  // For waits.h: all registers that are named, of a load the destination first; and whether a counter of accesses is changed or awaited.
  static constexpr u32 most_named = 9;
  RegisterRange registers[most_named];
  u8 named = 0;
  bool counted = false;
  bool clamp = false;
  Write16 write16 = Write16::zero_high;
  u8 op_sel = 0, op_sel_hi = 0, neg_lo = 0, neg_hi = 0;  // bit k: source k
  i64 imm = 0;            // byte offset of a memory access, 16-bit immediate of a scalar instruction, control of DPP
  u32 imm2 = 0;           // second offset (ds_*_2addr), masks of DPP
  const Instruction* target = nullptr;  // of a branch
  const Instruction* inner = nullptr;   // what a wrapping handler (DPP, SDWA) runs; first half of VOPD
  const Instruction* second = nullptr;  // second half of VOPD
  const char* mnemonic = "";            // LLVM's name, e.g. V_ADD_F32_e32_gfx11
};

}  // namespace llmc::emu
