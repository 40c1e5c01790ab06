// The decoder: assembly text and the table of operations to an Instruction.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include "tests/emulator/assembly.h"
#include "tests/emulator/instruction.h"
#include "tests/emulator/operations.h"
#include "tests/emulator/wrappers.h"

namespace llmc::emu {

class Decoder {
 public:
  Decoder(std::string_view arch, unsigned wave_size);

  // Fills in everything but address, index and branch targets (`imm` of a branch is the distance in bytes from the next instruction).
  // Text that has no operation, or a modifier that has no meaning here, becomes an instruction that faults when it is executed.
  Instruction decode(std::string_view text, u32 first_word);

 private:
  Instruction decode_single(const AssemblyText& text, u32 first_word);
  Instruction decode_dual(std::string_view first, std::string_view second);
  bool decode_operands(const AssemblyText& text, const Operation& operation, Instruction& i);
  bool decode_memory(const AssemblyText& text, const Operation& operation, u32 first_word, Instruction& i);
  bool apply_modifiers(const AssemblyText& text, const Operation& operation, Instruction& i);
  bool apply_selections(const AssemblyText& text, const Operation& operation, Instruction& i);
  void wrap_dpp(const AssemblyText& text, Instruction& i);
  bool wrap_sdwa(const AssemblyText& text, Instruction& i);
  void spread_constant(Operand& o);
  Instruction unimplemented() const;
  Handler handler_of(const Operation& o) const { return wave_size_ == 64 ? o.handler64 : o.handler32; }
  const Instruction* keep(const Instruction& i) { return &kept_.emplace_back(i); }

  unsigned wave_size_;
  bool gfx9_, gfx940_, gfx12_;
  struct alignas(64) Row {
    u32 lanes[128];
  };
  std::deque<Row> rows_;            // constants spread over lanes
  std::deque<Instruction> kept_;    // wrapped instructions
  std::deque<DppLanes> dpp_;
};

}  // namespace llmc::emu
