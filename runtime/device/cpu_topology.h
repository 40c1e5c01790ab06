// The cores a process may use: one logical CPU per physical core, from its affinity mask and the kernel's description of siblings.
#pragma once
#include <vector>

namespace llmc {

std::vector<int> physical_cores();

}  // namespace llmc
