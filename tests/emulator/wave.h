// The state of a wave and of the workgroup it belongs to: what an instruction reads and writes besides memory.
//
// Scalar registers keep the numbers that instructions give them (RDNA3 ISA, chapter 3), so that a pair is two neighbours whatever its
// name: VCC is sgpr[106..107], EXEC sgpr[126..127]. M0 and NULL changed places between families; here M0 is always 124, and NULL never
// reaches this array (the decoder makes it the constant 0 as a source; as a destination it is skipped).
// Vector registers: `wave_size` lanes of register 0, then of register 1, ...; accumulation registers (gfx908 to gfx942) lie behind them.
#pragma once
#include <cstring>
#include "common/types.h"

namespace llmc::emu {

class InFlight;
class Memory;
class Program;
struct Instruction;

constexpr unsigned kVccRegister = 106;
constexpr unsigned kM0Register = 124;
constexpr unsigned kExecRegister = 126;

// Flat addresses of LDS and of scratch have these upper halves (hidden in src_shared_base, src_private_base); no host pointer does.
constexpr u64 kSharedAperture = 0x0002'0000'0000'0000;
constexpr u64 kPrivateAperture = 0x0001'0000'0000'0000;

// The machine derives its own workgroup from this: barrier bookkeeping, shadows of what was written.
struct Workgroup {
  u8* lds = nullptr;
  u32 lds_bytes = 0;
  u32 id[3] = {0, 0, 0};
  u32 barrier_generation = 0;  // barriers completed; the machine adds 1 when every wave that has not ended has signalled
};

enum class WaveState : u8 {
  ready,       // can go on (its instruction budget ran out, or it is new)
  at_barrier,  // waits until workgroup->barrier_generation differs from `signalled_generation`; the machine then makes it ready
  sleeping,    // executed s_sleep: a spin loop yields here; the machine makes it ready whenever it likes
  done,        // executed s_endpgm
};

struct alignas(64) Wave {
  alignas(64) u32 sgpr[128] = {};
  alignas(64) u32 permuted[64] = {};  // the first source of a DPP instruction, its lanes moved; the result of an SDWA instruction
  const Instruction* next = nullptr;  // the next instruction (Program::at makes it from an address); during a handler, the one after it
  u32* vgprs = nullptr;             // vgpr_count x wave_size, 64-byte aligned
  u32 vgpr_count = 0;               // registers in `vgprs`, accumulation registers included
  u32 accum_offset = 256;           // register number at which the accumulation registers start in `vgprs`
  u32 wave_size = 32;
  bool scc = false;
  u32 mode = 0;                     // MODE: [1:0] round f32, [3:2] round f64/f16, [5:4] denormals f32, [7:6] denormals f64/f16,
                                    // 8 dx10_clamp, 9 ieee (kernel descriptor's compute_pgm_rsrc1 gives its start)
  WaveState state = WaveState::ready;
  bool barrier_signalled = false;   // set by s_barrier and s_barrier_signal, cleared by the machine when the barrier completes
  u32 signalled_generation = 0;     // workgroup->barrier_generation at the time of the signal
  u32 index = 0;                    // of the wave within its workgroup
  u64* executed = nullptr;  // counter of executions for each instruction of the program (Instruction::index), one array per host thread
  u8* scratch = nullptr;            // lane l's private memory is scratch + l * scratch_bytes
  u32 scratch_bytes = 0;
  Memory* memory = nullptr;
  InFlight* in_flight = nullptr;     // of this wave; null: waits are not checked
  const Program* program = nullptr;  // set by run
  Workgroup* workgroup = nullptr;

  u32* vgpr(unsigned r) { return vgprs + static_cast<std::size_t>(r) * wave_size; }
  u64 pair(unsigned r) const {
    u64 v;
    std::memcpy(&v, sgpr + r, 8);
    return v;
  }
  void set_pair(unsigned r, u64 v) { std::memcpy(sgpr + r, &v, 8); }
  u64 exec() const { return pair(kExecRegister); }
  u64 vcc() const { return pair(kVccRegister); }
  void set_exec(u64 v) { set_pair(kExecRegister, v); }
  u64 all_lanes() const { return wave_size == 64 ? ~0ull : 0xffff'ffffull; }
};

}  // namespace llmc::emu
