#include "tests/emulator/operations.h"
namespace llmc::emu {
std::span<const Operation> matrix_operations() { return {}; }
}  // namespace llmc::emu
