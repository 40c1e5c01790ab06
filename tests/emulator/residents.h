// Workgroups and waves as the machine holds them: the core's state and what the checks remember about it.
#pragma once
#include <memory>
#include <vector>
#include "tests/emulator/waits.h"
#include "tests/emulator/wave.h"

namespace llmc::emu {

// Vector clock: for each wave slot, up to which of that wave's epochs this wave knows everything to be done.
using VectorClock = std::vector<u64>;

struct ResidentWave : Wave {
  u32 slot = 0;          // among the waves that are resident at once
  u64 polled = 0;        // address of its latest coherent load: what a spinning wave waits for
  bool slept = false;    // stopped at s_sleep the last time it ran
  InFlight loads;        // in_flight points here
  VectorClock clock;     // race modes only: ordered before what follows
  VectorClock observed;  // read by an atomic or a coherent load; becomes part of `clock` when caches are invalidated
};

struct ResidentGroup : Workgroup {
  u32 number = 0;                    // in the grid, x fastest
  std::vector<u8> lds_bytes_held;    // lds points here
  std::vector<u8> lds_written;       // a byte for each byte of LDS: 0xff where it was written
  std::vector<u64> lds_race_shadow;  // race modes only
  std::vector<std::unique_ptr<ResidentWave>> waves;
  std::vector<u32> vector_registers;  // of all waves
  std::vector<u8> scratch;
  u32 ended = 0;
};

inline ResidentWave& resident(Wave& wave) { return static_cast<ResidentWave&>(wave); }
inline ResidentGroup& resident_group(Wave& wave) { return static_cast<ResidentGroup&>(*wave.workgroup); }

}  // namespace llmc::emu
