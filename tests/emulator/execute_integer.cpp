// Vector integer arithmetic, logic, shifts and bit fields (RDNA3 ISA, chapter 16, VOP1, VOP2, VOP3; the older names of GCN and CDNA
// beside).
#include <algorithm>
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

constexpr auto add = [](u32 a, u32 b) { return a + b; };
constexpr auto add_saturated = [](u32 a, u32 b) { return a + b < a ? ~0u : a + b; };
constexpr auto sub = [](u32 a, u32 b) { return a - b; };
constexpr auto sub_saturated = [](u32 a, u32 b) { return a < b ? 0u : a - b; };
constexpr auto subrev = [](u32 a, u32 b) { return b - a; };
constexpr auto subrev_saturated = [](u32 a, u32 b) { return b < a ? 0u : b - a; };
constexpr auto saturate = [](i64 v) { return static_cast<i32>(std::clamp<i64>(v, INT32_MIN, INT32_MAX)); };
constexpr auto add_signed = [](i32 a, i32 b) { return static_cast<i32>(static_cast<u32>(a) + static_cast<u32>(b)); };
constexpr auto add_signed_saturated = [](i32 a, i32 b) { return saturate(static_cast<i64>(a) + b); };
constexpr auto sub_signed = [](i32 a, i32 b) { return static_cast<i32>(static_cast<u32>(a) - static_cast<u32>(b)); };
constexpr auto sub_signed_saturated = [](i32 a, i32 b) { return saturate(static_cast<i64>(a) - b); };

// Carry in and out are lane masks.
constexpr auto add_carry_out = [](u32 a, u32 b) { return Carry{a + b, a + b < a}; };
constexpr auto sub_borrow_out = [](u32 a, u32 b) { return Carry{a - b, a < b}; };
constexpr auto subrev_borrow_out = [](u32 a, u32 b) { return Carry{b - a, b < a}; };
constexpr auto add_carry_in = [](u32 a, u32 b, bool c) {
  const u64 sum = static_cast<u64>(a) + b + c;
  return Carry{static_cast<u32>(sum), (sum >> 32) != 0};
};
constexpr auto sub_borrow_in = [](u32 a, u32 b, bool c) { return Carry{a - b - c, static_cast<u64>(b) + c > a}; };
constexpr auto subrev_borrow_in = [](u32 a, u32 b, bool c) { return Carry{b - a - c, static_cast<u64>(a) + c > b}; };

constexpr auto mul24u = [](u32 a, u32 b) { return (a & 0xff'ffffu) * (b & 0xff'ffffu); };
constexpr auto mulhi24u = [](u32 a, u32 b) { return static_cast<u32>((static_cast<u64>(a & 0xff'ffffu) * (b & 0xff'ffffu)) >> 32); };
constexpr auto sign24 = [](u32 a) { return static_cast<i32>(a << 8) >> 8; };
constexpr auto mul24i = [](u32 a, u32 b) { return static_cast<u32>(static_cast<i64>(sign24(a)) * sign24(b)); };

// 64-bit sum with a 32 x 32 product; the lane mask gets the carry out of bit 63, or the signed overflow.
constexpr auto mad_u64 = [](u32 a, u32 b, u64 c) {
  const u64 sum = static_cast<u64>(a) * b + c;
  return WideCarry{sum, sum < c};
};
constexpr auto mad_i64 = [](i32 a, i32 b, u64 c) {
  i64 sum;
  const bool overflow = __builtin_add_overflow(static_cast<i64>(a) * b, static_cast<i64>(c), &sum);
  return WideCarry{static_cast<u64>(sum), overflow};
};

constexpr auto bit_count = [](u32 a, u32 b) { return static_cast<u32>(std::popcount(a)) + b; };
constexpr auto bfe_u = [](u32 a, u32 offset, u32 width) {
  const u32 w = width & 31;
  return (a >> (offset & 31)) & ((1u << w) - 1);
};
// The field's sign is its highest bit; bits of the field above bit 31 are copies of the source's sign.
constexpr auto bfe_i = [](i32 a, u32 offset, u32 width) {
  const u32 w = width & 31;
  if (w == 0) return 0u;
  const u32 field = static_cast<u32>(a >> (offset & 31));
  return static_cast<u32>(static_cast<i32>(field << (32 - w)) >> (32 - w));
};
constexpr auto sum_of_absolute_bytes = [](u32 a, u32 b, u32 c) {
  u32 sum = c;
  for (int k = 0; k < 32; k += 8) {
    const i32 d = static_cast<i32>((a >> k) & 0xff) - static_cast<i32>((b >> k) & 0xff);
    sum += static_cast<u32>(d < 0 ? -d : d);
  }
  return sum;
};

