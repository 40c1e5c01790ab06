// Instructions that end, stop or fault a wave, and what the decoder does with code that it does not know.
#include <cstring>
#include <gtest/gtest.h>
#include "tests/emulator/assembler.h"
#include "tests/emulator/execute.h"

namespace llmc::emu::test {
namespace {

class NoMemory : public Memory {
 public:
  void global(const Access&, const u64*) override { accesses++; }
  void lds(const Access&, const u32*) override { accesses++; }
  void scalar(const Instruction&, Wave&, u64, u32) override { accesses++; }
  void order(const Instruction&, Wave&) override { orders++; }
  u64 clock(Wave&) override { return 0; }
  unsigned accesses = 0, orders = 0;
};

struct Fixture {
  explicit Fixture(const char* text, const char* arch = "gfx1100", unsigned lanes = 32) : code(assemble(arch, lanes, text)) {
    words.resize((code.size() + 3) / 4);
    std::memcpy(words.data(), code.data(), code.size());
    program = std::make_unique<Program>(arch, lanes, reinterpret_cast<const u8*>(words.data()), code.size());
    executed.resize(program->instructions().size());
    registers.resize(256 * 64 + 16);
    wave.vgprs = registers.data() + (64 - reinterpret_cast<u64>(registers.data()) % 64) / 4 % 16;
    wave.vgpr_count = 256;
    wave.wave_size = lanes;
    wave.set_exec(lanes == 64 ? ~0ull : 0xffff'ffffull);
    wave.memory = &memory;
    wave.workgroup = &group;
    wave.executed = executed.data();
    wave.next = program->at(reinterpret_cast<u64>(words.data()));
  }
  StopReason go(u64 most = 1000) { return run(wave, *program, most); }
  std::vector<u8> code;
  std::vector<u32> words, registers;
  std::vector<u64> executed;
  std::unique_ptr<Program> program;
  NoMemory memory;
  Workgroup group;
  Wave wave;
};

std::string fault_of(Fixture& f) {
  try {
    f.go();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

TEST(Control, Ends) {
  Fixture f("s_mov_b32 s0, 5\n s_endpgm\n s_mov_b32 s0, 6");
  EXPECT_EQ(f.go(), StopReason::ended);
  EXPECT_EQ(f.wave.state, WaveState::done);
  EXPECT_EQ(f.wave.sgpr[0], 5u);
}

TEST(Control, CountsEveryExecutionAndStopsAtItsBudget) {
  Fixture f("again:\n s_add_u32 s0, s0, 1\n s_branch again");
  EXPECT_EQ(f.go(1001), StopReason::budget);
  EXPECT_EQ(f.wave.sgpr[0], 501u);
  EXPECT_EQ(f.executed[0], 501u);
  EXPECT_EQ(f.executed[1], 500u);
}

TEST(Control, BarrierWaitsUntilTheMachineCompletesIt) {
  Fixture f("s_barrier\n s_mov_b32 s0, 5\n s_endpgm");
  EXPECT_EQ(f.go(), StopReason::barrier);
  EXPECT_EQ(f.wave.state, WaveState::at_barrier);
  EXPECT_TRUE(f.wave.barrier_signalled);
  f.group.barrier_generation++;
  f.wave.barrier_signalled = false;
  EXPECT_EQ(f.go(), StopReason::ended);
  EXPECT_EQ(f.wave.sgpr[0], 5u);
}

TEST(Control, SplitBarrier) {
  Fixture late("s_barrier_signal -1\n s_mov_b32 s0, 5\n s_barrier_wait -1\n s_endpgm", "gfx1201");
  EXPECT_EQ(late.go(2), StopReason::budget);
  EXPECT_TRUE(late.wave.barrier_signalled);
  EXPECT_EQ(late.go(), StopReason::barrier);
  // Completed between signal and wait: no stop.
  Fixture early("s_barrier_signal -1\n s_mov_b32 s0, 5\n s_barrier_wait -1\n s_endpgm", "gfx1201");
  EXPECT_EQ(early.go(2), StopReason::budget);
  early.group.barrier_generation++;
  EXPECT_EQ(early.go(), StopReason::ended);
}

TEST(Control, SleepGivesOthersATurn) {
  Fixture f("s_sleep 1\n s_endpgm");
  EXPECT_EQ(f.go(), StopReason::slept);
  EXPECT_EQ(f.go(), StopReason::ended);
}

TEST(Control, Faults) {
  Fixture trap("s_trap 2\n s_endpgm");
  EXPECT_NE(fault_of(trap).find("s_trap"), std::string::npos);
  Fixture padding("s_code_end");
  EXPECT_NE(fault_of(padding).find("past the end of the kernel"), std::string::npos);
  Fixture open_end("s_nop 0");
  EXPECT_NE(fault_of(open_end).find("past the end"), std::string::npos);
  Fixture jump("s_mov_b64 s[0:1], 64\n s_setpc_b64 s[0:1]");
  EXPECT_NE(fault_of(jump).find("jump to 0x40"), std::string::npos);
}

TEST(Control, MatrixSourcesOfGfx11AreCopies) {
  Fixture f("v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]\n s_endpgm");
  f.wave.vgpr(5)[20] = 1;
  EXPECT_NE(fault_of(f).find("differ by 16"), std::string::npos);
  Fixture off("v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]\n s_endpgm");
  off.wave.set_exec(0xffff);
  EXPECT_NE(fault_of(off).find("EXEC must be full"), std::string::npos);
}

TEST(Control, UnknownInstructionFaultsOnlyWhenItIsReached) {
  Fixture skipped("s_branch over\n v_cvt_off_f32_i4_e32 v0, v1\n over:\n s_endpgm");
  EXPECT_EQ(skipped.go(), StopReason::ended);
  Fixture reached("v_cvt_off_f32_i4_e32 v0, v1\n s_endpgm");
  const std::string what = fault_of(reached);
  EXPECT_NE(what.find("not implemented"), std::string::npos);
  EXPECT_NE(what.find("v_cvt_off_f32_i4"), std::string::npos);
  EXPECT_EQ(reached.wave.next - 1, &reached.program->instructions()[0]);
}

TEST(Control, AccessesAreShownUnlessNoLaneIsOn) {
  Fixture f("global_store_b32 v[0:1], v2, off\n ds_store_b32 v0, v1\n buffer_gl0_inv\n s_endpgm");
  f.wave.set_exec(0);
  EXPECT_EQ(f.go(), StopReason::ended);
  EXPECT_EQ(f.memory.accesses, 0u);
  EXPECT_EQ(f.memory.orders, 1u);
}

TEST(Control, CachePolicy) {
  const auto coherent = [](const char* text, const char* arch, unsigned lanes) {
    Fixture f(text, arch, lanes);
    return f.program->instructions()[0].cache.coherent;
  };
  EXPECT_FALSE(coherent("global_load_b32 v0, v[2:3], off slc dlc", "gfx1100", 32));
  EXPECT_TRUE(coherent("global_load_b32 v0, v[2:3], off glc", "gfx1100", 32));
  EXPECT_TRUE(coherent("global_load_dword v0, v[2:3], off sc1", "gfx942", 64));
  EXPECT_FALSE(coherent("global_load_dword v0, v[2:3], off nt", "gfx942", 64));
  EXPECT_TRUE(coherent("global_load_b32 v0, v[2:3], off scope:SCOPE_DEV", "gfx1201", 32));
  EXPECT_FALSE(coherent("global_load_b32 v0, v[2:3], off th:TH_LOAD_NT", "gfx1201", 32));
}

TEST(Control, FlatAddressesInTheApertures) {
  // Low halves of the addresses are offsets into LDS; the upper half is the aperture.
  Fixture f("v_mov_b32 v1, s1\n flat_store_b32 v[0:1], v2\n s_endpgm");
  std::vector<u8> lds(256);
  f.group.lds = lds.data();
  f.group.lds_bytes = 256;
  f.wave.sgpr[1] = static_cast<u32>(kSharedAperture >> 32);
  for (u32 l = 0; l < 32; l++) f.wave.vgpr(0)[l] = l * 8, f.wave.vgpr(2)[l] = 1000 + l;
  EXPECT_EQ(f.go(), StopReason::ended);
  for (u32 l = 0; l < 32; l++) {
    u32 x;
    std::memcpy(&x, lds.data() + l * 8, 4);
    EXPECT_EQ(x, 1000 + l);
  }
  Fixture outside("v_mov_b32 v1, s1\n flat_load_b32 v2, v[0:1]\n s_endpgm");
  outside.wave.sgpr[1] = static_cast<u32>(kPrivateAperture >> 32);
  EXPECT_NE(fault_of(outside).find("of scratch"), std::string::npos);
}

TEST(Control, AnUnknownProcessorIsRefused) {
  const u32 word = 0;
  EXPECT_THROW(Program("gfx77777", 32, reinterpret_cast<const u8*>(&word), 4), std::exception);
}

}  // namespace
}  // namespace llmc::emu::test
