// Which of a program's code sections a device runs: a cubin where it was made for this device's generation, else PTX, which the
// driver compiles for any newer card; AMD code objects and x86 code only for their own arch.
#pragma once
#include <span>
#include <string>
#include "runtime/image.h"

namespace llmc {

// The entry to load. Error(device) where none fits, with what was found and what is needed.
const CodeEntry& choose_code(std::span<const CodeEntry> entries, const std::string& device_name, const std::string& device_arch);

}  // namespace llmc
