// The counts of all kernels and of the phases within them, as a table and as JSON.
#pragma once
#include <string>
#include <vector>
#include "tests/emulator/counts.h"
#include "tests/emulator/occupancy.h"

namespace llmc::emu {

// After KernelCounts::tally.
struct CountedKernel {
  const KernelCounts& counts;
  const Phases& phases;  // of its code object
};

std::string counts_table(const std::vector<CountedKernel>& kernels, const Card& card);
std::string counts_json(const std::vector<CountedKernel>& kernels, const Card& card, const std::vector<AllocationTotals>& allocations);

}  // namespace llmc::emu
