// What a kernel did, and each phase in it: instructions by class, bytes by address space and allocation, cache lines, bank conflicts.
//
// Lines are of 128 bytes. `lines`: distinct ones of a launch, summed over launches, so that a line which two launches read counts twice.
// `fetches`: lines asked of what lies behind a compute unit's first cache, modelled for each workgroup as 16 KiB of four ways in order
// of use; equal to `lines` where no line is fetched twice in a launch.
#pragma once
#include <map>
#include <string>
#include <vector>
#include "tests/emulator/allocations.h"
#include "tests/emulator/execute.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/phases.h"
#include "tests/emulator/residents.h"

namespace llmc::emu {

constexpr u64 kLineBytes = 128;

struct LineBits {
  std::vector<u64> bits;
  u64 count = 0;
  bool has(u64 line) const;
  // true where the line is new.
  bool add(u64 line);
};

// Of one allocation, by one kernel.
struct TrafficCounts {
  u64 read_bytes = 0, written_bytes = 0, atomic_bytes = 0;
  u64 lines = 0, fetches = 0, written_lines = 0;
  void add(const TrafficCounts& other);
};

// Of one allocation, during a launch.
struct LaunchTraffic {
  TrafficCounts counts;
  LineBits read, written;
  bool any() const { return counts.read_bytes + counts.written_bytes + counts.atomic_bytes != 0; }
  TrafficCounts take();  // with the lines; leaves nothing
};

// Of one allocation: the launch under way, its phases, and which lines were ever read.
struct AllocationCounts {
  LaunchTraffic launch;
  std::vector<LaunchTraffic> phases;
  LineBits ever_read;
};

struct WorkCounts {
  u32 wave_size = 0;
  u64 instructions[kInstructionClasses] = {};  // by KernelCounts::tally
  u64 scalar_bytes = 0, lds_read_bytes = 0, lds_written_bytes = 0;
  u64 lds_cycles = 0, lds_conflict_cycles = 0;  // of banks: needed in all, and by lanes that meet in one bank
  std::map<std::string, TrafficCounts> traffic;  // by Allocation::text() without its address: "device 2"

  u64 total_instructions() const;
  TrafficCounts total_traffic() const;
};

struct KernelCounts : WorkCounts {
  std::string name;
  u64 launches = 0, workgroups = 0, waves = 0;
  std::vector<u64> executed;       // by instruction of the program
  std::vector<WorkCounts> phases;  // by number in Phases::names; empty where the phases are not known

  // From `executed` the instructions by class, of the kernel and of its phases.
  void tally(const Program& program, const Phases& phases);
};

// Sees every access of the waves that run.
class AccessCounter {
 public:
  explicit AccessCounter(Allocations& allocations) : allocations_(allocations) {}
  void begin_launch(KernelCounts& kernel, const Phases& phases);
  void end_launch();
  void start_group(u32 resident_index);  // its cache is cold

  void global(const Access& access, const u64* addresses, Allocation& allocation);
  void lds(const Access& access, const u32* offsets);
  void scalar(const Instruction& site, u32 bytes, u64 address, Allocation& allocation);

 private:
  // A compute unit's first cache: line numbers in order of use.
  struct Cache {
    static constexpr u32 sets = 32, ways = 4;
    u64 lines[sets][ways] = {};
    bool hit(u64 line);  // and makes it the latest
  };
  AllocationCounts& counts_of(Allocation& allocation) const;
  // What an instruction does counts for the kernel and for the instruction's phase.
  template <class Count>
  void work(const Instruction& site, Count count);
  template <class Count>
  void traffic(AllocationCounts& counts, const Instruction& site, Count count);
  void read_line(AllocationCounts& counts, const Instruction& site, u64 line, bool fetched);

  Allocations& allocations_;
  KernelCounts* kernel_ = nullptr;
  const std::vector<u8>* phase_of_ = nullptr;  // by instruction; null where the phases are not known
  std::vector<Cache> caches_;  // by workgroup's first wave slot
};

// A short name for tables: "device 2".
std::string short_name(const Allocation& allocation);

struct AllocationTotals {
  std::string name;
  u64 bytes = 0, lines_ever_read = 0;
};
AllocationTotals totals(const Allocation& allocation);  // of one with counts

}  // namespace llmc::emu
