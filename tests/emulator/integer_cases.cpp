// What the vector integer instructions should do, in 64-bit arithmetic where that makes overflow visible.
#include <algorithm>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

using F2 = u32 (*)(u32, u32);
using F3 = u32 (*)(u32, u32, u32);

void two(Cases& c, const char* name, const Families& families, F2 f) {
  c.lane(std::string(name) + " v20, v0, v1", families, [f](Lane& l) { l.set(20, f(l.u(0), l.u(1))); });
}
void three(Cases& c, const char* name, const Families& families, F3 f) {
  c.lane(std::string(name) + " v20, v0, v1, v2", families, [f](Lane& l) { l.set(20, f(l.u(0), l.u(1), l.u(2))); });
}
i64 s(u32 x) { return static_cast<i32>(x); }
u32 low(i64 x) { return static_cast<u32>(static_cast<u64>(x)); }
i64 s24(u32 x) { return (x & 0x80'0000) ? static_cast<i64>(x & 0xff'ffff) - 0x100'0000 : x & 0xff'ffff; }
i64 saturated(i64 x) { return std::min<i64>(std::max<i64>(x, -2147483648ll), 2147483647ll); }

u32 leading_zeros(u32 x) {
  for (u32 k = 0; k < 32; k++)
    if (x & (0x8000'0000u >> k)) return k;
  return ~0u;
}
u32 trailing_zeros(u32 x) {
  for (u32 k = 0; k < 32; k++)
    if (x & (1u << k)) return k;
  return ~0u;
}
u32 leading_signs(u32 x) {
  for (u32 k = 1; k < 32; k++)
    if (((x >> (31 - k)) & 1) != x >> 31) return k;
  return ~0u;
}

void unary(Cases& c) {
  const auto one = [&](const char* name, const Families& families, u32 (*f)(u32)) {
    c.lane(std::string(name) + " v20, v0", families, [f](Lane& l) { l.set(20, f(l.u(0))); });
  };
  one("v_mov_b32", kAll, [](u32 a) { return a; });
  one("v_not_b32", kAll, [](u32 a) { return 0xffff'ffffu - a; });
  one("v_bfrev_b32", kAll, [](u32 a) {
    u32 r = 0;
    for (int k = 0; k < 32; k++) r = r * 2 + (a >> k) % 2;
    return r;
  });
  one("v_clz_i32_u32", k1112, leading_zeros);
  one("v_ffbh_u32", k910, leading_zeros);
  one("v_ctz_i32_b32", k1112, trailing_zeros);
  one("v_ffbl_b32", k910, trailing_zeros);
  one("v_cls_i32", k1112, leading_signs);
  one("v_ffbh_i32", k910, leading_signs);
  c.lane("v_mov_b32 v20, s5", kAll, [](Lane& l) { l.set(20, l.in().s[5]); });
  c.lane("v_mov_b32 v20, -7", kAll, [](Lane& l) { l.set(20, 0xffff'fff9u); });
  c.lane("v_mov_b32 v20, 0xdeadbeef", kAll, [](Lane& l) { l.set(20, 0xdead'beefu); });
  c.lane("v_mov_b32 v20, 0.5", kAll, [](Lane& l) { l.set(20, 0x3f00'0000u); });
  c.lane("v_mov_b64 v[20:21], v[0:1]", k94, [](Lane& l) { l.set64(20, l.q(0)); });
  c.lane("v_accvgpr_read_b32 v20, a3", k9, [](Lane& l) { l.set(20, l.in().a[3][l.lane()]); });
  c.lane("v_accvgpr_write_b32 a3, v0", k9, [](Lane& l) { l.out().a[3][l.lane()] = l.u(0); });
  c.lane("v_accvgpr_mov_b32 a3, a5", k9, [](Lane& l) { l.out().a[3][l.lane()] = l.in().a[5][l.lane()]; });
}

void sums(Cases& c) {
  const F2 add = [](u32 a, u32 b) { return low(static_cast<i64>(a) + b); }, sub = [](u32 a, u32 b) { return low(static_cast<i64>(a) - b); };
  const F2 subrev = [](u32 a, u32 b) { return low(static_cast<i64>(b) - a); };
  two(c, "v_add_nc_u32", kRdna, add);
  two(c, "v_add_u32", kCdna, add);
  two(c, "v_sub_nc_u32", kRdna, sub);
  two(c, "v_sub_u32", kCdna, sub);
  two(c, "v_subrev_nc_u32", kRdna, subrev);
  two(c, "v_subrev_u32", kCdna, subrev);
  two(c, "v_add_nc_i32", kRdna, add);
  two(c, "v_add_i32", kCdna, add);
  two(c, "v_sub_nc_i32", kRdna, sub);
  two(c, "v_sub_i32", kCdna, sub);
  for (const bool old : {false, true}) {
    const Families& families = old ? kCdna : kRdna;
    const std::string nc = old ? "" : "_nc";
    const std::string tail = "32 v20, v0, v1 clamp";
    c.lane("v_add" + nc + "_u" + tail, families,
           [](Lane& l) { l.set(20, low(std::min<i64>(static_cast<i64>(l.u(0)) + l.u(1), 0xffff'ffffll))); });
    c.lane("v_sub" + nc + "_u" + tail, families, [](Lane& l) { l.set(20, low(std::max<i64>(static_cast<i64>(l.u(0)) - l.u(1), 0))); });
    c.lane("v_add" + nc + "_i" + tail, families, [](Lane& l) { l.set(20, low(saturated(s(l.u(0)) + s(l.u(1))))); });
    c.lane("v_sub" + nc + "_i" + tail, families, [](Lane& l) { l.set(20, low(saturated(s(l.u(0)) - s(l.u(1))))); });
    const std::string ci = old ? "v_addc_co_u32" : "v_add_co_ci_u32", bi = old ? "v_subb_co_u32" : "v_sub_co_ci_u32";
    const std::string bri = old ? "v_subbrev_co_u32" : "v_subrev_co_ci_u32";
    c.lane(ci + " v20, $m, v0, v1, $n", families, [](Lane& l) {
      const u64 x = static_cast<u64>(l.u(0)) + l.u(1) + (l.bit(24) ? 1 : 0);
      l.set(20, static_cast<u32>(x));
      l.set_bit(20, x > 0xffff'ffffull);
    }, 20);
    c.lane(ci + " v20, $c, v0, v1, $c", families, [](Lane& l) {
      const u64 x = static_cast<u64>(l.u(0)) + l.u(1) + (l.bit(106) ? 1 : 0);
      l.set(20, static_cast<u32>(x));
      l.set_bit(106, x > 0xffff'ffffull);
    }, 106);
    c.lane(bi + " v20, $m, v0, v1, $n", families, [](Lane& l) {
      const i64 x = static_cast<i64>(l.u(0)) - l.u(1) - (l.bit(24) ? 1 : 0);
      l.set(20, low(x));
      l.set_bit(20, x < 0);
    }, 20);
    c.lane(bri + " v20, $m, v0, v1, $n", families, [](Lane& l) {
      const i64 x = static_cast<i64>(l.u(1)) - l.u(0) - (l.bit(24) ? 1 : 0);
      l.set(20, low(x));
      l.set_bit(20, x < 0);
    }, 20);
  }
  c.lane("v_add_co_u32 v20, $m, v0, v1", kAll, [](Lane& l) {
    const u64 x = static_cast<u64>(l.u(0)) + l.u(1);
    l.set(20, static_cast<u32>(x));
    l.set_bit(20, x > 0xffff'ffffull);
  }, 20);
  c.lane("v_sub_co_u32 v20, $m, v0, v1", kAll, [](Lane& l) {
    l.set(20, low(static_cast<i64>(l.u(0)) - l.u(1)));
    l.set_bit(20, l.u(0) < l.u(1));
  }, 20);
  c.lane("v_subrev_co_u32 v20, $m, v0, v1", kAll, [](Lane& l) {
    l.set(20, low(static_cast<i64>(l.u(1)) - l.u(0)));
    l.set_bit(20, l.u(1) < l.u(0));
  }, 20);
  three(c, "v_add3_u32", kAll, [](u32 a, u32 b, u32 x) { return low(static_cast<i64>(a) + b + x); });
  three(c, "v_lshl_add_u32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>(a * (1ull << b % 32) + x); });
  three(c, "v_add_lshl_u32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>((static_cast<u64>(a) + b) * (1ull << x % 32)); });
  three(c, "v_lshl_or_b32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>(a * (1ull << b % 32)) | x; });
  three(c, "v_and_or_b32", kAll, [](u32 a, u32 b, u32 x) { return (a & b) | x; });
  three(c, "v_or3_b32", kAll, [](u32 a, u32 b, u32 x) { return a | b | x; });
  three(c, "v_xor3_b32", kRdna, [](u32 a, u32 b, u32 x) { return a ^ b ^ x; });
  three(c, "v_xad_u32", kAll, [](u32 a, u32 b, u32 x) { return low(static_cast<i64>(a ^ b) + x); });
  c.lane("v_lshl_add_u64 v[20:21], v[0:1], v4, v[2:3]", k94, [](Lane& l) { l.set64(20, (l.q(0) << (l.u(4) & 7)) + l.q(2)); },
         0, [](State& st) {
           for (auto& x : st.v[4]) x %= 5;
         });
  // A destination that is also a source.
  c.lane("v_add3_u32 v0, v0, v1, v0", kAll, [](Lane& l) { l.set(0, 2 * l.u(0) + l.u(1)); });
}

void products(Cases& c) {
  two(c, "v_mul_lo_u32", kAll, [](u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(a) * b); });
  two(c, "v_mul_hi_u32", kAll, [](u32 a, u32 b) { return static_cast<u32>((static_cast<u64>(a) * b) / 4294967296ull); });
  two(c, "v_mul_hi_i32", kAll, [](u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(s(a) * s(b)) >> 32); });
  two(c, "v_mul_u32_u24", kAll, [](u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(a % 16777216) * (b % 16777216)); });
  two(c, "v_mul_hi_u32_u24", kAll,
      [](u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(a % 16777216) * (b % 16777216) / 4294967296ull); });
  two(c, "v_mul_i32_i24", kAll, [](u32 a, u32 b) { return low(s24(a) * s24(b)); });
  two(c, "v_mul_hi_i32_i24", kAll, [](u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(s24(a) * s24(b)) >> 32); });
  three(c, "v_mad_u32_u24", kAll,
        [](u32 a, u32 b, u32 x) { return static_cast<u32>(static_cast<u64>(a % 16777216) * (b % 16777216) + x); });
  three(c, "v_mad_i32_i24", kAll, [](u32 a, u32 b, u32 x) { return low(s24(a) * s24(b) + s(x)); });
  three(c, "v_mad_u32_u16", kAll, [](u32 a, u32 b, u32 x) { return (a % 65536) * (b % 65536) + x; });
  three(c, "v_mad_i32_i16", kAll,
        [](u32 a, u32 b, u32 x) { return low(static_cast<i64>(static_cast<i16>(a)) * static_cast<i16>(b) + s(x)); });
  const auto mad_u = [](Lane& l) {
    const u128 x = static_cast<u128>(l.u(0)) * l.u(1) + l.q(2);
    l.set64(20, static_cast<u64>(x));
    l.set_bit(20, (x >> 64) != 0);
  };
  const auto mad_i = [](Lane& l) {
    const i128 x = static_cast<i128>(s(l.u(0))) * s(l.u(1)) + static_cast<i64>(l.q(2));
    l.set64(20, static_cast<u64>(x));
    l.set_bit(20, x != static_cast<i64>(x));
  };
  c.lane("v_mad_u64_u32 v[20:21], $m, v0, v1, v[2:3]", {9, 94, 10, 11}, mad_u, 20);
  c.lane("v_mad_i64_i32 v[20:21], $m, v0, v1, v[2:3]", {9, 94, 10, 11}, mad_i, 20);
  c.lane("v_mad_co_u64_u32 v[20:21], $m, v0, v1, v[2:3]", k12, mad_u, 20);
  c.lane("v_mad_co_i64_i32 v[20:21], $m, v0, v1, v[2:3]", k12, mad_i, 20);
  // The sum in place, the carry thrown away.
  c.lane("v_mad_u64_u32 v[2:3], null, v0, v3, v[2:3]", k1011, [](Lane& l) { l.set64(2, static_cast<u64>(l.u(0)) * l.u(3) + l.q(2)); });
}

void bits(Cases& c) {
  two(c, "v_and_b32", kAll, [](u32 a, u32 b) { return a & b; });
  two(c, "v_or_b32", kAll, [](u32 a, u32 b) { return a | b; });
  two(c, "v_xor_b32", kAll, [](u32 a, u32 b) { return a ^ b; });
  two(c, "v_xnor_b32", kAll, [](u32 a, u32 b) { return ~(a ^ b); });
  three(c, "v_bfi_b32", kAll, [](u32 a, u32 b, u32 x) { return (a & b) | (~a & x); });
  two(c, "v_bfm_b32", kAll, [](u32 a, u32 b) { return static_cast<u32>(((1ull << a % 32) - 1) << b % 32); });
  three(c, "v_bfe_u32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>((static_cast<u64>(a) >> b % 32) % (1ull << x % 32)); });
  three(c, "v_bfe_i32", kAll, [](u32 a, u32 b, u32 x) {
    const u32 width = x % 32;
    if (width == 0) return 0u;
    const u64 field = static_cast<u64>(s(a) >> b % 32) & ((1ull << width) - 1);
    return low((field >> (width - 1)) ? static_cast<i64>(field) - (1ll << width) : static_cast<i64>(field));
  });
  two(c, "v_bcnt_u32_b32", kAll, [](u32 a, u32 b) {
    for (int k = 0; k < 32; k++) b += a >> k & 1;
    return b;
  });
  two(c, "v_lshlrev_b32", kAll, [](u32 a, u32 b) { return static_cast<u32>(b * (1ull << a % 32)); });
  two(c, "v_lshrrev_b32", kAll, [](u32 a, u32 b) { return static_cast<u32>(b / (1ull << a % 32)); });
  two(c, "v_ashrrev_i32", kAll, [](u32 a, u32 b) { return low(s(b) >> a % 32); });
  c.lane("v_lshlrev_b64 v[20:21], v0, v[2:3]", kAll, [](Lane& l) { l.set64(20, l.q(2) << l.u(0) % 64); });
  c.lane("v_lshrrev_b64 v[20:21], v0, v[2:3]", kAll, [](Lane& l) { l.set64(20, l.q(2) >> l.u(0) % 64); });
  c.lane("v_ashrrev_i64 v[20:21], v0, v[2:3]", kAll,
         [](Lane& l) { l.set64(20, static_cast<u64>(static_cast<i64>(l.q(2)) >> l.u(0) % 64)); });
  c.lane("v_lshrrev_b64 v[2:3], 5, v[2:3]", kAll, [](Lane& l) { l.set64(2, l.q(2) / 32); });
  three(c, "v_alignbit_b32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>((a * 4294967296ull + b) >> x % 32); });
  three(c, "v_alignbyte_b32", kAll, [](u32 a, u32 b, u32 x) { return static_cast<u32>((a * 4294967296ull + b) >> x % 4 * 8); });
  three(c, "v_perm_b32", kAll, [](u32 a, u32 b, u32 x) {
    u8 bytes[8];
    for (int k = 0; k < 4; k++) bytes[k] = static_cast<u8>(b >> 8 * k), bytes[k + 4] = static_cast<u8>(a >> 8 * k);
    u32 r = 0;
    for (int k = 0; k < 4; k++) {
      const u32 sel = x >> 8 * k & 0xff;
      u32 byte = 0;
      if (sel < 8) byte = bytes[sel];
      else if (sel < 12) byte = bytes[(sel - 8) * 2 + 1] >= 128 ? 255 : 0;
      else if (sel > 12) byte = 255;
      r |= byte << 8 * k;
    }
    return r;
  });
  c.lane("v_perm_b32 v20, v0, v1, v2", kAll, [](Lane& l) {
    u32 r = 0;
    for (int k = 0; k < 4; k++) {
      const u32 sel = l.u(2) >> 8 * k & 15;
      const u32 from = sel & 4 ? l.u(0) : l.u(1);
      u32 byte = from >> 8 * (sel & 3) & 0xff;
      if (sel >= 8 && sel < 12) byte = ((sel >= 10 ? l.u(0) : l.u(1)) >> (sel % 2 ? 31 : 15)) & 1 ? 255 : 0;
      if (sel == 12) byte = 0;
      if (sel > 12) byte = 255;
      r |= byte << 8 * k;
    }
    l.set(20, r);
  }, 0, [](State& st) {
    for (auto& x : st.v[2]) x &= 0x0f0f'0f0f;
  });
  three(c, "v_sad_u8", kAll, [](u32 a, u32 b, u32 x) {
    for (int k = 0; k < 4; k++) {
      const int p = a >> 8 * k & 255, q = b >> 8 * k & 255;
      x += static_cast<u32>(p > q ? p - q : q - p);
    }
    return x;
  });
  three(c, "v_sad_u32", kAll, [](u32 a, u32 b, u32 x) { return x + (std::max(a, b) - std::min(a, b)); });
}

void extremes(Cases& c) {
  two(c, "v_max_u32", kAll, [](u32 a, u32 b) { return a > b ? a : b; });
  two(c, "v_min_u32", kAll, [](u32 a, u32 b) { return a > b ? b : a; });
  two(c, "v_max_i32", kAll, [](u32 a, u32 b) { return s(a) > s(b) ? a : b; });
  two(c, "v_min_i32", kAll, [](u32 a, u32 b) { return s(a) > s(b) ? b : a; });
  const auto ordered = [&](const char* name, const Families& families, bool is_signed, int rank) {
    c.lane(std::string(name) + " v20, v0, v1, v2", families, [=](Lane& l) {
      i64 x[3];
      for (unsigned k = 0; k < 3; k++) x[k] = is_signed ? s(l.u(k)) : static_cast<i64>(l.u(k));
      std::sort(x, x + 3);
      l.set(20, low(x[rank]));
    });
  };
  ordered("v_min3_u32", kAll, false, 0);
  ordered("v_med3_u32", kAll, false, 1);
  ordered("v_max3_u32", kAll, false, 2);
  ordered("v_min3_i32", kAll, true, 0);
  ordered("v_med3_i32", kAll, true, 1);
  ordered("v_max3_i32", kAll, true, 2);
  three(c, "v_minmax_u32", k1112, [](u32 a, u32 b, u32 x) { return std::max(std::min(a, b), x); });
  three(c, "v_maxmin_u32", k1112, [](u32 a, u32 b, u32 x) { return std::min(std::max(a, b), x); });
  three(c, "v_minmax_i32", k1112, [](u32 a, u32 b, u32 x) { return low(std::max(std::min(s(a), s(b)), s(x))); });
  three(c, "v_maxmin_i32", k1112, [](u32 a, u32 b, u32 x) { return low(std::min(std::max(s(a), s(b)), s(x))); });
  c.lane("v_cndmask_b32 v20, v0, v1, $n", kAll, [](Lane& l) { l.set(20, l.bit(24) ? l.u(1) : l.u(0)); });
  c.lane("v_cndmask_b32 v20, v0, v1, $c", kAll, [](Lane& l) { l.set(20, l.bit(106) ? l.u(1) : l.u(0)); });
}

void narrow(Cases& c) {
  const auto half = [&](const char* name, const Families& families, u32 (*f)(u32, u32)) {
    c.lane(std::string(name) + " v20, v0, v1", families, [f](Lane& l) { l.set16(20, f(l.us(0), l.us(1))); });
  };
  const auto add = [](u32 a, u32 b) { return a + b; };
  half("v_add_nc_u16", kRdna, add);
  half("v_add_u16", kCdna, add);
  half("v_sub_nc_u16", kRdna, [](u32 a, u32 b) { return a - b; });
  half("v_sub_u16", kCdna, [](u32 a, u32 b) { return a - b; });
  half("v_mul_lo_u16", kAll, [](u32 a, u32 b) { return a * b; });
  half("v_lshlrev_b16", kAll, [](u32 a, u32 b) { return b << a % 16; });
  half("v_lshrrev_b16", kAll, [](u32 a, u32 b) { return b >> a % 16; });
  half("v_ashrrev_i16", kAll, [](u32 a, u32 b) { return static_cast<u32>(static_cast<i16>(b) >> a % 16); });
  half("v_max_u16", kAll, [](u32 a, u32 b) { return std::max(a, b); });
  half("v_min_u16", kAll, [](u32 a, u32 b) { return std::min(a, b); });
  half("v_max_i16", kAll, [](u32 a, u32 b) { return static_cast<i16>(a) > static_cast<i16>(b) ? a : b; });
  half("v_min_i16", kAll, [](u32 a, u32 b) { return static_cast<i16>(a) > static_cast<i16>(b) ? b : a; });
  half("v_and_b16", k1112, [](u32 a, u32 b) { return a & b; });
  half("v_or_b16", k1112, [](u32 a, u32 b) { return a | b; });
  half("v_xor_b16", k1112, [](u32 a, u32 b) { return a ^ b; });
  c.lane("v_mad_u16 v20, v0, v1, v2", kAll, [](Lane& l) { l.set16(20, l.us(0) * 1u * l.us(1) + l.us(2)); });
  const auto sum = [](u32 a, u32 b) { return a + b; };
  const auto difference = [](u32 a, u32 b) { return a - b; };
  half("v_add_nc_i16", kRdna, sum);
  half("v_add_i16", kCdna, sum);
  half("v_sub_nc_i16", kRdna, difference);
  half("v_sub_i16", kCdna, difference);
  c.lane("v_mad_i16 v20, v0, v1, v2", kAll, [](Lane& l) { l.set16(20, static_cast<u32>(l.is(0) * l.is(1) + l.is(2))); });
  const auto ordered = [&](const char* name, bool is_signed, int rank) {
    c.lane(std::string(name) + " v20, v0, v1, v2", kAll, [=](Lane& l) {
      i32 x[3];
      for (unsigned k = 0; k < 3; k++) x[k] = is_signed ? static_cast<i32>(l.is(k)) : static_cast<i32>(l.us(k));
      std::sort(x, x + 3);
      l.set16(20, static_cast<u32>(x[rank]));
    });
  };
  ordered("v_min3_u16", false, 0);
  ordered("v_med3_u16", false, 1);
  ordered("v_max3_u16", false, 2);
  ordered("v_min3_i16", true, 0);
  ordered("v_med3_i16", true, 1);
  ordered("v_max3_i16", true, 2);
  c.lane("v_cndmask_b16 v20, v0, v1, $n", k1112, [](Lane& l) { l.set16(20, l.bit(24) ? l.us(1) : l.us(0)); });
  // High halves by op_sel.
  c.lane("v_add_nc_u16 v20, v0, v1 op_sel:[1,0,1]", kRdna, [](Lane& l) {
    l.set(20, (l.u(20) & 0xffff) | static_cast<u32>(l.uh(0) + l.us(1)) << 16);
  });
}

// Parts of registers (SDWA), moved lanes (DPP) and pairs (VOPD) are tested on instructions that stand for all.
void encodings(Cases& c) {
  c.lane("v_add_u32_sdwa v20, v0, v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:WORD_1", kCdna,
         [](Lane& l) { l.set(20, (l.u(0) >> 8 & 0xff) + (l.u(1) >> 16)); });
  c.lane("v_add_nc_u32_sdwa v20, sext(v0), v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_3 src1_sel:DWORD", k10,
         [](Lane& l) { l.set(20, static_cast<u32>(static_cast<i32>(l.u(0)) >> 24) + l.u(1)); });
  c.lane("v_or_b32_sdwa v20, v0, v1 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0 src1_sel:BYTE_2", k910,
         [](Lane& l) { l.set(20, (l.u(20) & 0xffff) | ((l.u(0) & 0xffff) | (l.u(1) >> 16 & 0xff)) << 16); });
  c.lane("v_and_b32_sdwa v20, v0, v1 dst_sel:BYTE_2 dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD", k910,
         [](Lane& l) { l.set(20, (l.u(0) & l.u(1) & 0xff) << 16); });
  c.lane("v_mov_b32_sdwa v20, v0 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:DWORD", k910,
         [](Lane& l) { l.set(20, static_cast<u32>(static_cast<i32>(l.u(0) << 24) >> 16)); });
  const auto dual = [](unsigned x, unsigned y) {
    return [=](Lane& l) {
      const u32 sum = l.u(0) + l.u(2), copy = l.u(3);
      l.set(x, copy);
      l.set(y, sum);
    };
  };
  c.lane("v_dual_mov_b32 v20, v3 :: v_dual_add_nc_u32 v21, v0, v2", k1112, dual(20, 21));
  // One half overwrites what the other reads, and both do.
  c.lane("v_dual_mov_b32 v0, v3 :: v_dual_add_nc_u32 v21, v0, v2", k1112, dual(0, 21));
  c.lane("v_dual_mov_b32 v20, v3 :: v_dual_add_nc_u32 v3, v0, v2", k1112, dual(20, 3));
  c.lane("v_dual_mov_b32 v0, v3 :: v_dual_add_nc_u32 v3, v0, v2", k1112, dual(0, 3));
  c.lane("v_dual_cndmask_b32 v20, v0, v1 :: v_dual_lshlrev_b32 v21, v2, v3", k1112, [](Lane& l) {
    l.set(20, l.bit(106) ? l.u(1) : l.u(0));
    l.set(21, l.u(3) << l.u(2) % 32);
  });
}

}  // namespace

void integer_cases(Cases& c) {
  unary(c);
  sums(c);
  products(c);
  bits(c);
  extremes(c);
  narrow(c);
  encodings(c);
}

}  // namespace llmc::emu::test
