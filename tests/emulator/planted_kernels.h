// Code objects of a device source of this folder, built by the compiler's own library with line tables.
#pragma once
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc::emu {

// The source `device/NAME.cpp` with the headers of kernels/ pasted in.
std::string device_source(const std::string& name);
// Built once a process.
const std::vector<u8>& build_device_source(const std::string& name, const std::string& arch);
// The numbers of the lines that hold `// FAULT mark`, counting from 1.
std::vector<u32> marked_lines(const std::string& source, const std::string& mark);

}  // namespace llmc::emu
