// One launch of a kernel: its shape, its arguments in memory, and the registers its waves start with.
#pragma once
#include <span>
#include <vector>
#include "tests/emulator/allocations.h"
#include "tests/emulator/code_object.h"
#include "tests/emulator/occupancy.h"
#include "tests/emulator/residents.h"

namespace llmc::emu {

struct LaunchShape {
  u32 groups[3] = {1, 1, 1};   // workgroups
  u32 threads[3] = {1, 1, 1};  // of a workgroup
  u32 dynamic_lds = 0;
  u32 threads_of_group() const { return threads[0] * threads[1] * threads[2]; }
  u32 total_groups() const { return groups[0] * groups[1] * groups[2]; }
};

// The bytes of the explicit arguments as a host passes them: a pointer to each, in order.
std::vector<u8> pack_arguments(const Kernel& kernel, void* const* arguments);

// The kernel argument segment (hidden arguments filled in) and the dispatch packet, in device memory while a launch runs.
class LaunchMemory {
 public:
  LaunchMemory(const Kernel& kernel, const LaunchShape& shape, std::span<const u8> arguments, Allocations& memory);
  ~LaunchMemory();
  LaunchMemory(const LaunchMemory&) = delete;
  LaunchMemory& operator=(const LaunchMemory&) = delete;
  u64 arguments() const { return arguments_; }
  u64 packet() const { return packet_; }

 private:
  Allocations& memory_;
  u64 arguments_ = 0, packet_ = 0;
};

// Scalar and vector registers, EXEC and MODE of wave `wave.index` of its workgroup, as the kernel descriptor asks (LLVM, "User Guide for
// AMDGPU Backend", Initial Kernel Execution State). Registers that nothing sets hold a pattern that does not pass for a value.
void set_up_registers(ResidentWave& wave, const Kernel& kernel, const Card& card, const LaunchShape& shape, const LaunchMemory& memory);

}  // namespace llmc::emu
