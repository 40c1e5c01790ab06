// One operand of assembly text ("-|v3|", "s[4:7]", "vcc_lo", "0.5", "0x40490fdb") to an Operand.
#pragma once
#include <string_view>
#include "tests/emulator/instruction.h"
#include "tests/emulator/lane_types.h"

namespace llmc::emu {

// False if the text is none that is known. Constants take the form of `type`: an inline float constant is a 16-, 32- or 64-bit float
// (RDNA3 ISA, 7.2). `row` of a constant is still to be made.
bool parse_operand(std::string_view text, OperandType type, Operand& operand);

// "[1,0,1]" to bits 0, 1, 2.
u8 parse_bit_list(std::string_view list);
i64 parse_integer(std::string_view text);

}  // namespace llmc::emu
