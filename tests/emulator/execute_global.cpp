// Loads and stores of global, flat and scratch memory (RDNA3 ISA, chapter 11).
#include <fmt/format.h>
#include "tests/emulator/global_address.h"
#include "tests/emulator/memory_frame.h"

namespace llmc::emu {
namespace {

// Destination registers may be the address registers: addresses are made first, and a lane's data moves in one go.
template <unsigned N, unsigned Bytes, Narrow How, AddressSpace Space>
void load(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  alignas(64) u64 addresses[N];
  make_addresses<N, Space>(w, i, lanes, Bytes, AccessKind::load, addresses);
  load_lanes<N, Bytes, How>(destination_row<N>(w, i.dst), lanes, [&](unsigned l) { return reinterpret_cast<const u8*>(addresses[l]); });
}
template <unsigned N, unsigned Bytes, Narrow How, AddressSpace Space>
void store(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  alignas(64) u64 addresses[N];
  make_addresses<N, Space>(w, i, lanes, Bytes, AccessKind::store, addresses);
  store_lanes<N, Bytes, How>(destination_row<N>(w, i.src[1]), lanes, [&](unsigned l) { return reinterpret_cast<u8*>(addresses[l]); });
}
// Straight into LDS: M0 holds the base (a multiple of 4), each lane's dword follows that of the lane before (CDNA3 ISA,
// GLOBAL_LOAD_LDS_DWORD).
template <unsigned N, unsigned Bytes>
void load_to_lds(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  alignas(64) u64 addresses[N];
  alignas(64) u32 offsets[N];
  make_addresses<N, AddressSpace::global>(w, i, lanes, Bytes, AccessKind::load, addresses);
  for (unsigned l = 0; l < N; l++) offsets[l] = (w.sgpr[kM0Register] & 0xffff) + static_cast<u32>(i.imm) + l * Bytes;
  w.memory->lds({i, w, lanes, Bytes, AccessKind::store}, offsets);
  for (u64 rest = lanes; rest; rest &= rest - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(rest));
    std::memcpy(w.workgroup->lds + offsets[l], reinterpret_cast<const u8*>(addresses[l]), Bytes);
  }
}

using C = InstructionClass;
template <unsigned Bytes, AddressSpace Space, Narrow How = Narrow::none>
constexpr Operation loads(const char* m) {
  constexpr C group = Space == AddressSpace::scratch ? C::scratch : C::global_load;
  return operation(m, Form::memory_load, group, load<32, Bytes, How, Space>, load<64, Bytes, How, Space>);
}
template <unsigned Bytes, AddressSpace Space, Narrow How = Narrow::none>
constexpr Operation stores(const char* m) {
  constexpr C group = Space == AddressSpace::scratch ? C::scratch : C::global_store;
  return operation(m, Form::memory_store, group, store<32, Bytes, How, Space>, store<64, Bytes, How, Space>);
}

#define SPACE(p, s)                                                                                                                  \
  loads<4, s>(p "_load_b32"), loads<8, s>(p "_load_b64"), loads<12, s>(p "_load_b96"), loads<16, s>(p "_load_b128"),                 \
  loads<4, s>(p "_load_dword"), loads<8, s>(p "_load_dwordx2"), loads<12, s>(p "_load_dwordx3"), loads<16, s>(p "_load_dwordx4"),    \
  loads<1, s, Narrow::u8_>(p "_load_u8"), loads<1, s, Narrow::i8_>(p "_load_i8"),                                                    \
  loads<2, s, Narrow::u16_>(p "_load_u16"), loads<2, s, Narrow::i16_>(p "_load_i16"),                                                \
  loads<1, s, Narrow::u8_>(p "_load_ubyte"), loads<1, s, Narrow::i8_>(p "_load_sbyte"),                                              \
  loads<2, s, Narrow::u16_>(p "_load_ushort"), loads<2, s, Narrow::i16_>(p "_load_sshort"),                                          \
  loads<2, s, Narrow::low16>(p "_load_d16_b16"), loads<2, s, Narrow::high16>(p "_load_d16_hi_b16"),                                  \
  loads<2, s, Narrow::low16>(p "_load_short_d16"), loads<2, s, Narrow::high16>(p "_load_short_d16_hi"),                              \
  loads<1, s, Narrow::low_u8>(p "_load_d16_u8"), loads<1, s, Narrow::high_u8>(p "_load_d16_hi_u8"),                                  \
  loads<1, s, Narrow::low_u8>(p "_load_ubyte_d16"), loads<1, s, Narrow::high_u8>(p "_load_ubyte_d16_hi"),                            \
  loads<1, s, Narrow::low_i8>(p "_load_d16_i8"), loads<1, s, Narrow::high_i8>(p "_load_d16_hi_i8"),                                  \
  loads<1, s, Narrow::low_i8>(p "_load_sbyte_d16"), loads<1, s, Narrow::high_i8>(p "_load_sbyte_d16_hi"),                            \
  stores<4, s>(p "_store_b32"), stores<8, s>(p "_store_b64"), stores<12, s>(p "_store_b96"), stores<16, s>(p "_store_b128"),         \
  stores<4, s>(p "_store_dword"), stores<8, s>(p "_store_dwordx2"), stores<12, s>(p "_store_dwordx3"), stores<16, s>(p "_store_dwordx4"), \
  stores<1, s>(p "_store_b8"), stores<2, s>(p "_store_b16"), stores<1, s>(p "_store_byte"), stores<2, s>(p "_store_short"),          \
  stores<1, s, Narrow::store8_high>(p "_store_d16_hi_b8"), stores<2, s, Narrow::store16_high>(p "_store_d16_hi_b16"),                \
  stores<1, s, Narrow::store8_high>(p "_store_byte_d16_hi"), stores<2, s, Narrow::store16_high>(p "_store_short_d16_hi")

constexpr Operation table[] = {
    SPACE("global", AddressSpace::global),
    SPACE("flat", AddressSpace::flat),
    SPACE("scratch", AddressSpace::scratch),
    operation("global_load_lds_dword", Form::memory_load, C::global_load, load_to_lds<32, 4>, load_to_lds<64, 4>),
};

}  // namespace

std::span<const Operation> global_operations() { return table; }

}  // namespace llmc::emu
