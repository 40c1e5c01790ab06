// What the instruction core asks of the machine around it. Device addresses are host addresses: the core moves the data itself (gathers,
// scatters and host atomics over the lanes), and before it does so it shows every access here, once a wave instruction. The machine
// checks it (bounds, initialised, races), counts it, and throws Fault for what a card would never say.
#pragma once
#include <stdexcept>
#include <string>
#include "tests/emulator/wave.h"

namespace llmc::emu {

// What went wrong, in words. The core adds nothing about where: whoever runs the wave knows kernel, workgroup and wave, and `next - 1`
// of the wave is the instruction. `lane` is -1 where the fault is not one lane's.
class Fault : public std::runtime_error {
 public:
  explicit Fault(const std::string& what, int of_lane = -1) : std::runtime_error(what), lane(of_lane) {}
  int lane;
};

enum class AccessKind : u8 { load, store, atomic };

// One wave instruction's access: `bytes` consecutive bytes for each lane of `lanes`, which is never 0.
struct Access {
  const Instruction& site;
  Wave& wave;
  u64 lanes;
  u32 bytes;
  AccessKind kind;
};

class Memory {
 public:
  virtual ~Memory() = default;
  // Global memory (global_*, flat_* outside the apertures, buffer_*). `addresses` has an entry a lane of the wave; those of lanes that are
  // off are undefined. Called before the data moves. Accesses that wrap around the address space are shown as they are.
  virtual void global(const Access& access, const u64* addresses) = 0;
  // LDS, byte offsets into workgroup->lds. An instruction with two addresses (ds_load_2addr) is two calls.
  virtual void lds(const Access& access, const u32* offsets) = 0;
  // Scalar load (s_load_*, s_buffer_load_*).
  virtual void scalar(const Instruction& site, Wave& wave, u64 address, u32 bytes) = 0;
  // An instruction that orders memory: cache invalidations and write-backs (buffer_gl0_inv, buffer_gl1_inv, buffer_wbl2, buffer_inv,
  // global_inv, global_wb, global_wbinv, s_dcache_inv). Waits (s_waitcnt) are not shown: accesses complete at once.
  virtual void order(const Instruction& site, Wave& wave) = 0;
  // The constant clock that s_memrealtime and s_sendmsg_rtn(MSG_RTN_GET_REALTIME) read, in ticks of 10 ns; s_memtime and SHADER_CYCLES as
  // well.
  virtual u64 clock(Wave& wave) = 0;
};

}  // namespace llmc::emu
