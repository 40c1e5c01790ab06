// Wave instructions a second on one core. The loops stand for what decode kernels do: products of packed bytes against LDS, vector
// arithmetic with lanes off, global loads; the accesses go through the machine's checks.
#include <cstring>
#include <benchmark/benchmark.h>
#include "tests/emulator/allocations.h"
#include "tests/emulator/assembler.h"
#include "tests/emulator/execute.h"
#include "tests/emulator/memory_checks.h"

namespace llmc::emu {
namespace {

// s[4:5] is the start of 64 KiB; v0 the lane's offset in bytes, a multiple of 16.
constexpr const char* kQuantised = R"(
again:
  global_load_b128 v[4:7], v0, s[4:5]
  global_load_b32 v8, v0, s[4:5] offset:1024
  ds_load_b128 v[12:15], v0
  ds_load_b128 v[16:19], v0 offset:512
  s_waitcnt vmcnt(0) lgkmcnt(0)
  v_and_b32 v20, 0xf0f0f0f, v4
  v_lshrrev_b32 v21, 4, v4
  v_and_b32 v21, 0xf0f0f0f, v21
  v_dot4_i32_iu8 v24, v20, v12, 0 neg_lo:[0,1,0]
  v_dot4_i32_iu8 v24, v21, v13, v24 neg_lo:[0,1,0]
  v_and_b32 v20, 0xf0f0f0f, v5
  v_lshrrev_b32 v21, 4, v5
  v_and_b32 v21, 0xf0f0f0f, v21
  v_dot4_i32_iu8 v24, v20, v14, v24 neg_lo:[0,1,0]
  v_dot4_i32_iu8 v24, v21, v15, v24 neg_lo:[0,1,0]
  v_and_b32 v20, 0xf0f0f0f, v6
  v_lshrrev_b32 v21, 4, v6
  v_and_b32 v21, 0xf0f0f0f, v21
  v_dot4_i32_iu8 v24, v20, v16, v24 neg_lo:[0,1,0]
  v_dot4_i32_iu8 v24, v21, v17, v24 neg_lo:[0,1,0]
  v_cvt_f32_i32 v25, v24
  v_fma_mix_f32 v26, v8, v25, v26 op_sel_hi:[1,0,0]
  s_add_u32 s8, s8, 1
  s_cmp_lt_u32 s8, s9
  s_cbranch_scc1 again
  s_endpgm)";
constexpr const char* kArithmetic = R"(
again:
  v_add_nc_u32 v1, v2, v3
  v_mul_f32 v4, v5, v6
  v_fmac_f32 v7, v5, v6
  v_lshl_add_u32 v8, v1, 2, s8
  v_cmp_gt_u32 vcc_lo, v1, v8
  v_cndmask_b32 v9, v1, v8, vcc_lo
  v_add_f32_dpp v10, v7, v7 row_xmask:4 row_mask:0xf bank_mask:0xf bound_ctrl:1
  v_max_f32 v11, v10, v4
  s_and_saveexec_b32 s10, vcc_lo
  v_fma_f32 v12, v11, s11, v12
  v_xor_b32 v13, v12, v9
  s_mov_b32 exec_lo, s10
  s_add_u32 s8, s8, 1
  s_cmp_lt_u32 s8, s9
  s_cbranch_scc1 again
  s_endpgm)";
constexpr const char* kScalar = R"(
again:
  s_mul_i32 s10, s8, 12
  s_lshl_b32 s11, s10, 3
  s_and_b32 s12, s11, 0xff
  s_load_b64 s[14:15], s[4:5], s12
  s_waitcnt lgkmcnt(0)
  s_addc_u32 s13, s13, s12
  s_add_u32 s8, s8, 1
  s_cmp_lt_u32 s8, s9
  s_cbranch_scc1 again
  s_endpgm)";

void run_loop(benchmark::State& state, const char* text) {
  constexpr u32 lanes = 32, bytes = 65536, rounds = 10000;
  const std::vector<u8> code = assemble("gfx1100", lanes, text);
  std::vector<u32> words((code.size() + 3) / 4), registers(64 * lanes + 16);
  std::memcpy(words.data(), code.data(), code.size());
  const Program program("gfx1100", lanes, reinterpret_cast<const u8*>(words.data()), code.size());
  std::vector<u64> executed(program.instructions().size());
  Allocations allocations;
  Allocation* data = allocations.allocate(bytes, AllocationKind::device);
  std::memset(reinterpret_cast<void*>(data->base), 1, bytes);
  data->mark_written(0, bytes);
  CheckedMemory memory(allocations, nullptr, nullptr);
  memory.begin_launch(program.instructions().size(), 1);
  ResidentGroup group;
  group.lds_bytes_held.assign(bytes, 1);
  group.lds_written.assign(bytes, 0xff);
  group.lds = group.lds_bytes_held.data();
  group.lds_bytes = bytes;
  for (auto _ : state) {
    ResidentWave w;
    w.vgprs = registers.data() + (64 - reinterpret_cast<u64>(registers.data()) % 64) / 4 % 16;
    w.vgpr_count = 64;
    w.wave_size = lanes;
    w.mode = 0x3f0;
    w.memory = &memory;
    w.in_flight = &w.loads;
    w.workgroup = &group;
    w.executed = executed.data();
    w.set_exec(0xffff'ffff);
    w.set_pair(4, data->base);
    w.sgpr[8] = 0;
    w.sgpr[9] = rounds;
    for (u32 l = 0; l < lanes; l++) w.vgpr(0)[l] = l * 16;
    w.next = program.instructions().data();
    if (run(w, program, ~0ull) != StopReason::ended) state.SkipWithError("the loop did not end");
  }
  u64 count = 0;
  for (const u64 n : executed) count += n;
  state.counters["wave instructions/s"] = benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
}

}  // namespace
}  // namespace llmc::emu

int main(int argc, char** argv) {
  using namespace llmc::emu;
  benchmark::RegisterBenchmark("quantised products", run_loop, kQuantised);
  benchmark::RegisterBenchmark("vector arithmetic", run_loop, kArithmetic);
  benchmark::RegisterBenchmark("scalar", run_loop, kScalar);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
