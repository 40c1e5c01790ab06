// Finds registers that are used while a load into them is under way, because no wait covers it.
//
// A memory instruction adds 1 to a counter of its wave and takes it off when it is done; s_waitcnt and its kin hold the wave until a counter
// is at most n (RDNA3 ISA, 4.4 and 5.6; CDNA3 ISA, 4.4; RDNA4 ISA, 5.5). The emulator's accesses complete at once, so a register has its
// value too early: what a card may have in it must be known from the counters alone. Global and scratch accesses are done in order among
// themselves, and LDS accesses; scalar loads and messages in any order, so that only a wait for 0 covers them. Of n that are still under way
// at most, an ordered access with n or more of its own kind behind it is none. Flat accesses count as vector and as LDS accesses, and both
// must be done; on gfx9 they are in no order.
//
// A load may replace what an earlier load of its kind brings into the same register: both write in order.
#pragma once
#include <cstring>
#include <string_view>
#include <vector>
#include "common/types.h"
#include "tests/emulator/instruction.h"

namespace llmc::emu {

class Program;

// Counters of instructions that write registers; those of stores alone do not matter here.
// gfx9: vmcnt, stores included; lgkmcnt. gfx10, gfx11: vmcnt, lgkmcnt. gfx12: loadcnt, dscnt, kmcnt.
enum class WaitCounter : u8 { vector, lds, scalar, none };
constexpr u32 kWaitCounters = 3;
constexpr u8 kNoWait = 0xff;

// What an instruction means for the counters.
struct WaitRule {
  WaitCounter counter = WaitCounter::none;  // that it adds to
  bool ordered = false, flat = false;
  bool loads = false;                       // into `destination`
  RegisterRange destination;
  u8 wait[kWaitCounters] = {kNoWait, kNoWait, kNoWait};  // until a counter is at most this
};

// A set of registers.
class RegisterSet {
 public:
  bool meets(RegisterRange range) const { return (word(range) & mask(range)) != 0; }
  void add(RegisterRange range) { put(range, word(range) | mask(range)); }
  void remove(RegisterRange range) { put(range, word(range) & ~mask(range)); }

 private:
  // 64 bits from a byte on hold any range.
  static u64 mask(RegisterRange range) { return ((u64{2} << range.more) - 1) << range.first % 8; }
  u64 word(RegisterRange range) const {
    u64 bits;
    std::memcpy(&bits, bytes_ + range.first / 8, sizeof bits);
    return bits;
  }
  void put(RegisterRange range, u64 bits) { std::memcpy(bytes_ + range.first / 8, &bits, sizeof bits); }
  u8 bytes_[kAllRegisters / 8 + 8] = {};
};

// Of an instruction that is decoded already, and whose registers are named by this; `text` as LLVM prints it.
WaitRule wait_rule(std::string_view arch, u32 wave_size, std::string_view text, Instruction& instruction);

// Of one wave.
class InFlight {
 public:
  // Whether loads are under way into registers that the instruction names.
  bool meets(const Instruction& instruction) const {
    if (loads_ == 0) return false;
    bool any = false;
    for (u32 k = 0; k < instruction.named; ++k) any |= awaited_.meets(instruction.registers[k]);
    return any;
  }
  // Throws Fault where that is a mistake.
  void check(const Program& program, const Instruction& instruction) const;
  // Of an instruction that adds to a counter or waits for one. `rules`: of all instructions, by their index.
  void count(u32 index, const WaitRule* rules);

 private:
  static constexpr u32 most = 64;  // a counter holds less: the wave stands still until the oldest is done
  // The accesses under way, by Instruction::index: [first, last), the oldest first.
  struct Queue {
    u16 first = 0, last = 0;
    u16 unordered = 0;  // how many of them
    u32 sites[most];
  };
  void wait(Queue& queue, u32 limit, const WaitRule* rules);
  void start(Queue& queue, u32 site, const WaitRule* rules);
  void drop(Queue& queue, u32 count, const WaitRule* rules);  // the oldest
  void finish(const WaitRule& access);

  Queue queues_[kWaitCounters];
  u32 loads_ = 0;         // accesses that will write registers
  RegisterSet awaited_;   // that they will write
  bool overlap_ = false;  // some by more than one
};

}  // namespace llmc::emu
