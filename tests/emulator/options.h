// What can be set about an emulated card. Read from the environment by the stand-in for HIP's library, given directly by tests.
#pragma once
#include <string>
#include "common/types.h"

namespace llmc::emu {

enum class RaceMode : u8 {
  off,
  // A coherent load is an acquire of what it reads and never races: data that carries its own epoch is polled like that.
  ordered,
  // A coherent load races like any other, but for words that atomic read-modify-writes touch: finds exchanged vectors without a barrier.
  all,
};

struct MachineOptions {
  std::string arch;          // LLMC_EMU_ARCH, e.g. "gfx1100" or "gfx1100:7900xt"
  u32 units = 4;             // LLMC_EMU_CUS: compute units
  u64 seed = 1;              // LLMC_EMU_SEED: how long each wave runs before the next
  bool stress = false;       // LLMC_EMU_STRESS=1: short runs, waves and workgroups in random order
  RaceMode races = RaceMode::off;  // LLMC_EMU_RACES=ordered|all
  std::string counts_file;   // LLMC_EMU_COUNTS: JSON, and a table beside it (FILE.txt); empty: nothing is counted
};

// Error(usage) where a variable is missing or has no meaning.
MachineOptions options_from_environment();

}  // namespace llmc::emu
