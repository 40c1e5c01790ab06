// Which phase of a token each instruction of a code object serves. At levels block and model a kernel holds many phases; the functions of
// which it was made by inlining say which is which (names of inlined functions: BuildRequest::debug_info).
#pragma once
#include <string>
#include <vector>
#include "tests/emulator/code_object.h"
#include "tests/emulator/execute.h"

namespace llmc::emu {

struct Phases {
  std::vector<std::string> names;  // as the plan has them, then "barrier"; the first is "rest": what serves none, or more than one
  std::vector<u8> of;              // by Instruction::index; empty where the code object has no debug info
};

Phases phases_of(const CodeObject& object, const Program& program);

}  // namespace llmc::emu
