// Runs a launch: as many workgroups at once as the card holds, their waves one after another for a number of instructions each, in an
// order and for lengths that follow from the seed. The rest of the workgroups start as others end.
//
// Waves give way at s_sleep and at barriers. Nothing can get anywhere when every wave waits: that is a deadlock, reported with what
// each waits for. A wave that spins counts as waiting when no wave stores, ends or passes a barrier for a long time.
#pragma once
#include <functional>
#include <memory>
#include <random>
#include "tests/emulator/counts.h"
#include "tests/emulator/execute.h"
#include "tests/emulator/launch.h"
#include "tests/emulator/memory_checks.h"
#include "tests/emulator/options.h"
#include "tests/emulator/races.h"

namespace llmc::emu {

// A launch did what it must not; the text says what, where and by whom, in several lines.
class LaunchFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A code object that can be launched from.
struct LoadedCode {
  LoadedCode(const void* image, Allocations& memory, const Card& card);
  CodeObject object;
  std::unique_ptr<Program> program;
  Phases phases;  // where anything is counted
  std::map<std::string, KernelCounts> counts;  // by kernel
};

class Scheduler {
 public:
  Scheduler(const Card& card, const MachineOptions& options, Allocations& allocations);

  // Returns when all workgroups have ended. Throws LaunchFault; Error(usage) for a shape that no card would take.
  void run(LoadedCode& code, const Kernel& kernel, const LaunchShape& shape, std::span<const u8> arguments);

 private:
  struct Running;
  void start_group(Running& launch, u32 place);
  void run_slice(Running& launch, ResidentWave& wave);
  bool complete_barrier(Running& launch, ResidentGroup& group);
  void end_wave(Running& launch, ResidentWave& wave);
  u64 slice_length();
  [[noreturn]] void fault(const Running& launch, const ResidentWave& wave, const Instruction& site, const std::string& what,
                          int lane) const;
  [[noreturn]] void deadlock(const Running& launch) const;
  std::string place_of(const Running& launch, const Instruction& instruction) const;

  const Card& card_;
  MachineOptions options_;
  Allocations& allocations_;
  std::unique_ptr<RaceDetector> races_;
  std::unique_ptr<AccessCounter> counter_;
  CheckedMemory memory_;
  std::mt19937_64 random_;
};

}  // namespace llmc::emu
