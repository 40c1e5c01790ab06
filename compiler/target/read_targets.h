// Reads one family's TOML file. The files are ours, so a fault in one is InternalError naming the file, the arch and the field.
#pragma once
#include <string_view>
#include <vector>
#include "compiler/target/target.h"

namespace llmc {

std::vector<Target> read_targets(std::string_view file, std::string_view text);

}  // namespace llmc
