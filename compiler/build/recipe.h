// How each family's source is compiled and linked: the arguments, as data, and nothing else.
#pragma once
#include <string>
#include <vector>
#include "compiler/build/build.h"

namespace llmc {

enum class Emit { object, assembly, ll };

// The source's path in the virtual file system.
std::string source_path(const BuildRequest& request);
// Arguments of `clang -cc1`.
std::vector<std::string> cc1_arguments(const BuildRequest& request, Emit emit);
// Arguments of `ld.lld` after the input and the output. Not for NVIDIA, whose PTX is linked by the driver.
std::vector<std::string> link_arguments(const BuildRequest& request);

}  // namespace llmc
