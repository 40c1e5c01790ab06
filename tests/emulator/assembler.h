// AMDGPU assembly text to machine code, by LLVM's assembler: inputs of tests.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "common/types.h"

namespace llmc::emu {

// The bytes of the text section. Empty if the assembler refuses the text (an instruction that the processor does not have).
std::vector<u8> assemble(std::string_view arch, unsigned wave_size, std::string_view text);

}  // namespace llmc::emu
