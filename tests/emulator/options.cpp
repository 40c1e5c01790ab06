#include "tests/emulator/options.h"
#include <cstdlib>
#include "common/error.h"

namespace llmc::emu {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

u64 number(const char* name, u64 otherwise, u64 least, u64 most) {
  const std::string text = variable(name);
  if (text.empty()) return otherwise;
  char* end = nullptr;
  const u64 value = std::strtoull(text.c_str(), &end, 10);
  if (*end != 0 || value < least || value > most) fail(Exit::usage, "{}={} is not a number from {} to {}.", name, text, least, most);
  return value;
}

}  // namespace

MachineOptions options_from_environment() {
  MachineOptions options;
  options.arch = variable("LLMC_EMU_ARCH");
  if (options.arch.empty()) fail(Exit::usage, "LLMC_EMU_ARCH names no processor to emulate; set it to e.g. gfx1100.");
  options.units = static_cast<u32>(number("LLMC_EMU_CUS", options.units, 1, 512));
  options.seed = number("LLMC_EMU_SEED", options.seed, 0, ~u64{0});
  options.stress = number("LLMC_EMU_STRESS", 0, 0, 1) != 0;
  const std::string races = variable("LLMC_EMU_RACES");
  if (races == "ordered") options.races = RaceMode::ordered;
  else if (races == "all") options.races = RaceMode::all;
  else if (!races.empty() && races != "off") fail(Exit::usage, "LLMC_EMU_RACES={} is none of off, ordered, all.", races);
  options.counts_file = variable("LLMC_EMU_COUNTS");
  return options;
}

}  // namespace llmc::emu
