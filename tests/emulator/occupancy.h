// The emulated card: an arch of the target table with a chosen number of compute units, and how many workgroups it holds at once.
#pragma once
#include "compiler/target/target.h"
#include "tests/emulator/code_object.h"

namespace llmc::emu {

class Card {
 public:
  // `name`: an arch, or arch:product. Error(usage) where it is not an AMD one.
  Card(const std::string& name, u32 units);
  const Target& target() const { return target_; }
  const std::string& arch() const { return target_.arch; }
  u32 units() const { return units_; }
  u32 processors() const { return processors_; }  // what HIP counts: pairs of compute units on RDNA
  // Workgroups of `threads` with `lds` bytes that a processor holds; 0 where not even one fits.
  u32 groups_per_processor(const Kernel& kernel, u32 threads, u64 lds) const;
  // 9, 10, 11, 12
  u32 generation() const { return generation_; }
  bool packed_workitem_ids() const;       // v0 = x | y << 10 | z << 20
  bool architected_flat_scratch() const;  // no scratch registers are set up
  u32 registers_held(const Kernel& kernel, u32& accum_offset) const;  // vector registers of a wave, accumulation registers included

 private:
  Target target_;
  u32 units_, processors_, generation_;
};

}  // namespace llmc::emu
