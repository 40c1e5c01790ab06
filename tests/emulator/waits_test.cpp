// Registers used while loads into them are under way, by the rules of each family's counters (RDNA3 ISA, 4.4; CDNA3 ISA, 4.4; RDNA4 ISA,
// 5.5). EXEC is 0, so that vector accesses need no memory: they are counted as any other.
#include <cstring>
#include <gtest/gtest.h>
#include "tests/emulator/assembler.h"
#include "tests/emulator/execute.h"

namespace llmc::emu::test {
namespace {

class AnyMemory : public Memory {
 public:
  void global(const Access&, const u64*) override {}
  void lds(const Access&, const u32*) override {}
  void scalar(const Instruction&, Wave&, u64, u32) override {}
  void order(const Instruction&, Wave&) override {}
  u64 clock(Wave&) override { return 0; }
};

// Runs the lines; what the fault says, empty where there is none.
std::string fault_of(const std::string& lines, const char* arch) {
  const u32 wave_size = std::string_view(arch).starts_with("gfx9") ? 64 : 32;
  const std::vector<u8> code = assemble(arch, wave_size, lines + "\n s_endpgm");
  std::vector<u32> words((code.size() + 3) / 4), registers(512 * 64 + 16);
  std::memcpy(words.data(), code.data(), code.size());
  const Program program(arch, wave_size, reinterpret_cast<const u8*>(words.data()), code.size());
  std::vector<u64> executed(program.instructions().size());
  std::vector<u8> data(256);
  AnyMemory memory;
  Workgroup group;
  InFlight in_flight;
  Wave wave;
  wave.vgprs = registers.data() + (64 - reinterpret_cast<u64>(registers.data()) % 64) / 4 % 16;
  wave.vgpr_count = 512;
  wave.wave_size = wave_size;
  wave.memory = &memory;
  wave.workgroup = &group;
  wave.executed = executed.data();
  wave.in_flight = &in_flight;
  wave.set_pair(2, reinterpret_cast<u64>(data.data()));
  wave.next = program.instructions().data();
  try {
    EXPECT_EQ(run(wave, program, 1000), StopReason::ended);
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

void covered(const char* arch, const std::string& lines) { EXPECT_EQ(fault_of(lines, arch), "") << arch << ": " << lines; }
// The fault names the register.
void missing(const char* arch, const std::string& lines, const std::string& reg) {
  const std::string what = fault_of(lines, arch);
  EXPECT_TRUE(what.starts_with(reg + " is used before a wait")) << arch << ": " << lines << "\nsays: " << what;
}

const std::string load = "global_load_dword v4, v[0:1], off\n", second = "global_load_dword v5, v[0:1], off\n",
                  store = "global_store_dword v[0:1], v9, off\n", use = "v_mov_b32 v8, v4\n";

TEST(Waits, LoadsAreDoneInOrder) {
  for (const char* arch : {"gfx90a", "gfx942", "gfx1030", "gfx1100"}) {
    missing(arch, load + use, "v4");
    covered(arch, load + "s_waitcnt vmcnt(0)\n" + use);
    missing(arch, load + "s_waitcnt vmcnt(1)\n" + use, "v4");
    covered(arch, load + second + "s_waitcnt vmcnt(1)\n" + use);
    missing(arch, load + second + "s_waitcnt vmcnt(1)\nv_mov_b32 v8, v5", "v5");
    missing(arch, load + "s_waitcnt lgkmcnt(0)\n" + use, "v4");
    missing(arch, load + "v_mov_b32 v4, 0", "v4");
    missing(arch, load + "global_load_dword v6, v[4:5], off", "v4");
    missing(arch, load + "global_store_dword v[0:1], v4, off", "v4");
    missing(arch, "global_load_dwordx4 v[4:7], v[0:1], off\nv_mov_b32 v8, v7", "v7");
    covered(arch, "global_load_dwordx4 v[4:7], v[0:1], off\nv_mov_b32 v8, v3");
    // A load may replace another's register, one through another counter may not.
    covered(arch, load + load + "s_waitcnt vmcnt(0)\n" + use);
    missing(arch, load + "ds_read_b32 v4, v0", "v4");
    // What a slow path of a counter's list has seen: overlapping loads, of which the later is still under way.
    missing(arch, load + load + second + "s_waitcnt vmcnt(2)\n" + use, "v4");
    covered(arch, load + load + second + "s_waitcnt vmcnt(1)\n" + use);
    // More than a counter holds.
    std::string many;
    for (u32 i = 0; i < 70; ++i) many += second;
    covered(arch, load + many + use);
    missing(arch, many + load + use, "v4");
  }
}

TEST(Waits, StoresCountWithLoadsOnGfx9Alone) {
  for (const char* arch : {"gfx90a", "gfx942"}) covered(arch, load + store + "s_waitcnt vmcnt(1)\n" + use);
  for (const char* arch : {"gfx1030", "gfx1100"}) {
    missing(arch, load + store + "s_waitcnt vmcnt(1)\n" + use, "v4");
    missing(arch, load + "s_waitcnt_vscnt null, 0x0\n" + use, "v4");
  }
}

TEST(Waits, LdsAndScalarLoadsShareACounter) {
  const std::string lds = "ds_read_b32 v4, v0\n", later = "ds_read_b32 v5, v0\n", scalar = "s_load_dword s4, s[2:3], 0x0\n";
  for (const char* arch : {"gfx90a", "gfx942", "gfx1030", "gfx1100"}) {
    missing(arch, lds + use, "v4");
    covered(arch, lds + later + "s_waitcnt lgkmcnt(1)\n" + use);
    covered(arch, lds + "ds_write_b32 v0, v9\ns_waitcnt lgkmcnt(1)\n" + use);
    missing(arch, "ds_bpermute_b32 v4, v0, v1\n" + use, "v4");
    missing(arch, scalar + "s_mov_b32 s8, s4", "s4");
    covered(arch, scalar + "s_waitcnt lgkmcnt(0)\ns_mov_b32 s8, s4");
    // Scalar loads are done in any order, among themselves and beside LDS.
    missing(arch, scalar + "s_load_dword s5, s[2:3], 0x4\ns_waitcnt lgkmcnt(1)\ns_mov_b32 s8, s4", "s4");
    missing(arch, lds + scalar + "s_waitcnt lgkmcnt(1)\n" + use, "v4");
    covered(arch, lds + scalar + later + "s_waitcnt lgkmcnt(1)\n" + use);
    missing(arch, scalar + lds + later + "s_waitcnt lgkmcnt(1)\ns_mov_b32 s8, s4", "s4");
    std::string many;
    for (u32 i = 0; i < 200; ++i) many += scalar;
    missing(arch, many + "s_mov_b32 s8, s4", "s4");
    missing(arch, "s_load_dwordx2 vcc, s[2:3], 0x0\ns_cbranch_vccnz end\nend:", "s106");
    missing(arch, "s_load_dwordx2 vcc, s[2:3], 0x0\nv_cndmask_b32 v8, v6, v7, vcc" + std::string(arch[3] == '9' ? "" : "_lo"), "s106");
  }
  for (const char* arch : {"gfx1030", "gfx1100"}) covered(arch, "s_load_dword vcc_hi, s[2:3], 0x0\ns_cbranch_vccnz end\nend:");
}

TEST(Waits, FlatLoadsNeedBoth) {
  const std::string flat = "flat_load_dword v4, v[0:1]\n";
  for (const char* arch : {"gfx90a", "gfx942", "gfx1030", "gfx1100"}) {
    missing(arch, flat + "s_waitcnt vmcnt(0)\n" + use, "v4");
    missing(arch, flat + "s_waitcnt lgkmcnt(0)\n" + use, "v4");
    covered(arch, flat + "s_waitcnt vmcnt(0) lgkmcnt(0)\n" + use);
  }
  const std::string both = flat + "flat_load_dword v5, v[0:1]\ns_waitcnt vmcnt(1) lgkmcnt(1)\n" + use;
  for (const char* arch : {"gfx90a", "gfx942"}) missing(arch, both, "v4");
  for (const char* arch : {"gfx1030", "gfx1100"}) covered(arch, both);
}

TEST(Waits, EveryFormOfInstructionNamesItsRegisters) {
  missing("gfx1100", load + "v_dual_mul_f32 v8, v6, v7 :: v_dual_add_f32 v9, v4, v5", "v4");
  missing("gfx1100", load + "v_add_f32_dpp v8, v4, v5 row_xmask:1 row_mask:0xf bank_mask:0xf", "v4");
  missing("gfx1100", load + "v_fma_f32 v8, -|v4|, s8, v6", "v4");
  missing("gfx1100", load + "v_wmma_i32_16x16x16_iu8 v[16:23], v[4:7], v[8:11], v[16:23]", "v4");
  missing("gfx1100", "s_sendmsg_rtn_b64 s[4:5], sendmsg(MSG_RTN_GET_REALTIME)\ns_mov_b32 s8, s5", "s5");
  missing("gfx90a", load + "v_add_f16_sdwa v8, v6, v4 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 src1_sel:DWORD", "v4");
  missing("gfx90a", "global_load_dword a4, v[0:1], off\nv_accvgpr_read_b32 v8, a4", "a4");
  covered("gfx90a", "global_load_dword a4, v[0:1], off\nv_mov_b32 v8, v4");
  missing("gfx1100", "global_atomic_add_u32 v4, v[0:1], v6, off glc\n" + use, "v4");
  covered("gfx1100", "global_atomic_add_u32 v[0:1], v4, off\n" + use);
}

TEST(Waits, CountersOfGfx12) {
  const auto holds = [](const std::string& lines) { covered("gfx1201", lines); };
  const auto lacks = [](const std::string& lines, const char* reg) { missing("gfx1201", lines, reg); };
  const std::string load12 = "global_load_b32 v4, v[0:1], off\n", lds = "ds_load_b32 v5, v0\n", scalar = "s_load_b32 s4, s[2:3], 0x0\n";
  lacks(load12 + use, "v4");
  holds(load12 + "s_wait_loadcnt 0x0\n" + use);
  lacks(load12 + "s_wait_storecnt 0x0\n" + use, "v4");
  lacks(load12 + "s_wait_loadcnt 0x1\n" + use, "v4");
  lacks(lds + "s_wait_loadcnt 0x0\nv_mov_b32 v8, v5", "v5");
  holds(lds + "s_wait_dscnt 0x0\nv_mov_b32 v8, v5");
  holds(load12 + lds + "s_wait_loadcnt_dscnt 0x0\nv_add_f32 v8, v4, v5");
  holds(load12 + lds + "s_wait_loadcnt_dscnt 0x1\n" + use);
  lacks(load12 + lds + "s_wait_loadcnt_dscnt 0x1\nv_mov_b32 v8, v5", "v5");
  lacks(load12 + lds + "s_wait_loadcnt_dscnt 0x100\n" + use, "v4");
  lacks(scalar + "s_wait_dscnt 0x0\ns_mov_b32 s8, s4", "s4");
  holds(scalar + "s_wait_kmcnt 0x0\ns_mov_b32 s8, s4");
}

}  // namespace
}  // namespace llmc::emu::test
