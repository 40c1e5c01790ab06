// Program control: branches, jumps, messages, waits, modes. Each text ends where the harness appends s_endpgm.
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

constexpr u64 kClock = 0x1234'5678'9abc'def0;  // the harness's

// "branch over a move": s20 becomes 7 unless the branch is taken.
void branches(Cases& c) {
  const auto over = [&](const char* name, std::function<bool(const State&)> taken, std::function<void(State&)> prepare = nullptr) {
    c.wave(std::string(name) + " skip\n s_mov_b32 s20, 7\n skip:\n s_nop 0", kAll, [taken](const State& in, State& out) {
      if (!taken(in)) out.s[20] = 7;
    }, prepare);
  };
  const auto sometimes_zero = [](State& s) {
    if (s.s[0] & 1) s.set_mask(106, 0);
    else s.set_mask(106, 0x10);
    if (s.lanes == 32) s.s[107] = 0xffff;  // not part of VCC in a wave of 32
  };
  over("s_branch", [](const State&) { return true; });
  over("s_cbranch_scc0", [](const State& s) { return !s.scc; });
  over("s_cbranch_scc1", [](const State& s) { return s.scc; });
  over("s_cbranch_vccz", [](const State& s) { return s.mask(106) == 0; }, sometimes_zero);
  over("s_cbranch_vccnz", [](const State& s) { return s.mask(106) != 0; }, sometimes_zero);
  over("s_cbranch_execz", [](const State& s) { return s.exec() == 0; });
  over("s_cbranch_execnz", [](const State& s) { return s.exec() != 0; });
  // Backwards: s20 counts five rounds.
  c.wave("s_mov_b32 s20, 0\n again:\n s_addk_i32 s20, 1\n s_cmp_lt_u32 s20, 5\n s_cbranch_scc1 again", {9, 94, 10, 11},
         [](const State&, State& out) {
           out.s[20] = 5;
           out.scc = false;
         });
}

void jumps(Cases& c) {
  // s_getpc gives the address of the next instruction; 16 bytes on, behind the move, is where the program goes.
  const std::string add = "\n s_mov_b64 s[20:21], 0";
  c.wave(
      "s_getpc_b64 s[20:21]\n s_add_u32 s20, s20, 16\n s_addc_u32 s21, s21, 0\n s_setpc_b64 s[20:21]\n s_mov_b32 s22, 7\n s_cmp_eq_u32 s0, "
      "s0" +
          add,
      {9, 94, 10, 11}, [](const State&, State& out) {
        out.scc = true;
        out.set_pair(20, 0);
      });
  c.wave(
      "s_call_b64 s[20:21], over\n s_mov_b32 s22, 7\n over:\n s_getpc_b64 s[22:23]\n s_sub_u32 s20, s22, s20\n s_mov_b32 s21, 0\n "
      "s_mov_b64 s[22:23], 0",
      {9, 94, 10, 11}, [](const State&, State& out) {
        out.s[20] = 8;  // past the move and s_getpc
        out.s[21] = 0;
        out.set_pair(22, 0);
        out.scc = false;
      });
  c.wave(
      "s_getpc_b64 s[20:21]\n s_add_u32 s20, s20, 16\n s_addc_u32 s21, s21, 0\n s_swappc_b64 s[22:23], s[20:21]\n s_mov_b32 s24, 7\n "
      "s_sub_u32 s20, s20, s22\n"
      " s_cmp_eq_u32 s0, s0\n s_mov_b32 s21, 0\n s_mov_b64 s[22:23], 0",
      {9, 94, 10, 11}, [](const State&, State& out) {
        out.s[20] = 4;  // the place after s_swappc is 4 bytes before the target
        out.s[21] = 0;
        out.scc = true;
        out.set_pair(22, 0);
      });
}

void clocks(Cases& c) {
  const auto clock = [](const State&, State& out) { out.set_pair(20, kClock); };
  c.wave("s_sendmsg_rtn_b64 s[20:21], sendmsg(MSG_RTN_GET_REALTIME)", k1112, clock);
  c.wave("s_memtime s[20:21]", {9, 94, 10}, clock);
  c.wave("s_memrealtime s[20:21]", {9, 94, 10}, clock);
  c.wave("s_getreg_b32 s20, hwreg(HW_REG_MODE, 4, 4)", kAll, [](const State&, State& out) { out.s[20] = 15; });
  c.wave("s_getreg_b32 s20, hwreg(HW_REG_SHADER_CYCLES, 0, 20)", {10, 11}, [](const State&, State& out) { out.s[20] = kClock & 0xf'ffff; });
  c.wave("s_setreg_b32 hwreg(HW_REG_MODE, 0, 4), s0\n s_getreg_b32 s20, hwreg(HW_REG_MODE, 0, 8)", kAll,
         [](const State& in, State& out) { out.s[20] = 0xf0 | (in.s[0] & 15); });
}

void nothings(Cases& c) {
  const auto none = [](const State&, State&) {};
  const auto all = [&](const Families& families, std::initializer_list<const char*> lines) {
    for (const char* line : lines) c.wave(line, families, none);
  };
  all(kAll, {"s_nop 3", "s_sendmsg sendmsg(MSG_INTERRUPT)", "s_setprio 2", "s_sethalt 0", "v_nop", "s_icache_inv", "s_ttracedata"});
  all({9, 94, 10, 11}, {"s_waitcnt vmcnt(0) lgkmcnt(0)", "s_dcache_inv"});
  all(kCdna, {"s_dcache_wb"});
  all({10, 11}, {"s_waitcnt_vscnt null, 0x0", "s_waitcnt_vmcnt null, 0x0", "s_waitcnt_expcnt null, 0x0", "s_waitcnt_lgkmcnt null, 0x0",
                 "buffer_gl0_inv", "buffer_gl1_inv", "s_clause 0x3", "s_version 0x1004"});
  all({10}, {"s_inst_prefetch 0x1", "s_waitcnt_depctr 0xfffe"});
  all({11}, {"s_set_inst_prefetch_distance 0x1", "s_wait_idle", "s_waitcnt_depctr 0xfffe"});
  all(k1112, {"s_delay_alu instid0(VALU_DEP_1) | instskip(NEXT) | instid1(SALU_CYCLE_1)"});
  all(k12, {"s_wait_loadcnt 0x0", "s_wait_storecnt 0x0", "s_wait_dscnt 0x0", "s_wait_kmcnt 0x0", "s_wait_loadcnt_dscnt 0x0",
            "s_wait_storecnt_dscnt 0x0", "s_wait_samplecnt 0x0", "s_wait_bvhcnt 0x0", "s_wait_expcnt 0x0", "s_wait_alu 0xfffe",
            "global_inv scope:SCOPE_DEV", "global_wb scope:SCOPE_SYS", "global_wbinv scope:SCOPE_SYS",
            "s_prefetch_inst s[10:11], 0x0, null, 0", "s_prefetch_inst_pc_rel 0x0, null, 0", "s_prefetch_data s[10:11], 0x0, null, 0"});
  all(k9, {"buffer_wbl2", "buffer_invl2", "buffer_wbinvl1", "buffer_wbinvl1_vol"});
  all(k94, {"buffer_wbl2 sc1", "buffer_inv sc1"});
}

}  // namespace

void program_cases(Cases& c) {
  branches(c);
  jumps(c);
  clocks(c);
  nothings(c);
}

}  // namespace llmc::emu::test
