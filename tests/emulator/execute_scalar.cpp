// Scalar arithmetic, logic, shifts, moves and compares (RDNA3 ISA, chapters 6 and 16: SOP1, SOP2, SOPC, SOPK). A lambda takes the source
// values and, where the instruction sets or reads SCC, a reference to it.
#include <algorithm>
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/operations.h"
#include "tests/emulator/scalar_frame.h"

namespace llmc::emu {
namespace {

constexpr auto add_u = [](u32 a, u32 b, bool& scc) {
  scc = a + b < a;
  return a + b;
};
constexpr auto sub_u = [](u32 a, u32 b, bool& scc) {
  scc = b > a;
  return a - b;
};
constexpr auto add_i = [](u32 a, u32 b, bool& scc) {
  i32 sum;
  scc = __builtin_add_overflow(static_cast<i32>(a), static_cast<i32>(b), &sum);
  return static_cast<u32>(sum);
};
constexpr auto sub_i = [](u32 a, u32 b, bool& scc) {
  i32 sum;
  scc = __builtin_sub_overflow(static_cast<i32>(a), static_cast<i32>(b), &sum);
  return static_cast<u32>(sum);
};
constexpr auto addc = [](u32 a, u32 b, bool& scc) {
  const u64 sum = static_cast<u64>(a) + b + scc;
  scc = sum >> 32;
  return static_cast<u32>(sum);
};
constexpr auto subb = [](u32 a, u32 b, bool& scc) {
  const u64 taken = static_cast<u64>(b) + scc;
  const u32 result = static_cast<u32>(a - taken);
  scc = taken > a;
  return result;
};

// Results whose SCC says "not zero".
template <auto F>
constexpr auto nonzero32 = [](u32 a, u32 b, bool& scc) {
  const u32 r = F(a, b);
  scc = r != 0;
  return r;
};
template <auto F>
constexpr auto nonzero64 = [](u64 a, u64 b, bool& scc) {
  const u64 r = F(a, b);
  scc = r != 0;
  return r;
};
template <auto F>
constexpr auto shift64 = [](u64 a, u32 b, bool& scc) {
  const u64 r = F(a, b & 63);
  scc = r != 0;
  return r;
};
template <auto F>
constexpr auto unary32 = [](u32 a, bool& scc) {
  const u32 r = F(a);
  scc = r != 0;
  return r;
};
template <auto F>
constexpr auto unary64 = [](u64 a, bool& scc) {
  const u64 r = F(a);
  scc = r != 0;
  return r;
};
template <unsigned Bits>
constexpr auto shifted_add = [](u32 a, u32 b, bool& scc) {
  const u64 sum = (static_cast<u64>(a) << Bits) + b;
  scc = sum >> 32;
  return static_cast<u32>(sum);
};

constexpr auto bitand_ = [](auto a, auto b) { return a & b; };
constexpr auto bitor_ = [](auto a, auto b) { return a | b; };
constexpr auto bitxor_ = [](auto a, auto b) { return a ^ b; };
constexpr auto andn = [](auto a, auto b) { return a & ~b; };
constexpr auto orn = [](auto a, auto b) { return a | ~b; };
constexpr auto nand_ = [](auto a, auto b) { return ~(a & b); };
constexpr auto nor_ = [](auto a, auto b) { return ~(a | b); };
constexpr auto xnor_ = [](auto a, auto b) { return ~(a ^ b); };
constexpr auto shift_left = [](u32 a, u32 b) { return a << (b & 31); };
constexpr auto shift_right = [](u32 a, u32 b) { return a >> (b & 31); };
constexpr auto shift_right_signed = [](u32 a, u32 b) { return static_cast<u32>(static_cast<i32>(a) >> (b & 31)); };
constexpr auto shift_left64 = [](u64 a, u32 b) { return a << b; };
constexpr auto shift_right64 = [](u64 a, u32 b) { return a >> b; };
constexpr auto shift_right_signed64 = [](u64 a, u32 b) { return static_cast<u64>(static_cast<i64>(a) >> b); };
constexpr auto pack_hh = [](u32 a, u32 b) { return a >> 16 | (b & 0xffff'0000u); };
constexpr auto pack_hl = [](u32 a, u32 b) { return a >> 16 | b << 16; };
constexpr auto bfe_u32 = [](u32 a, u32 b) {
  const u32 offset = b & 31, width = std::min(b >> 16 & 0x7f, 32u - offset);
  return width == 32 ? a : (a >> offset) & ((1u << width) - 1);
};
constexpr auto bfe_i32 = [](u32 a, u32 b) {
  const u32 offset = b & 31, width = std::min(b >> 16 & 0x7f, 32u - offset);
  if (width == 0) return 0u;
  return static_cast<u32>(static_cast<i32>(a << (32 - offset - width)) >> (32 - width));
};
constexpr auto bfe_u64 = [](u64 a, u32 b) {
  const u32 offset = b & 63, width = std::min(b >> 16 & 0x7f, 64u - offset);
  return width == 64 ? a : (a >> offset) & ((1ull << width) - 1);
};
constexpr auto bfe_i64 = [](u64 a, u32 b) {
  const u32 offset = b & 63, width = std::min(b >> 16 & 0x7f, 64u - offset);
  if (width == 0) return u64{0};
  return static_cast<u64>(static_cast<i64>(a << (64 - offset - width)) >> (64 - width));
};
constexpr auto reversed = [](u32 a) {
  u32 r = 0;
  for (int k = 0; k < 32; k++) r |= ((a >> k) & 1) << (31 - k);
  return r;
};
template <unsigned Count, class T>
constexpr T quads(T a, bool whole) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k += 4)
    if (a >> k & 15) r |= whole ? T{15} << k : T{1} << (k / 4);
  return r;
}

constexpr Operation table[] = {
    scalar<add_u>("s_add_u32"),
    scalar<sub_u>("s_sub_u32"),
    scalar<add_i>("s_add_i32"),
    scalar<sub_i>("s_sub_i32"),
    scalar<add_u>("s_add_co_u32"),
    scalar<sub_u>("s_sub_co_u32"),
    scalar<add_i>("s_add_co_i32"),
    scalar<sub_i>("s_sub_co_i32"),
    scalar<addc>("s_addc_u32"),
    scalar<subb>("s_subb_u32"),
    scalar<addc>("s_add_co_ci_u32"),
    scalar<subb>("s_sub_co_ci_u32"),
    scalar<[](u64 a, u64 b) { return a + b; }>("s_add_nc_u64"),
    scalar<[](u64 a, u64 b) { return a - b; }>("s_sub_nc_u64"),
    scalar<[](u64 a, u64 b) { return a * b; }>("s_mul_u64"),
    scalar<[](u32 a, u32 b) { return a * b; }>("s_mul_i32"),
    scalar<[](u32 a, u32 b) { return static_cast<u32>((static_cast<u64>(a) * b) >> 32); }>("s_mul_hi_u32"),
    scalar<[](i32 a, i32 b) { return static_cast<u32>((static_cast<i64>(a) * b) >> 32); }>("s_mul_hi_i32"),
    scalar<shifted_add<1>>("s_lshl1_add_u32"),
    scalar<shifted_add<2>>("s_lshl2_add_u32"),
    scalar<shifted_add<3>>("s_lshl3_add_u32"),
    scalar<shifted_add<4>>("s_lshl4_add_u32"),
    scalar<[](u32 a, u32 b, bool& scc) { return (scc = a < b) ? a : b; }>("s_min_u32"),
    scalar<[](u32 a, u32 b, bool& scc) { return (scc = a > b) ? a : b; }>("s_max_u32"),
    scalar<[](i32 a, i32 b, bool& scc) { return (scc = a < b) ? a : b; }>("s_min_i32"),
    scalar<[](i32 a, i32 b, bool& scc) { return (scc = a > b) ? a : b; }>("s_max_i32"),
    scalar<[](i32 a, bool& scc) {
      const u32 r = a < 0 ? 0u - static_cast<u32>(a) : static_cast<u32>(a);
      scc = r != 0;
      return r;
    }>("s_abs_i32"),
    scalar<[](i32 a, i32 b, bool& scc) {
      const u32 d = static_cast<u32>(a) - static_cast<u32>(b), r = static_cast<i32>(d) < 0 ? 0u - d : d;
      scc = r != 0;
      return r;
    }>("s_absdiff_i32"),

    scalar<nonzero32<bitand_>>("s_and_b32"),
    scalar<nonzero64<bitand_>>("s_and_b64"),
    scalar<nonzero32<bitor_>>("s_or_b32"),
    scalar<nonzero64<bitor_>>("s_or_b64"),
    scalar<nonzero32<bitxor_>>("s_xor_b32"),
    scalar<nonzero64<bitxor_>>("s_xor_b64"),
    scalar<nonzero32<andn>>("s_andn2_b32"),
    scalar<nonzero64<andn>>("s_andn2_b64"),
    scalar<nonzero32<andn>>("s_and_not1_b32"),
    scalar<nonzero64<andn>>("s_and_not1_b64"),
    scalar<nonzero32<orn>>("s_orn2_b32"),
    scalar<nonzero64<orn>>("s_orn2_b64"),
    scalar<nonzero32<orn>>("s_or_not1_b32"),
    scalar<nonzero64<orn>>("s_or_not1_b64"),
    scalar<nonzero32<nand_>>("s_nand_b32"),
    scalar<nonzero64<nand_>>("s_nand_b64"),
    scalar<nonzero32<nor_>>("s_nor_b32"),
    scalar<nonzero64<nor_>>("s_nor_b64"),
    scalar<nonzero32<xnor_>>("s_xnor_b32"),
    scalar<nonzero64<xnor_>>("s_xnor_b64"),
    scalar<nonzero32<shift_left>>("s_lshl_b32"),
    scalar<nonzero32<shift_right>>("s_lshr_b32"),
    scalar<nonzero32<shift_right_signed>>("s_ashr_i32"),
    scalar<shift64<shift_left64>>("s_lshl_b64"),
    scalar<shift64<shift_right64>>("s_lshr_b64"),
    scalar<shift64<shift_right_signed64>>("s_ashr_i64"),
    scalar<nonzero32<bfe_u32>>("s_bfe_u32"),
    scalar<nonzero32<bfe_i32>>("s_bfe_i32"),
    scalar<[](u64 a, u32 b, bool& scc) {
      const u64 r = bfe_u64(a, b);
      scc = r != 0;
      return r;
    }>("s_bfe_u64"),
    scalar<[](u64 a, u32 b, bool& scc) {
      const u64 r = bfe_i64(a, b);
      scc = r != 0;
      return r;
    }>("s_bfe_i64"),
    scalar<[](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }>("s_bfm_b32"),
    scalar<[](u32 a, u32 b) { return ((1ull << (a & 63)) - 1) << (b & 63); }>("s_bfm_b64"),
    scalar<[](u32 a, u32 b) { return (a & 0xffff) | b << 16; }>("s_pack_ll_b32_b16"),
    scalar<[](u32 a, u32 b) { return (a & 0xffff) | (b & 0xffff'0000u); }>("s_pack_lh_b32_b16"),
    scalar<pack_hh>("s_pack_hh_b32_b16"),
    scalar<pack_hl>("s_pack_hl_b32_b16"),
    scalar<[](u32 a, u32 b, bool& scc) { return scc ? a : b; }>("s_cselect_b32"),
    scalar<[](u64 a, u64 b, bool& scc) { return scc ? a : b; }>("s_cselect_b64"),

    scalar<[](u32 a) { return a; }>("s_mov_b32"),
    scalar<[](u64 a) { return a; }>("s_mov_b64"),
    scalar<[](u32 a) { return static_cast<u32>(static_cast<i32>(static_cast<i16>(a))); }>("s_movk_i32"),
    scalar<unary32<[](u32 a) { return ~a; }>>("s_not_b32"),
    scalar<unary64<[](u64 a) { return ~a; }>>("s_not_b64"),
    scalar<[](u32 a) { return reversed(a); }>("s_brev_b32"),
    scalar<[](u64 a) { return static_cast<u64>(reversed(static_cast<u32>(a))) << 32 | reversed(static_cast<u32>(a >> 32)); }>("s_brev_b64"),
    scalar<unary32<[](u32 a) { return static_cast<u32>(std::popcount(a)); }>>("s_bcnt1_i32_b32"),
    scalar<[](u64 a, bool& scc) {
      scc = a != 0;
      return static_cast<u32>(std::popcount(a));
    }>("s_bcnt1_i32_b64"),
    scalar<unary32<[](u32 a) { return static_cast<u32>(32 - std::popcount(a)); }>>("s_bcnt0_i32_b32"),
    scalar<[](u32 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("s_ff1_i32_b32"),
    scalar<[](u64 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("s_ff1_i32_b64"),
    scalar<[](u32 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("s_ctz_i32_b32"),
    scalar<[](u64 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("s_ctz_i32_b64"),
    scalar<[](u32 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("s_flbit_i32_b32"),
    scalar<[](u64 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("s_flbit_i32_b64"),
    scalar<[](u32 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("s_clz_i32_u32"),
    scalar<[](u64 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("s_clz_i32_u64"),
    scalar<[](u32 a) { return static_cast<u32>(static_cast<i32>(static_cast<i8>(a))); }>("s_sext_i32_i8"),
    scalar<[](u32 a) { return static_cast<u32>(static_cast<i32>(static_cast<i16>(a))); }>("s_sext_i32_i16"),
    scalar<unary32<[](u32 a) { return quads<8>(a, true); }>>("s_wqm_b32"),
    scalar<unary64<[](u64 a) { return quads<16>(a, true); }>>("s_wqm_b64"),

    // Scalar floats (from gfx11.5 on).
    scalar<[](float a, float b) { return a + b; }>("s_add_f32"),
    scalar<[](float a, float b) { return a - b; }>("s_sub_f32"),
    scalar<[](float a, float b) { return a * b; }>("s_mul_f32"),
    scalar<[](float a, float b) { return larger(a, b); }>("s_max_num_f32"),
    scalar<[](float a, float b) { return smaller(a, b); }>("s_min_num_f32"),
    scalar<[](float a) { return std::floor(a); }>("s_floor_f32"),
    scalar<[](float a) { return std::ceil(a); }>("s_ceil_f32"),
    scalar<[](float a) { return std::trunc(a); }>("s_trunc_f32"),
    scalar<[](float a) { return std::nearbyint(a); }>("s_rndne_f32"),
    scalar<[](i32 a) { return static_cast<float>(a); }>("s_cvt_f32_i32"),
    scalar<[](u32 a) { return static_cast<float>(static_cast<double>(a)); }>("s_cvt_f32_u32"),
    scalar<[](float a) { return to_i32(a); }>("s_cvt_i32_f32"),
    scalar<[](float a) { return to_u32(a); }>("s_cvt_u32_f32"),
    scalar<[](float a) { return static_cast<u32>(_cvtss_sh(a, _MM_FROUND_CUR_DIRECTION)); }>("s_cvt_f16_f32"),
    scalar<[](u32 a) { return _cvtsh_ss(static_cast<u16>(a)); }>("s_cvt_f32_f16"),
    scalar_accumulating<[](float a, float b, float c) { return std::fma(a, b, c); }>("s_fmac_f32"),
    scalar<[](float a, float b, float c) { return std::fma(a, b, c); }>("s_fmamk_f32"),
    scalar<[](float a, float b, float c) { return std::fma(a, b, c); }>("s_fmaak_f32"),

    // The 16-bit immediate is the second source; the first is the destination.
    scalar_accumulating<[](i16 k, u32 a, bool& scc) { return add_i(a, static_cast<u32>(static_cast<i32>(k)), scc); }>("s_addk_i32"),
    scalar_accumulating<[](i16 k, u32 a, bool& scc) { return add_i(a, static_cast<u32>(static_cast<i32>(k)), scc); }>("s_addk_co_i32"),
    scalar_accumulating<[](i16 k, u32 a) { return a * static_cast<u32>(static_cast<i32>(k)); }>("s_mulk_i32"),
    scalar_accumulating<[](i16 k, u32 a, bool& scc) { return scc ? static_cast<u32>(static_cast<i32>(k)) : a; }>("s_cmovk_i32"),
    scalar_accumulating<[](u32 b, u32 a, bool& scc) { return scc ? b : a; }>("s_cmov_b32"),
    scalar_accumulating<[](u64 b, u64 a, bool& scc) { return scc ? b : a; }>("s_cmov_b64"),
    scalar_accumulating<[](u32 b, u32 a) { return a | 1u << (b & 31); }>("s_bitset1_b32"),
    scalar_accumulating<[](u32 b, u32 a) { return a & ~(1u << (b & 31)); }>("s_bitset0_b32"),
};

}  // namespace

std::span<const Operation> scalar_operations() { return table; }

}  // namespace llmc::emu
