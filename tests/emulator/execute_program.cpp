// Program control: branches, calls, barriers, waits, messages, modes, clocks, and cache control (RDNA3 ISA, chapters 5 and 16, SOPP;
// RDNA4 ISA for the split barrier).
#include <fmt/format.h>
#include "tests/emulator/execute.h"
#include "tests/emulator/float_mode.h"
#include "tests/emulator/scalar_frame.h"

namespace llmc::emu {
namespace {

using enum OperandType;

// Waits, delays, prefetches and priorities: memory operations complete at once and nothing runs out of order.
void nothing(Wave&, const Instruction&) {}

void end_program(Wave& w, const Instruction&) { w.state = WaveState::done; }
void branch(Wave& w, const Instruction& i) { w.next = i.target; }

template <auto Condition>
void branch_if(Wave& w, const Instruction& i) {
  if (Condition(w)) w.next = i.target;
}
u64 lanes_of(const Wave& w, unsigned r) { return w.wave_size == 64 ? w.pair(r) : w.sgpr[r]; }
constexpr auto scc0 = [](const Wave& w) { return !w.scc; };
constexpr auto scc1 = [](const Wave& w) { return w.scc; };
constexpr auto vccz = [](const Wave& w) { return lanes_of(w, kVccRegister) == 0; };
constexpr auto vccnz = [](const Wave& w) { return lanes_of(w, kVccRegister) != 0; };
constexpr auto execz = [](const Wave& w) { return lanes_of(w, kExecRegister) == 0; };
constexpr auto execnz = [](const Wave& w) { return lanes_of(w, kExecRegister) != 0; };

void jump_to(Wave& w, u64 address) {
  w.next = w.program->at(address);
  if (!w.next) throw Fault(fmt::format("jump to {:#x}, where no instruction starts", address));
}
void get_pc(Wave& w, const Instruction& i) { write_scalar<u64>(w, i.dst, i.address + i.length); }
void set_pc(Wave& w, const Instruction& i) { jump_to(w, scalar_value<u64>(w, i.src[0])); }
void swap_pc(Wave& w, const Instruction& i) {
  const u64 to = scalar_value<u64>(w, i.src[0]);
  write_scalar<u64>(w, i.dst, i.address + i.length);
  jump_to(w, to);
}

void call(Wave& w, const Instruction& i) {
  write_scalar<u64>(w, i.dst, i.address + i.length);
  jump_to(w, i.address + i.length + static_cast<u64>(static_cast<i64>(static_cast<i16>(i.imm)) * 4));
}

void signal(Wave& w, const Instruction&) {
  w.barrier_signalled = true;
  w.signalled_generation = w.workgroup->barrier_generation;
}
void wait_for_barrier(Wave& w, const Instruction&) {
  if (w.workgroup->barrier_generation == w.signalled_generation) w.state = WaveState::at_barrier;
}
void barrier(Wave& w, const Instruction& i) {
  signal(w, i);
  wait_for_barrier(w, i);
}
void sleep(Wave& w, const Instruction&) { w.state = WaveState::sleeping; }
void trap(Wave&, const Instruction&) { throw Fault("s_trap: the kernel stopped itself"); }
void ran_past_code(Wave&, const Instruction&) { throw Fault("execution ran past the end of the kernel's code (s_code_end)"); }

void order(Wave& w, const Instruction& i) { w.memory->order(i, w); }

void real_time(Wave& w, const Instruction& i) { write_scalar<u64>(w, i.dst, w.memory->clock(w)); }
// The message of s_sendmsg_rtn is in imm; only the clock (MSG_RTN_GET_REALTIME, 131) has a meaning here.
void message_with_answer(Wave& w, const Instruction& i) {
  if (i.imm != 131) throw Fault(fmt::format("s_sendmsg_rtn: message {} is not implemented", i.imm));
  real_time(w, i);
}

// Hardware registers, in imm as number | offset << 6 | (size - 1) << 11.
struct Field {
  unsigned number, offset, size;
  explicit Field(i64 imm) : number(imm & 63), offset(imm >> 6 & 31), size((imm >> 11 & 31) + 1) {}
  u32 mask() const { return size == 32 ? ~0u : (1u << size) - 1; }
};
constexpr unsigned kModeRegister = 1, kShaderCycles = 29;

void get_register(Wave& w, const Instruction& i) {
  const Field f(i.imm);
  u32 value = 0;
  if (f.number == kModeRegister) value = w.mode;
  else if (f.number == kShaderCycles) value = static_cast<u32>(w.memory->clock(w)) & 0xf'ffff;
  else throw Fault(fmt::format("s_getreg: hardware register {} is not implemented", f.number));
  write_scalar<u32>(w, i.dst, value >> f.offset & f.mask());
}
void set_mode(Wave& w, const Field& f, u32 value) {
  if (f.number != kModeRegister) throw Fault(fmt::format("s_setreg: hardware register {} is not implemented", f.number));
  w.mode = (w.mode & ~(f.mask() << f.offset)) | (value & f.mask()) << f.offset;
  apply_float_mode(w.mode);
}
void set_register(Wave& w, const Instruction& i) { set_mode(w, Field(i.imm), scalar_value<u32>(w, i.src[0])); }
void set_rounding(Wave& w, const Instruction& i) { set_mode(w, Field(kModeRegister | 0 << 6 | 3 << 11), static_cast<u32>(i.imm)); }
void set_denormals(Wave& w, const Instruction& i) { set_mode(w, Field(kModeRegister | 4 << 6 | 3 << 11), static_cast<u32>(i.imm)); }

using C = InstructionClass;
constexpr Operation plain(const char* mnemonic, Form form, C group, Handler h, std::initializer_list<OperandType> dst = {},
                          std::initializer_list<OperandType> src = {}) {
  return operation(mnemonic, form, group, h, h, dst, src);
}
constexpr Operation wait(const char* mnemonic) { return plain(mnemonic, Form::immediate, C::wait, nothing); }
constexpr Operation cache(const char* mnemonic) { return plain(mnemonic, Form::immediate, C::other, order); }

constexpr Operation table[] = {
    plain("s_endpgm", Form::immediate, C::branch, end_program),
    plain("s_branch", Form::branch, C::branch, branch),
    plain("s_cbranch_scc0", Form::branch, C::branch, branch_if<scc0>),
    plain("s_cbranch_scc1", Form::branch, C::branch, branch_if<scc1>),
    plain("s_cbranch_vccz", Form::branch, C::branch, branch_if<vccz>),
    plain("s_cbranch_vccnz", Form::branch, C::branch, branch_if<vccnz>),
    plain("s_cbranch_execz", Form::branch, C::branch, branch_if<execz>),
    plain("s_cbranch_execnz", Form::branch, C::branch, branch_if<execnz>),
    plain("s_getpc_b64", Form::operands, C::scalar_alu, get_pc, {b64}),
    plain("s_setpc_b64", Form::operands, C::branch, set_pc, {}, {b64}),
    plain("s_swappc_b64", Form::operands, C::branch, swap_pc, {b64}, {b64}),
    plain("s_call_b64", Form::operands, C::scalar_alu, call, {b64}, {b32}),
    plain("s_barrier", Form::immediate, C::barrier, barrier),
    plain("s_barrier_signal", Form::immediate, C::barrier, signal),
    plain("s_barrier_wait", Form::immediate, C::barrier, wait_for_barrier),
    plain("s_sleep", Form::immediate, C::wait, sleep),
    plain("s_trap", Form::immediate, C::other, trap),
    plain("s_code_end", Form::immediate, C::other, ran_past_code),
    plain("s_sendmsg_rtn_b64", Form::operands, C::other, message_with_answer, {b64}),
    plain("s_memtime", Form::operands, C::scalar_memory, real_time, {b64}),
    plain("s_memrealtime", Form::operands, C::scalar_memory, real_time, {b64}),
    plain("s_getreg_b32", Form::operands, C::scalar_alu, get_register, {b32}),
    plain("s_setreg_b32", Form::operands, C::scalar_alu, set_register, {}, {b32}),
    plain("s_setreg_imm32_b32", Form::operands, C::scalar_alu, set_register, {}, {b32}),
    plain("s_round_mode", Form::immediate, C::scalar_alu, set_rounding),
    plain("s_denorm_mode", Form::immediate, C::scalar_alu, set_denormals),
    wait("s_nop"),
    wait("s_waitcnt"),
    wait("s_waitcnt_vscnt"),
    wait("s_waitcnt_vmcnt"),
    wait("s_waitcnt_expcnt"),
    wait("s_waitcnt_lgkmcnt"),
    wait("s_waitcnt_depctr"),
    wait("s_wait_loadcnt"),
    wait("s_wait_storecnt"),
    wait("s_wait_dscnt"),
    wait("s_wait_kmcnt"),
    wait("s_wait_loadcnt_dscnt"),
    wait("s_wait_storecnt_dscnt"),
    wait("s_wait_samplecnt"),
    wait("s_wait_bvhcnt"),
    wait("s_wait_expcnt"),
    wait("s_wait_alu"),
    wait("s_wait_idle"),
    wait("s_delay_alu"),
    wait("s_clause"),
    wait("s_setprio"),
    wait("s_inst_prefetch"),
    wait("s_set_inst_prefetch_distance"),
    wait("s_sendmsg"),
    wait("s_sethalt"),
    wait("s_icache_inv"),
    wait("s_prefetch_inst"),
    wait("s_version"),
    wait("s_prefetch_inst_pc_rel"),
    wait("s_prefetch_data"),
    wait("s_ttracedata"),
    wait("v_nop"),
    cache("buffer_gl0_inv"),
    cache("buffer_gl1_inv"),
    cache("buffer_wbl2"),
    cache("buffer_invl2"),
    cache("buffer_inv"),
    cache("buffer_wbinvl1"),
    cache("buffer_wbinvl1_vol"),
    cache("global_inv"),
    cache("global_wb"),
    cache("global_wbinv"),
    cache("s_dcache_inv"),
    cache("s_dcache_wb"),
};

}  // namespace

std::span<const Operation> program_operations() { return table; }

}  // namespace llmc::emu
