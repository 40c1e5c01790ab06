// Code of one code object, decoded for one processor, and the loop that runs a wave through it.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "tests/emulator/instruction.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/waits.h"

namespace llmc::emu {

enum class StopReason : u8 {
  ended,    // s_endpgm
  barrier,  // waits at a barrier (Wave::state == at_barrier)
  slept,    // s_sleep: a good place to let others run
  budget,   // executed `max_instructions`
};

class Program {
 public:
  // Decodes `bytes` of machine code that lies at `text` (already at its place in device memory, so that addresses are right; kept by the
  // caller). `arch` is a name as gfx1100. Instructions that the emulator does not implement decode to one that throws Fault with name and
  // address when it is executed. Throws Error for an arch that LLVM does not know.
  Program(std::string_view arch, unsigned wave_size, const u8* text, u64 bytes);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The instruction at a device address; nullptr if none starts there.
  const Instruction* at(u64 address) const;
  // All of them in order of address. Instruction::index is the place here.
  const std::vector<Instruction>& instructions() const { return code_; }
  const WaitRule* wait_rules() const { return wait_rules_.data(); }  // by Instruction::index
  // Assembly text, by LLVM's printer.
  std::string text(const Instruction&) const;
  unsigned wave_size() const { return wave_size_; }
  const std::string& arch() const { return arch_; }

 private:
  friend class Decoder;
  std::string arch_;
  unsigned wave_size_;
  const u8* text_;
  u64 bytes_;
  std::vector<Instruction> code_;
  std::vector<WaitRule> wait_rules_;
  std::vector<u32> index_at_;  // by (address - text) / 4: index, or ~0
  struct Storage;              // constants spread over lanes, disassembler
  std::unique_ptr<Storage> storage_;
};

// Runs the wave from wave.next until it ends, waits, sleeps, or has executed `max_instructions`. The wave's `executed` counters (one for
// each instruction of the program) count. Where the wave has `in_flight`, waits are checked. A fault leaves as Fault, with wave.next behind the instruction.
StopReason run(Wave& wave, const Program& program, u64 max_instructions);

}  // namespace llmc::emu
