// Where the CUDA toolkit's ptxas is, for --ptxas.
#pragma once
#include <string>
#include "compiler/target/target.h"

namespace llmc {

// `choice`: "off" gives "", "auto" the one on PATH or in the toolkit's usual folder ("" with a note where there is none), else a path or the
// name of a program on PATH, which must be there and executable (Error(usage)). Error(usage) for anything but "off" where the target is not NVIDIA's.
std::string find_ptxas(const std::string& choice, const Target& target);

}  // namespace llmc
