#include "tests/emulator/wrappers.h"
#include "tests/emulator/lanes.h"

namespace llmc::emu {
namespace {

template <unsigned N>
void set_active(Wave& w, u64 lanes) {
  if constexpr (N == 64) w.set_exec(lanes);
  else w.sgpr[kExecRegister] = static_cast<u32>(lanes);
}

template <unsigned N>
void dpp(Wave& w, const Instruction& i) {
  const auto& d = *reinterpret_cast<const DppLanes*>(i.src[1].row);
  alignas(64) u32 temp[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  const u64 lanes = active_lanes<N>(w);
  u64 invalid = 0;
  for (unsigned l = 0; l < N; l++) {
    const u8 from = d.from[l];
    const bool valid = from != DppLanes::kInvalid && ((lanes >> (from & 63) & 1) != 0 || d.fetch_inactive);
    w.permuted[l] = valid ? row[from & 63] : 0;
    invalid |= static_cast<u64>(!valid) << l;
  }
  set_active<N>(w, lanes & d.writable & (d.bound_control ? ~0ull : ~invalid));
  i.inner->handler(w, *i.inner);
  set_active<N>(w, lanes);
}

template <unsigned N>
void sdwa(Wave& w, const Instruction& i) {
  i.inner->handler(w, *i.inner);
  alignas(64) u32 out[N];
  u32* dst = destination_row<N>(w, i.dst);
  const u32 keep = i.dst.bits == 32 ? ~0u : (1u << i.dst.bits) - 1;
  const unsigned shift = i.dst.shift, up = 32 - shift - i.dst.bits;
  for (unsigned l = 0; l < N; l++) {
    const u32 value = (w.permuted[l] & keep) << shift;
    switch (static_cast<SdwaUnused>(i.imm)) {
      case SdwaUnused::pad: out[l] = value; break;
      case SdwaUnused::sign_extend: out[l] = static_cast<u32>(static_cast<i32>(value << up) >> up); break;
      case SdwaUnused::preserve: out[l] = (dst[l] & ~(keep << shift)) | value; break;
    }
  }
  blend<N>(dst, out, active_lanes<N>(w));
}

template <unsigned N>
void dual(Wave& w, const Instruction& i) {
  if (i.src[0].kind == OperandKind::vgpr) std::memcpy(w.permuted, w.vgprs + i.src[0].index * N, N * 4);
  i.inner->handler(w, *i.inner);
  i.second->handler(w, *i.second);
}

template <unsigned N>
void compare_exec_and_mask(Wave& w, const Instruction& i) {
  i.inner->handler(w, *i.inner);
  write_mask<N>(w, i.dst, active_lanes<N>(w));
}

}  // namespace

Handler dpp_handler(unsigned wave_size) { return wave_size == 64 ? dpp<64> : dpp<32>; }
Handler sdwa_handler(unsigned wave_size) { return wave_size == 64 ? sdwa<64> : sdwa<32>; }
Handler dual_handler(unsigned wave_size) { return wave_size == 64 ? dual<64> : dual<32>; }
Handler compare_exec_and_mask_handler(unsigned wave_size) {
  return wave_size == 64 ? compare_exec_and_mask<64> : compare_exec_and_mask<32>;
}

}  // namespace llmc::emu
