// Handlers of encodings that wrap another instruction: DPP (the first source's lanes are moved first), SDWA (part of the destination is
// written), VOPD (two instructions at once), and v_cmpx of gfx9 (which writes a mask beside EXEC).
#pragma once
#include "tests/emulator/instruction.h"

namespace llmc::emu {

// What a DPP instruction does with lanes, for each lane of a wave of 64.
struct DppLanes {
  static constexpr u8 kInvalid = 0xff;
  u8 from[64];
  u64 writable = ~0ull;        // row_mask and bank_mask
  bool bound_control = false;  // an invalid source reads 0; else the lane is not written
  bool fetch_inactive = false;
};

// `inner` of the instruction takes OperandKind::permuted as its first source; its old first source is src[0] of the wrapper; the
// DppLanes are at `row` of the wrapper's src[1].
Handler dpp_handler(unsigned wave_size);

// `inner` writes OperandKind::permuted; the wrapper's dst takes bits [shift, shift + bits) of it; imm says what becomes of the others.
enum class SdwaUnused : u8 { pad, sign_extend, preserve };
Handler sdwa_handler(unsigned wave_size);

// `inner`, then `second`. If `second` reads what `inner` writes, its operand is OperandKind::permuted and the wrapper's src[0] names the
// register whose old value that is.
Handler dual_handler(unsigned wave_size);

// `inner` writes EXEC, which then goes to dst as well.
Handler compare_exec_and_mask_handler(unsigned wave_size);

}  // namespace llmc::emu
