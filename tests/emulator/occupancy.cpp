#include "tests/emulator/occupancy.h"
#include <algorithm>
#include "common/error.h"

namespace llmc::emu {
namespace {

u32 round_up(u32 value, u32 granule) { return (value + granule - 1) / granule * granule; }

}  // namespace

Card::Card(const std::string& name, u32 units) : target_(find_target(name)) {
  if (target_.family != "amd") fail(Exit::usage, "{} is not an AMD processor: nothing emulates it.", name);
  units_ = round_up(units, target_.units_per_processor);
  processors_ = units_ / target_.units_per_processor;
  // gfx906, gfx90a, gfx942; gfx1030; gfx1100; gfx1201
  generation_ = target_.arch.size() == 7 ? static_cast<u32>(std::stoul(target_.arch.substr(3, 2))) : 9;
}

// LLVM, "User Guide for AMDGPU Backend", tables of processors and of initial register state.
bool Card::packed_workitem_ids() const { return generation_ >= 11 || target_.arch == "gfx90a" || target_.arch == "gfx942"; }
bool Card::architected_flat_scratch() const { return generation_ >= 11 || target_.arch == "gfx942"; }

u32 Card::registers_held(const Kernel& kernel, u32& accum_offset) const {
  accum_offset = 256;
  if (target_.arch == "gfx90a" || target_.arch == "gfx942") {
    accum_offset = ((kernel.rsrc3 & 0x3f) + 1) * 4;
    return round_up(std::max(kernel.vgprs, accum_offset), 8);
  }
  if (target_.arch == "gfx908") return 512;
  const u32 granule = generation_ >= 10 && kernel.wave_size == 32 ? 8 : 4;
  return std::max(round_up(kernel.vgprs, granule), ((kernel.rsrc1 & 0x3f) + 1) * granule);
}

u32 Card::groups_per_processor(const Kernel& kernel, u32 threads, u64 lds) const {
  const u32 waves = (threads + kernel.wave_size - 1) / kernel.wave_size;
  const u32 simds = target_.simds_per_unit * target_.units_per_processor;
  // Waves that a SIMD's tables hold: 8 on gfx90a and gfx942, 10 before, 16 on RDNA 2 and later.
  u32 per_simd = generation_ >= 10 ? 16 : target_.arch == "gfx90a" || target_.arch == "gfx942" ? 8 : 10;
  u32 accum_offset = 0;
  u32 registers = registers_held(kernel, accum_offset);
  // The file is given out in 64ths of itself on RDNA 2 and later (LLVM, getVGPRAllocGranule).
  if (generation_ >= 10) registers = round_up(registers, target_.register_file * target_.wave / kernel.wave_size / 64);
  if (target_.arch == "gfx908") registers /= 2;  // two files of 256
  const u32 file = target_.arch == "gfx908" ? 256 : target_.register_file * target_.wave / kernel.wave_size;
  per_simd = std::min(per_simd, file / std::max(registers, 1u));
  const u64 lds_held = u64{target_.lds_bytes} * target_.units_per_processor;
  u64 groups = waves == 0 ? 0 : u64{simds} * per_simd / waves;
  if (lds > target_.lds_bytes) groups = 0;
  if (lds > 0) groups = std::min(groups, lds_held / lds);
  return static_cast<u32>(groups);
}

}  // namespace llmc::emu
