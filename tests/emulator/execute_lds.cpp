// LDS: loads, stores, atomics, and the permutes that borrow its crossbar (RDNA3 ISA, chapter 12 and 16, DS). An offset beyond 32 bits
// wraps, as the address adder does.
#include "tests/emulator/atomic_functions.h"
#include "tests/emulator/memory_frame.h"

namespace llmc::emu {
namespace {

template <unsigned N>
inline void offsets_of(Wave& w, const Instruction& i, u32 add, u32* offsets) {
  alignas(64) u32 temp[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  for (unsigned l = 0; l < N; l++) offsets[l] = row[l] + add;
}

template <unsigned N, unsigned Bytes, Narrow How>
inline void load_at(Wave& w, const Instruction& i, u32 add, u32* dst, u64 lanes) {
  alignas(64) u32 offsets[N];
  offsets_of<N>(w, i, add, offsets);
  w.memory->lds({i, w, lanes, Bytes, AccessKind::load}, offsets);
  const u8* lds = w.workgroup->lds;
  load_lanes<N, Bytes, How>(dst, lanes, [&](unsigned l) { return lds + offsets[l]; });
}
template <unsigned N, unsigned Bytes, Narrow How>
void load(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (lanes) load_at<N, Bytes, How>(w, i, static_cast<u32>(i.imm), destination_row<N>(w, i.dst), lanes);
}
// Both halves are read before the destination, which may be the address register, changes.
template <unsigned N, unsigned Bytes, unsigned Scale>
void load2(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  constexpr unsigned rows = Bytes / 4;
  alignas(64) u32 data[2 * rows * N];
  load_at<N, Bytes, Narrow::none>(w, i, static_cast<u32>(i.imm) * Scale, data, lanes);
  load_at<N, Bytes, Narrow::none>(w, i, i.imm2 * Scale, data + rows * N, lanes);
  u32* dst = destination_row<N>(w, i.dst);
  for (unsigned k = 0; k < 2 * rows; k++) blend<N>(dst + k * N, data + k * N, lanes);
}

template <unsigned N, unsigned Bytes, Narrow How>
inline void store_at(Wave& w, const Instruction& i, u32 add, const Operand& data, u64 lanes) {
  alignas(64) u32 offsets[N];
  offsets_of<N>(w, i, add, offsets);
  w.memory->lds({i, w, lanes, Bytes, AccessKind::store}, offsets);
  u8* lds = w.workgroup->lds;
  store_lanes<N, Bytes, How>(destination_row<N>(w, data), lanes, [&](unsigned l) { return lds + offsets[l]; });
}
template <unsigned N, unsigned Bytes, Narrow How>
void store(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (lanes) store_at<N, Bytes, How>(w, i, static_cast<u32>(i.imm), i.src[1], lanes);
}
template <unsigned N, unsigned Bytes, unsigned Scale>
void store2(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  store_at<N, Bytes, Narrow::none>(w, i, static_cast<u32>(i.imm) * Scale, i.src[1], lanes);
  store_at<N, Bytes, Narrow::none>(w, i, i.imm2 * Scale, i.src[3], lanes);
}

// Lanes one after another: two lanes may name the same word.
template <unsigned N, class T, auto F>
void atomic(Wave& w, const Instruction& i) {
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  alignas(64) u32 offsets[N];
  offsets_of<N>(w, i, static_cast<u32>(i.imm), offsets);
  w.memory->lds({i, w, lanes, sizeof(T), AccessKind::atomic}, offsets);
  const u32* data = destination_row<N>(w, i.src[1]);
  const u32* second = i.src[3].kind == OperandKind::vgpr ? destination_row<N>(w, i.src[3]) : data;
  u32* dst = i.cache.returns ? destination_row<N>(w, i.dst) : nullptr;
  for (u64 rest = lanes; rest; rest &= rest - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(rest));
    T old, value, other;
    std::memcpy(&old, w.workgroup->lds + offsets[l], sizeof(T));
    load_value<N>(data, l, value);
    load_value<N>(second, l, other);
    const T result = F(old, value, other);
    std::memcpy(w.workgroup->lds + offsets[l], &result, sizeof(T));
    if (dst) store_value<N>(dst, l, old);
  }
}

// The lane that address / 4 names; 0 from a lane that is off. In waves of 64 on gfx10 and later each half permutes by itself.
template <unsigned N>
void permute_backward(Wave& w, const Instruction& i) {
  alignas(64) u32 out[N];
  const u32 *address = destination_row<N>(w, i.src[0]), *data = destination_row<N>(w, i.src[1]);
  const u64 lanes = active_lanes<N>(w);
  for (unsigned l = 0; l < N; l++) {
    const unsigned from = ((address[l] + static_cast<u32>(i.imm)) >> 2) % N;
    out[l] = lanes >> from & 1 ? data[from] : 0;
  }
  blend<N>(destination_row<N>(w, i.dst), out, lanes);
}
template <unsigned N>
void permute_forward(Wave& w, const Instruction& i) {
  alignas(64) u32 out[N] = {};
  const u32 *address = destination_row<N>(w, i.src[0]), *data = destination_row<N>(w, i.src[1]);
  const u64 lanes = active_lanes<N>(w);
  for (unsigned l = 0; l < N; l++)
    if (lanes >> l & 1) out[((address[l] + static_cast<u32>(i.imm)) >> 2) % N] = data[l];
  blend<N>(destination_row<N>(w, i.dst), out, lanes);
}
// Bit 15 of the pattern: each quad by four 2-bit lane numbers. Else within 32 lanes: ((lane & and) | or) ^ xor, five bits each.
template <unsigned N>
void swizzle(Wave& w, const Instruction& i) {
  alignas(64) u32 out[N];
  const u32* data = destination_row<N>(w, i.src[0]);
  const u64 lanes = active_lanes<N>(w);
  const u32 p = static_cast<u32>(i.imm);
  for (unsigned l = 0; l < N; l++) {
    const unsigned from = p & 0x8000 ? (l & ~3u) | (p >> (2 * (l & 3)) & 3) : (l & 32) | (((l & p & 31) | (p >> 5 & 31)) ^ (p >> 10 & 31));
    out[l] = lanes >> from & 1 ? data[from] : 0;
  }
  blend<N>(destination_row<N>(w, i.dst), out, lanes);
}

constexpr auto kLds = InstructionClass::lds;
template <unsigned Bytes, Narrow How = Narrow::none>
constexpr Operation loads(const char* m) {
  return operation(m, Form::lds_load, kLds, load<32, Bytes, How>, load<64, Bytes, How>);
}
template <unsigned Bytes, unsigned Scale = Bytes>
constexpr Operation loads2(const char* m) {
  return operation(m, Form::lds_load, kLds, load2<32, Bytes, Scale>, load2<64, Bytes, Scale>);
}
template <unsigned Bytes, Narrow How = Narrow::none>
constexpr Operation stores(const char* m) {
  return operation(m, Form::lds_store, kLds, store<32, Bytes, How>, store<64, Bytes, How>);
}
template <unsigned Bytes, unsigned Scale = Bytes>
constexpr Operation stores2(const char* m) {
  return operation(m, Form::lds_store, kLds, store2<32, Bytes, Scale>, store2<64, Bytes, Scale>);
}
template <class T, auto F>
constexpr Operation atomics(const char* m) {
  return operation(m, Form::lds_atomic, kLds, atomic<32, T, F>, atomic<64, T, F>);
}

#define BOTH(T, F, plain, returning) atomics<T, F>(plain), atomics<T, F>(returning)

constexpr Operation table[] = {
    loads<4>("ds_load_b32"), loads<8>("ds_load_b64"), loads<12>("ds_load_b96"), loads<16>("ds_load_b128"),
    loads<4>("ds_read_b32"), loads<8>("ds_read_b64"), loads<12>("ds_read_b96"), loads<16>("ds_read_b128"),
    loads<1, Narrow::u8_>("ds_load_u8"), loads<1, Narrow::i8_>("ds_load_i8"),
    loads<2, Narrow::u16_>("ds_load_u16"), loads<2, Narrow::i16_>("ds_load_i16"),
    loads<1, Narrow::u8_>("ds_read_u8"), loads<1, Narrow::i8_>("ds_read_i8"),
    loads<2, Narrow::u16_>("ds_read_u16"), loads<2, Narrow::i16_>("ds_read_i16"),
    loads<2, Narrow::low16>("ds_load_u16_d16"), loads<2, Narrow::high16>("ds_load_u16_d16_hi"),
    loads<2, Narrow::low16>("ds_read_u16_d16"), loads<2, Narrow::high16>("ds_read_u16_d16_hi"),
    loads<1, Narrow::low_u8>("ds_load_u8_d16"), loads<1, Narrow::high_u8>("ds_load_u8_d16_hi"),
    loads<1, Narrow::low_u8>("ds_read_u8_d16"), loads<1, Narrow::high_u8>("ds_read_u8_d16_hi"),
    loads<1, Narrow::low_i8>("ds_load_i8_d16"), loads<1, Narrow::high_i8>("ds_load_i8_d16_hi"),
    loads<1, Narrow::low_i8>("ds_read_i8_d16"), loads<1, Narrow::high_i8>("ds_read_i8_d16_hi"),
    loads2<4>("ds_load_2addr_b32"), loads2<8>("ds_load_2addr_b64"),
    loads2<4, 256>("ds_load_2addr_stride64_b32"), loads2<8, 512>("ds_load_2addr_stride64_b64"),
    loads2<4>("ds_read2_b32"), loads2<8>("ds_read2_b64"), loads2<4, 256>("ds_read2st64_b32"), loads2<8, 512>("ds_read2st64_b64"),
    stores<4>("ds_store_b32"), stores<8>("ds_store_b64"), stores<12>("ds_store_b96"), stores<16>("ds_store_b128"),
    stores<4>("ds_write_b32"), stores<8>("ds_write_b64"), stores<12>("ds_write_b96"), stores<16>("ds_write_b128"),
    stores<1>("ds_store_b8"), stores<2>("ds_store_b16"), stores<1>("ds_write_b8"), stores<2>("ds_write_b16"),
    stores<1, Narrow::store8_high>("ds_store_b8_d16_hi"), stores<2, Narrow::store16_high>("ds_store_b16_d16_hi"),
    stores<1, Narrow::store8_high>("ds_write_b8_d16_hi"), stores<2, Narrow::store16_high>("ds_write_b16_d16_hi"),
    stores2<4>("ds_store_2addr_b32"), stores2<8>("ds_store_2addr_b64"),
    stores2<4, 256>("ds_store_2addr_stride64_b32"), stores2<8, 512>("ds_store_2addr_stride64_b64"),
    stores2<4>("ds_write2_b32"), stores2<8>("ds_write2_b64"), stores2<4, 256>("ds_write2st64_b32"), stores2<8, 512>("ds_write2st64_b64"),
    BOTH(u32, fetch::add, "ds_add_u32", "ds_add_rtn_u32"), BOTH(u32, fetch::sub, "ds_sub_u32", "ds_sub_rtn_u32"),
    BOTH(u32, fetch::minimum, "ds_min_u32", "ds_min_rtn_u32"), BOTH(u32, fetch::maximum, "ds_max_u32", "ds_max_rtn_u32"),
    BOTH(i32, fetch::minimum, "ds_min_i32", "ds_min_rtn_i32"), BOTH(i32, fetch::maximum, "ds_max_i32", "ds_max_rtn_i32"),
    BOTH(u32, fetch::and_, "ds_and_b32", "ds_and_rtn_b32"), BOTH(u32, fetch::or_, "ds_or_b32", "ds_or_rtn_b32"),
    BOTH(u32, fetch::xor_, "ds_xor_b32", "ds_xor_rtn_b32"), BOTH(float, fetch::add, "ds_add_f32", "ds_add_rtn_f32"),
    BOTH(u64, fetch::add, "ds_add_u64", "ds_add_rtn_u64"), BOTH(u64, fetch::maximum, "ds_max_u64", "ds_max_rtn_u64"),
    BOTH(u64, fetch::minimum, "ds_min_u64", "ds_min_rtn_u64"),
    atomics<u32, fetch::exchange>("ds_storexchg_rtn_b32"), atomics<u32, fetch::exchange>("ds_wrxchg_rtn_b32"),
    BOTH(u32, fetch::compare_lds_new, "ds_cmpstore_b32", "ds_cmpstore_rtn_b32"),
    BOTH(u32, fetch::compare_lds_old, "ds_cmpst_b32", "ds_cmpst_rtn_b32"),
    operation("ds_bpermute_b32", Form::lds_atomic, kLds, permute_backward<32>, permute_backward<64>),
    operation("ds_permute_b32", Form::lds_atomic, kLds, permute_forward<32>, permute_forward<64>),
    operation("ds_swizzle_b32", Form::lds_swizzle, kLds, swizzle<32>, swizzle<64>),
};

}  // namespace

std::span<const Operation> lds_operations() { return table; }

}  // namespace llmc::emu
