// The machine's side of memory.h: every access against the live allocations and the workgroup's LDS, reads of what was never written,
// races where that mode is on, counts where they are wanted.
#pragma once
#include <memory>
#include <vector>
#include "tests/emulator/allocations.h"
#include "tests/emulator/counts.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/races.h"
#include "tests/emulator/residents.h"

namespace llmc::emu {

class CheckedMemory final : public Memory {
 public:
  // `races` and `counts` may be null.
  CheckedMemory(Allocations& allocations, RaceDetector* races, AccessCounter* counts)
      : allocations_(allocations), races_(races), counts_(counts) {}

  // `instructions` of the program whose waves now run; `units` compute units share the time.
  void begin_launch(u64 instructions, u32 units);

  void global(const Access& access, const u64* addresses) override;
  void lds(const Access& access, const u32* offsets) override;
  void scalar(const Instruction& site, Wave& wave, u64 address, u32 bytes) override;
  void order(const Instruction& site, Wave& wave) override;
  u64 clock(Wave& wave) override;

  // Grows with every store and atomic: as long as it does, somebody gets somewhere.
  u64 stores() const { return stores_; }
  void pass_time(u64 instructions) { time_ += instructions; }

 private:
  void global_lane_by_lane(const Access& access, const u64* addresses);
  void check_written(const Access& access, const u64* addresses, Allocation& allocation);
  [[noreturn]] void out_of_bounds(const Access& access, u64 address, int lane) const;

  Allocations& allocations_;
  RaceDetector* races_;
  AccessCounter* counts_;
  std::vector<Allocation*> site_allocation_;  // by instruction: where its latest access fell
  u64 stores_ = 0;
  u64 time_ = 0, time_per_tick_ = 1, ticks_ = 0;
};

}  // namespace llmc::emu
