// Addresses of global, flat and scratch instructions (RDNA3 ISA, chapter 11), shown to the machine's checks and given back as host
// addresses.
//   global   64-bit vector address + offset, or scalar base + 32-bit vector offset + offset
//   flat     64-bit vector address + offset; LDS and scratch by their apertures
//   scratch  scalar and/or 32-bit vector offset + offset, into the lane's own part of the wave's scratch
#pragma once
#include <fmt/format.h>
#include "tests/emulator/memory.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {

enum class AddressSpace : u8 { global, flat, scratch };

inline u64 scratch_address(Wave& w, unsigned lane, u64 offset, unsigned bytes) {
  if (offset > w.scratch_bytes || w.scratch_bytes - offset < bytes)
    throw Fault(fmt::format("access of {} bytes at offset {:#x} of the lane's {} bytes of scratch", bytes, offset, w.scratch_bytes),
                static_cast<int>(lane));
  return reinterpret_cast<u64>(w.scratch) + static_cast<u64>(lane) * w.scratch_bytes + offset;
}

template <unsigned N, AddressSpace Space>
inline void make_addresses(Wave& w, const Instruction& i, u64 lanes, unsigned bytes, AccessKind kind, u64* addresses) {
  const bool has_base = i.src[2].kind != OperandKind::none, has_vector = i.src[0].kind == OperandKind::vgpr;
  const u32* row = has_vector ? w.vgprs + i.src[0].index * N : nullptr;
  const u64 offset = static_cast<u64>(i.imm);
  if constexpr (Space == AddressSpace::scratch) {
    const u32 base = static_cast<u32>(scalar_bits(w, i.src[2], false)) + static_cast<u32>(offset);
    for (u64 rest = lanes; rest; rest &= rest - 1) {
      const unsigned l = static_cast<unsigned>(std::countr_zero(rest));
      addresses[l] = scratch_address(w, l, base + (row ? row[l] : 0), bytes);
    }
    return;
  }
  if (has_base) {
    const u64 base = scalar_bits(w, i.src[2], true) + offset;
#pragma GCC ivdep
    for (unsigned l = 0; l < N; l++) addresses[l] = base + row[l];
  } else {
#pragma GCC ivdep
    for (unsigned l = 0; l < N; l++) addresses[l] = (row[l] | static_cast<u64>(row[l + N]) << 32) + offset;
  }
  if constexpr (Space == AddressSpace::flat) {
    u64 in_lds = 0, in_scratch = 0;
    for (unsigned l = 0; l < N; l++) {
      const u64 aperture = addresses[l] & ~0xffff'ffffull;
      in_lds |= static_cast<u64>(aperture == kSharedAperture) << l;
      in_scratch |= static_cast<u64>(aperture == kPrivateAperture) << l;
    }
    in_lds &= lanes;
    in_scratch &= lanes;
    if (in_lds) {
      alignas(64) u32 offsets[N];
      for (unsigned l = 0; l < N; l++) offsets[l] = static_cast<u32>(addresses[l]);
      w.memory->lds({i, w, in_lds, bytes, kind}, offsets);
    }
    const u64 in_global = lanes & ~in_lds & ~in_scratch;
    if (in_global) w.memory->global({i, w, in_global, bytes, kind}, addresses);
    for (unsigned l = 0; l < N; l++) {
      if (in_lds >> l & 1) addresses[l] = reinterpret_cast<u64>(w.workgroup->lds) + static_cast<u32>(addresses[l]);
      if (in_scratch >> l & 1) addresses[l] = scratch_address(w, l, static_cast<u32>(addresses[l]), bytes);
    }
  } else {
    w.memory->global({i, w, lanes, bytes, kind}, addresses);
  }
}

}  // namespace llmc::emu
