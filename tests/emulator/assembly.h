// Machine code to the parts of its assembly text.
//
// LLVM's disassembler gives an MCInst, whose operands' order, ties and implicit registers differ by encoding and are named only in headers
// that LLVM does not install. Its assembly text has none of that: implicit VCC is written out, offsets carry their sign, modifiers have
// names, and one mnemonic means one operation on every family. So an instruction is printed once, when a code object is loaded, and taken
// apart here: "v_fma_f32 v1, -|v2|, s3, 2.0 clamp" is a mnemonic, four operands and a modifier.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "common/types.h"

namespace llmc::emu {

struct AssemblyModifier {
  std::string name;   // "offset", "op_sel", "clamp"
  std::string value;  // "-16", "[0,1]", "" for a flag
};

struct AssemblyText {
  std::string mnemonic;  // without the encoding's suffix (_e32, _e64, _dpp, _sdwa, _dpp8, _e64_dpp)
  std::string encoding;  // that suffix, "" if none
  std::vector<std::string> operands;
  std::vector<AssemblyModifier> modifiers;

  const AssemblyModifier* modifier(std::string_view name) const;
};

// One line of text; the halves of a VOPD pair ("... :: ...") are given separately.
AssemblyText parse_assembly(std::string_view text);

class Disassembler {
 public:
  // Throws Error for a processor that LLVM does not know.
  Disassembler(std::string_view arch, unsigned wave_size);
  ~Disassembler();
  struct Line {
    std::string text;      // empty: not an instruction
    unsigned length = 0;   // bytes
    unsigned opcode = 0;   // LLVM's number
    std::string_view name;  // LLVM's name of it
  };
  Line line(const u8* bytes, u64 available, u64 address) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmc::emu