// v_perm_b32: bytes 0..3 are those of the second source, 4..7 of the first; 8..11 the sign of bytes 1, 3, 5, 7; 12 is 0, above is 255.
constexpr auto perm = [](u32 a, u32 b, u32 selector) {
  const u64 bytes = static_cast<u64>(a) << 32 | b;
  u32 result = 0;
  for (unsigned k = 0; k < 4; k++) {
    const u32 s = (selector >> (8 * k)) & 0xff;
    u32 byte = static_cast<u32>(bytes >> (8 * (s & 7))) & 0xff;
    if (s >= 8) byte = (bytes >> (16 * (s & 3) + 15)) & 1 ? 0xff : 0;
    if (s == 12) byte = 0;
    if (s > 12) byte = 0xff;
    result |= byte << (8 * k);
  }
  return result;
};

constexpr auto max3 = [](auto a, auto b, auto c) { return std::max(std::max(a, b), c); };
constexpr auto min3 = [](auto a, auto b, auto c) { return std::min(std::min(a, b), c); };
constexpr auto med3 = [](auto a, auto b, auto c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); };

constexpr Operation table[] = {
    vector<[](u32 a) { return a; }>("v_mov_b32"),
    vector<[](u64 a) { return a; }>("v_mov_b64"),
    vector<[](u32 a) { return a; }>("v_accvgpr_read_b32"),
    vector<[](u32 a) { return a; }>("v_accvgpr_write_b32"),
    vector<[](u32 a) { return a; }>("v_accvgpr_mov_b32"),
    vector<[](u32 a) { return ~a; }>("v_not_b32"),
    vector<[](u32 a) {
      u32 r = 0;
      for (int k = 0; k < 32; k++) r |= ((a >> k) & 1) << (31 - k);
      return r;
    }>("v_bfrev_b32"),
    // Position of the first one from the top, from the bottom, and of the first bit from the top that differs from the sign; -1 if none.
    vector<[](u32 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("v_clz_i32_u32"),
    vector<[](u32 a) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }>("v_ffbh_u32"),
    vector<[](u32 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("v_ctz_i32_b32"),
    vector<[](u32 a) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }>("v_ffbl_b32"),
    vector<[](u32 a) {
      const u32 b = static_cast<i32>(a) < 0 ? ~a : a;
      return b ? static_cast<u32>(std::countl_zero(b)) : ~0u;
    }>("v_cls_i32"),
    vector<[](u32 a) {
      const u32 b = static_cast<i32>(a) < 0 ? ~a : a;
      return b ? static_cast<u32>(std::countl_zero(b)) : ~0u;
    }>("v_ffbh_i32"),

    saturating<add, add_saturated>("v_add_nc_u32"),
    saturating<add, add_saturated>("v_add_u32"),
    saturating<sub, sub_saturated>("v_sub_nc_u32"),
    saturating<sub, sub_saturated>("v_sub_u32"),
    saturating<subrev, subrev_saturated>("v_subrev_nc_u32"),
    saturating<subrev, subrev_saturated>("v_subrev_u32"),
    saturating<add_signed, add_signed_saturated>("v_add_nc_i32"),
    saturating<add_signed, add_signed_saturated>("v_add_i32"),
    saturating<sub_signed, sub_signed_saturated>("v_sub_nc_i32"),
    saturating<sub_signed, sub_signed_saturated>("v_sub_i32"),
    vector<add_carry_out>("v_add_co_u32"),
    vector<sub_borrow_out>("v_sub_co_u32"),
    vector<subrev_borrow_out>("v_subrev_co_u32"),
    vector<add_carry_in>("v_add_co_ci_u32"),
    vector<add_carry_in>("v_addc_co_u32"),
    vector<sub_borrow_in>("v_sub_co_ci_u32"),
    vector<sub_borrow_in>("v_subb_co_u32"),
    vector<subrev_borrow_in>("v_subrev_co_ci_u32"),
    vector<subrev_borrow_in>("v_subbrev_co_u32"),
    vector<[](u32 a, u32 b, u32 c) { return a + b + c; }>("v_add3_u32"),
    vector<[](u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }>("v_lshl_add_u32"),
    vector<[](u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }>("v_add_lshl_u32"),
    vector<[](u64 a, u32 b, u64 c) { return (a << (b & 7)) + c; }>("v_lshl_add_u64"),
    vector<[](u32 a, u32 b, u32 c) { return (a << (b & 31)) | c; }>("v_lshl_or_b32"),
    vector<[](u32 a, u32 b, u32 c) { return (a & b) | c; }>("v_and_or_b32"),
    vector<[](u32 a, u32 b, u32 c) { return a | b | c; }>("v_or3_b32"),
    vector<[](u32 a, u32 b, u32 c) { return a ^ b ^ c; }>("v_xor3_b32"),
    vector<[](u32 a, u32 b, u32 c) { return (a ^ b) + c; }>("v_xad_u32"),

    vector<[](u32 a, u32 b) { return a * b; }>("v_mul_lo_u32"),
    vector<[](u32 a, u32 b) { return static_cast<u32>((static_cast<u64>(a) * b) >> 32); }>("v_mul_hi_u32"),
    vector<[](i32 a, i32 b) { return static_cast<u32>((static_cast<i64>(a) * b) >> 32); }>("v_mul_hi_i32"),
    vector<mul24u>("v_mul_u32_u24"),
    vector<mulhi24u>("v_mul_hi_u32_u24"),
    vector<mul24i>("v_mul_i32_i24"),
    vector<[](u32 a, u32 b) { return static_cast<u32>((static_cast<i64>(sign24(a)) * sign24(b)) >> 32); }>("v_mul_hi_i32_i24"),
    vector<[](u32 a, u32 b, u32 c) { return mul24u(a, b) + c; }>("v_mad_u32_u24"),
    vector<[](u32 a, u32 b, u32 c) { return mul24i(a, b) + c; }>("v_mad_i32_i24"),
    vector<[](u16 a, u16 b, u32 c) { return static_cast<u32>(a) * b + c; }>("v_mad_u32_u16"),
    vector<[](i16 a, i16 b, i32 c) { return static_cast<u32>(a * b) + static_cast<u32>(c); }>("v_mad_i32_i16"),
    vector<mad_u64>("v_mad_u64_u32"),
    vector<mad_u64>("v_mad_co_u64_u32"),
    vector<mad_i64>("v_mad_i64_i32"),
    vector<mad_i64>("v_mad_co_i64_i32"),

    vector<[](u32 a, u32 b) { return a & b; }>("v_and_b32"),
    vector<[](u32 a, u32 b) { return a | b; }>("v_or_b32"),
    vector<[](u32 a, u32 b) { return a ^ b; }>("v_xor_b32"),
    vector<[](u32 a, u32 b) { return ~(a ^ b); }>("v_xnor_b32"),
    vector<[](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }>("v_bfi_b32"),
    vector<[](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }>("v_bfm_b32"),
    vector<bfe_u>("v_bfe_u32"),
    vector<bfe_i>("v_bfe_i32"),
    vector<bit_count>("v_bcnt_u32_b32"),
    vector<[](u32 a, u32 b) { return b << (a & 31); }>("v_lshlrev_b32"),
    vector<[](u32 a, u32 b) { return (b >> (a & 31)); }>("v_lshrrev_b32"),
    vector<[](u32 a, i32 b) { return (b >> (a & 31)); }>("v_ashrrev_i32"),
    vector<[](u32 a, u64 b) { return b << (a & 63); }>("v_lshlrev_b64"),
    vector<[](u32 a, u64 b) { return (b >> (a & 63)); }>("v_lshrrev_b64"),
    vector<[](u32 a, i64 b) { return (b >> (a & 63)); }>("v_ashrrev_i64"),
    vector<[](u32 a, u32 b, u32 c) { return static_cast<u32>((static_cast<u64>(a) << 32 | b) >> (c & 31)); }>("v_alignbit_b32"),
    vector<[](u32 a, u32 b, u32 c) { return static_cast<u32>((static_cast<u64>(a) << 32 | b) >> (8 * (c & 3))); }>("v_alignbyte_b32"),
    vector<perm>("v_perm_b32"),
    vector<sum_of_absolute_bytes>("v_sad_u8"),
    vector<[](u32 a, u32 b, u32 c) { return (a > b ? a - b : b - a) + c; }>("v_sad_u32"),

    vector<[](u32 a, u32 b) { return std::max(a, b); }>("v_max_u32"),
    vector<[](u32 a, u32 b) { return std::min(a, b); }>("v_min_u32"),
    vector<[](i32 a, i32 b) { return std::max(a, b); }>("v_max_i32"),
    vector<[](i32 a, i32 b) { return std::min(a, b); }>("v_min_i32"),
    vector<[](u32 a, u32 b, u32 c) { return max3(a, b, c); }>("v_max3_u32"),
    vector<[](i32 a, i32 b, i32 c) { return max3(a, b, c); }>("v_max3_i32"),
    vector<[](u32 a, u32 b, u32 c) { return min3(a, b, c); }>("v_min3_u32"),
    vector<[](i32 a, i32 b, i32 c) { return min3(a, b, c); }>("v_min3_i32"),
    vector<[](u32 a, u32 b, u32 c) { return med3(a, b, c); }>("v_med3_u32"),
    vector<[](i32 a, i32 b, i32 c) { return med3(a, b, c); }>("v_med3_i32"),
    vector<[](u32 a, u32 b, u32 c) { return std::max(std::min(a, b), c); }>("v_minmax_u32"),
    vector<[](i32 a, i32 b, i32 c) { return std::max(std::min(a, b), c); }>("v_minmax_i32"),
    vector<[](u32 a, u32 b, u32 c) { return std::min(std::max(a, b), c); }>("v_maxmin_u32"),
    vector<[](i32 a, i32 b, i32 c) { return std::min(std::max(a, b), c); }>("v_maxmin_i32"),
    vector<[](u32 a, u32 b, bool c) { return c ? b : a; }>("v_cndmask_b32"),

    vector<[](u16 a, u16 b) { return static_cast<u16>(a + b); }>("v_add_nc_u16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a + b); }>("v_add_u16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a + b); }>("v_add_nc_i16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a + b); }>("v_add_i16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a - b); }>("v_sub_nc_i16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a - b); }>("v_sub_i16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a - b); }>("v_sub_nc_u16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a - b); }>("v_sub_u16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(static_cast<u32>(a) * b); }>("v_mul_lo_u16"),
    vector<[](u16 a, u16 b, u16 c) { return static_cast<u16>(static_cast<u32>(a) * b + c); }>("v_mad_u16"),
    vector<[](u16 a, u16 b, u16 c) { return static_cast<u16>(static_cast<u32>(a) * b + c); }>("v_mad_i16"),
    vector<[](u16 a, u16 b, u16 c) { return max3(a, b, c); }>("v_max3_u16"),
    vector<[](i16 a, i16 b, i16 c) { return max3(a, b, c); }>("v_max3_i16"),
    vector<[](u16 a, u16 b, u16 c) { return min3(a, b, c); }>("v_min3_u16"),
    vector<[](i16 a, i16 b, i16 c) { return min3(a, b, c); }>("v_min3_i16"),
    vector<[](u16 a, u16 b, u16 c) { return med3(a, b, c); }>("v_med3_u16"),
    vector<[](i16 a, i16 b, i16 c) { return med3(a, b, c); }>("v_med3_i16"),
    vector<[](u16 a, u16 b, bool c) { return c ? b : a; }>("v_cndmask_b16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(b << (a & 15)); }>("v_lshlrev_b16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(b >> (a & 15)); }>("v_lshrrev_b16"),
    vector<[](u16 a, i16 b) { return static_cast<i16>(b >> (a & 15)); }>("v_ashrrev_i16"),
    vector<[](u16 a, u16 b) { return std::max(a, b); }>("v_max_u16"),
    vector<[](u16 a, u16 b) { return std::min(a, b); }>("v_min_u16"),
    vector<[](i16 a, i16 b) { return std::max(a, b); }>("v_max_i16"),
    vector<[](i16 a, i16 b) { return std::min(a, b); }>("v_min_i16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a & b); }>("v_and_b16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a | b); }>("v_or_b16"),
    vector<[](u16 a, u16 b) { return static_cast<u16>(a ^ b); }>("v_xor_b16"),
};

}  // namespace

std::span<const Operation> integer_operations() { return table; }

}  // namespace llmc::emu
