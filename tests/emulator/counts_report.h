// The counts of all kernels as a table and as JSON.
#pragma once
#include <string>
#include <vector>
#include "tests/emulator/counts.h"
#include "tests/emulator/occupancy.h"

namespace llmc::emu {

std::string counts_table(const std::vector<const KernelCounts*>& kernels, const Card& card);
std::string counts_json(const std::vector<const KernelCounts*>& kernels, const Card& card,
                        const std::vector<AllocationTotals>& allocations);

}  // namespace llmc::emu
