// The test kernels of tests/kernels/device, compiled once a process and wave size.
#pragma once
#include <string>
#include "tests/kernels/host_program.h"

namespace llmc {

// `name` without folder and ending: "gemv".
const HostProgram& test_program(const std::string& name, u32 wave);

}  // namespace llmc
