// Scalar instructions: s0, s1 (pairs s[0:1], s[2:3]) to s20; SCC as the ISA gives it.
#include <algorithm>
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

const Families old = {9, 94, 10}, k1011_9 = {9, 94, 10, 11};

struct Result {
  u64 value;
  int scc;  // -1: unchanged
};
Result plain(u64 v) { return {v, -1}; }
Result tested(u64 v) { return {v, v != 0}; }

using F32 = Result (*)(u32, u32, bool);
using F64 = Result (*)(u64, u64, bool);

void set(State& out, const Result& r, bool wide) {
  if (wide) out.set_pair(20, r.value);
  else out.s[20] = static_cast<u32>(r.value);
  if (r.scc >= 0) out.scc = r.scc;
}
void two(Cases& c, const std::string& name, const Families& f, F32 g) {
  c.wave(name + " s20, s0, s1", f, [g](const State& in, State& out) { set(out, g(in.s[0], in.s[1], in.scc), false); });
}
void two64(Cases& c, const std::string& name, const Families& f, F64 g) {
  c.wave(name + " s[20:21], s[0:1], s[2:3]", f, [g](const State& in, State& out) { set(out, g(in.pair(0), in.pair(2), in.scc), true); });
}
void one(Cases& c, const std::string& name, const Families& f, Result (*g)(u32)) {
  c.wave(name + " s20, s0", f, [g](const State& in, State& out) { set(out, g(in.s[0]), false); });
}
void one64(Cases& c, const std::string& name, const Families& f, bool wide, Result (*g)(u64)) {
  c.wave(name + (wide ? " s[20:21]" : " s20") + ", s[0:1]", f, [=](const State& in, State& out) { set(out, g(in.pair(0)), wide); });
}

void sums(Cases& c) {
  const F32 add = [](u32 a, u32 b, bool) { return Result{static_cast<u64>(a) + b, (static_cast<u64>(a) + b) >> 32 != 0}; };
  const F32 sub = [](u32 a, u32 b, bool) { return Result{static_cast<u64>(a) - b, a < b}; };
  const auto overflow = [](i64 x) { return x != static_cast<i32>(x); };
  static const auto over = overflow;
  const F32 addi = [](u32 a, u32 b, bool) {
    const i64 x = static_cast<i64>(static_cast<i32>(a)) + static_cast<i32>(b);
    return Result{static_cast<u64>(x), over(x)};
  };
  const F32 subi = [](u32 a, u32 b, bool) {
    const i64 x = static_cast<i64>(static_cast<i32>(a)) - static_cast<i32>(b);
    return Result{static_cast<u64>(x), over(x)};
  };
  const F32 addc = [](u32 a, u32 b, bool s) { return Result{static_cast<u64>(a) + b + s, (static_cast<u64>(a) + b + s) >> 32 != 0}; };
  const F32 subb = [](u32 a, u32 b, bool s) { return Result{static_cast<u64>(a) - b - s, a < static_cast<u64>(b) + s}; };
  two(c, "s_add_u32", k1011_9, add), two(c, "s_sub_u32", k1011_9, sub), two(c, "s_add_i32", k1011_9, addi),
      two(c, "s_sub_i32", k1011_9, subi);
  two(c, "s_addc_u32", k1011_9, addc), two(c, "s_subb_u32", k1011_9, subb);
  two(c, "s_add_co_u32", k12, add), two(c, "s_sub_co_u32", k12, sub), two(c, "s_add_co_i32", k12, addi), two(c, "s_sub_co_i32", k12, subi);
  two(c, "s_add_co_ci_u32", k12, addc), two(c, "s_sub_co_ci_u32", k12, subb);
  two64(c, "s_add_nc_u64", k12, [](u64 a, u64 b, bool) { return plain(a + b); });
  two64(c, "s_sub_nc_u64", k12, [](u64 a, u64 b, bool) { return plain(a - b); });
  two64(c, "s_mul_u64", k12, [](u64 a, u64 b, bool) { return plain(a * b); });
  two(c, "s_mul_i32", kAll, [](u32 a, u32 b, bool) { return plain(static_cast<u64>(a) * b); });
  two(c, "s_mul_hi_u32", kAll, [](u32 a, u32 b, bool) { return plain(static_cast<u64>(a) * b / 4294967296ull); });
  two(c, "s_mul_hi_i32", kAll,
      [](u32 a, u32 b, bool) { return plain(static_cast<u64>(static_cast<i64>(static_cast<i32>(a)) * static_cast<i32>(b)) >> 32); });
  two(c, "s_lshl1_add_u32", kAll, [](u32 a, u32 b, bool) { return Result{a * 2ull + b, (a * 2ull + b) >> 32 != 0}; });
  two(c, "s_lshl2_add_u32", kAll, [](u32 a, u32 b, bool) { return Result{a * 4ull + b, (a * 4ull + b) >> 32 != 0}; });
  two(c, "s_lshl3_add_u32", kAll, [](u32 a, u32 b, bool) { return Result{a * 8ull + b, (a * 8ull + b) >> 32 != 0}; });
  two(c, "s_lshl4_add_u32", kAll, [](u32 a, u32 b, bool) { return Result{a * 16ull + b, (a * 16ull + b) >> 32 != 0}; });
  two(c, "s_min_u32", kAll, [](u32 a, u32 b, bool) { return Result{std::min(a, b), a < b}; });
  two(c, "s_max_u32", kAll, [](u32 a, u32 b, bool) { return Result{std::max(a, b), a > b}; });
  two(c, "s_min_i32", kAll,
      [](u32 a, u32 b, bool) { return Result{static_cast<u32>(std::min<i32>(a, b)), static_cast<i32>(a) < static_cast<i32>(b)}; });
  two(c, "s_max_i32", kAll,
      [](u32 a, u32 b, bool) { return Result{static_cast<u32>(std::max<i32>(a, b)), static_cast<i32>(a) > static_cast<i32>(b)}; });
  one(c, "s_abs_i32", kAll, [](u32 a) { return tested(static_cast<u32>(std::abs(static_cast<i64>(static_cast<i32>(a))))); });
  two(c, "s_absdiff_i32", kAll, [](u32 a, u32 b, bool) {
    const i32 d = static_cast<i32>(a - b);
    return tested(static_cast<u32>(d < 0 ? 0u - static_cast<u32>(d) : static_cast<u32>(d)));
  });
}

void logic(Cases& c) {
  struct Gate {
    const char *now, *before;
    F64 f;
  };
  const Gate gates[] = {{"and", "and", [](u64 a, u64 b, bool) { return tested(a & b); }},
                        {"or", "or", [](u64 a, u64 b, bool) { return tested(a | b); }},
                        {"xor", "xor", [](u64 a, u64 b, bool) { return tested(a ^ b); }},
                        {"and_not1", "andn2", [](u64 a, u64 b, bool) { return tested(a & ~b); }},
                        {"or_not1", "orn2", [](u64 a, u64 b, bool) { return tested(a | ~b); }},
                        {"nand", "nand", [](u64 a, u64 b, bool) { return tested(~(a & b)); }},
                        {"nor", "nor", [](u64 a, u64 b, bool) { return tested(~(a | b)); }},
                        {"xnor", "xnor", [](u64 a, u64 b, bool) { return tested(~(a ^ b)); }}};
  for (const Gate& g : gates)
    for (const bool now : {false, true}) {
      const std::string name = std::string("s_") + (now ? g.now : g.before);
      const Families& families = now ? k1112 : old;
      two64(c, name + "_b64", families, g.f);
      const F64 f = g.f;
      c.wave(name + "_b32 s20, s0, s1", families, [f](const State& in, State& out) {
        const u32 r = static_cast<u32>(f(in.s[0], in.s[1], false).value);
        set(out, tested(r), false);
      });
    }
  c.wave("s_and_b64 exec, exec, s[0:1]", kCdna, [](const State& in, State& out) {
    out.set_pair(126, in.pair(126) & in.pair(0));
    out.scc = out.pair(126) != 0;
  });
  one(c, "s_not_b32", kAll, [](u32 a) { return tested(static_cast<u32>(~a)); });
  one64(c, "s_not_b64", kAll, true, [](u64 a) { return tested(~a); });
  two(c, "s_lshl_b32", kAll, [](u32 a, u32 b, bool) { return tested(static_cast<u32>(static_cast<u64>(a) << b % 32)); });
  two(c, "s_lshr_b32", kAll, [](u32 a, u32 b, bool) { return tested(a >> b % 32); });
  two(c, "s_ashr_i32", kAll, [](u32 a, u32 b, bool) { return tested(static_cast<u32>(static_cast<i32>(a) >> b % 32)); });
  const auto shift = [&](const char* name, F64 f) {
    c.wave(std::string(name) + " s[20:21], s[0:1], s2", kAll,
           [f](const State& in, State& out) { set(out, f(in.pair(0), in.s[2], false), true); });
  };
  shift("s_lshl_b64", [](u64 a, u64 b, bool) { return tested(a << b % 64); });
  shift("s_lshr_b64", [](u64 a, u64 b, bool) { return tested(a >> b % 64); });
  shift("s_ashr_i64", [](u64 a, u64 b, bool) { return tested(static_cast<u64>(static_cast<i64>(a) >> b % 64)); });
  const auto fields = [](State& s) { s.s[1] &= 0x003f'001f; };
  c.wave("s_bfe_u32 s20, s0, s1", kAll, [](const State& in, State& out) {
    const u32 at = in.s[1] & 31, width = in.s[1] >> 16;
    set(out, tested(static_cast<u32>((static_cast<u64>(in.s[0]) >> at) & ((1ull << width) - 1))), false);
  }, fields);
  c.wave("s_bfe_i32 s20, s0, s1", kAll, [](const State& in, State& out) {
    const u32 at = in.s[1] & 31, width = std::min(in.s[1] >> 16, 32 - at);
    i64 x = (static_cast<u64>(in.s[0]) >> at) & ((1ull << width) - 1);
    if (width && x >> (width - 1)) x -= 1ll << width;
    set(out, tested(static_cast<u32>(x)), false);
  }, fields);
  c.wave("s_bfe_u64 s[20:21], s[0:1], 0x100014", kAll,
         [](const State& in, State& out) { set(out, tested(in.pair(0) >> 20 & 0xffff), true); });
  c.wave("s_bfe_i64 s[20:21], s[0:1], 0x100014", kAll, [](const State& in, State& out) {
    set(out, tested(static_cast<u64>(static_cast<i64>(static_cast<i16>(in.pair(0) >> 20)))), true);
  });
  c.wave("s_bfe_i64 s[20:21], s[0:1], 0x400000", kAll, [](const State& in, State& out) { set(out, tested(in.pair(0)), true); });
  two(c, "s_bfm_b32", kAll, [](u32 a, u32 b, bool) { return plain(static_cast<u32>(((1ull << a % 32) - 1) << b % 32)); });
  c.wave("s_bfm_b64 s[20:21], s0, s1", kAll, [](const State& in, State& out) {
    out.set_pair(20, ((1ull << in.s[0] % 64) - 1) << in.s[1] % 64);
  });
  two(c, "s_pack_ll_b32_b16", kAll, [](u32 a, u32 b, bool) { return plain(a % 65536 + b % 65536 * 65536); });
  two(c, "s_pack_lh_b32_b16", kAll, [](u32 a, u32 b, bool) { return plain(a % 65536 + b / 65536 * 65536); });
  two(c, "s_pack_hh_b32_b16", kAll, [](u32 a, u32 b, bool) { return plain(a / 65536 + b / 65536 * 65536); });
  two(c, "s_pack_hl_b32_b16", k1112, [](u32 a, u32 b, bool) { return plain(a / 65536 + b % 65536 * 65536); });
  two(c, "s_cselect_b32", kAll, [](u32 a, u32 b, bool s) { return plain(s ? a : b); });
  two64(c, "s_cselect_b64", kAll, [](u64 a, u64 b, bool s) { return plain(s ? a : b); });
}

u32 reversed(u32 a) {
  u32 r = 0;
  for (int k = 0; k < 32; k++) r = r * 2 + (a >> k) % 2;
  return r;
}
u32 first_one(u64 a, unsigned bits) {
  for (unsigned k = 0; k < bits; k++)
    if (a >> k & 1) return k;
  return ~0u;
}
u32 leading_zeros(u64 a, unsigned bits) {
  for (unsigned k = 0; k < bits; k++)
    if (a >> (bits - 1 - k) & 1) return k;
  return ~0u;
}
u32 ones(u64 a) {
  u32 n = 0;
  for (; a; a /= 2) n += a % 2;
  return n;
}

void moves(Cases& c) {
  one(c, "s_mov_b32", kAll, [](u32 a) { return plain(a); });
  one64(c, "s_mov_b64", kAll, true, plain);
  c.wave("s_mov_b64 s[20:21], -5", kAll, [](const State&, State& out) { out.set_pair(20, ~4ull); });
  c.wave("s_mov_b64 s[20:21], 0x12345678", kAll, [](const State&, State& out) { out.set_pair(20, 0x12345678); });
  c.wave("s_mov_b64 s[20:21], 1.0", kAll, [](const State&, State& out) { out.set_pair(20, 0x3ff0'0000'0000'0000ull); });
  c.wave("s_movk_i32 s20, 0x8001", kAll, [](const State&, State& out) { out.s[20] = 0xffff'8001u; });
  c.wave("s_mov_b32 m0, s0", kAll, [](const State& in, State& out) { out.s[124] = in.s[0]; });
  c.wave("s_mov_b32 s20, src_scc", kAll, [](const State& in, State& out) { out.s[20] = in.scc; });
  one(c, "s_brev_b32", kAll, [](u32 a) { return plain(reversed(a)); });
  one64(c, "s_brev_b64", kAll, true,
        [](u64 a) { return plain(static_cast<u64>(reversed(static_cast<u32>(a))) << 32 | reversed(static_cast<u32>(a >> 32))); });
  one(c, "s_bcnt1_i32_b32", kAll, [](u32 a) { return tested(ones(a)); });
  one(c, "s_bcnt0_i32_b32", kAll, [](u32 a) { return tested(32 - ones(a)); });
  one64(c, "s_bcnt1_i32_b64", kAll, false, [](u64 a) { return tested(ones(a)); });
  one(c, "s_ff1_i32_b32", old, [](u32 a) { return plain(first_one(a, 32)); });
  one64(c, "s_ff1_i32_b64", old, false, [](u64 a) { return plain(first_one(a, 64)); });
  one(c, "s_ctz_i32_b32", k1112, [](u32 a) { return plain(first_one(a, 32)); });
  one64(c, "s_ctz_i32_b64", k1112, false, [](u64 a) { return plain(first_one(a, 64)); });
  one(c, "s_flbit_i32_b32", old, [](u32 a) { return plain(leading_zeros(a, 32)); });
  one64(c, "s_flbit_i32_b64", old, false, [](u64 a) { return plain(leading_zeros(a, 64)); });
  one(c, "s_clz_i32_u32", k1112, [](u32 a) { return plain(leading_zeros(a, 32)); });
  one64(c, "s_clz_i32_u64", k1112, false, [](u64 a) { return plain(leading_zeros(a, 64)); });
  one(c, "s_sext_i32_i8", kAll, [](u32 a) { return plain(a % 256 >= 128 ? a % 256 + 0xffff'ff00u : a % 256); });
  one(c, "s_sext_i32_i16", kAll, [](u32 a) { return plain(a % 65536 >= 32768 ? a % 65536 + 0xffff'0000u : a % 65536); });
  const auto quads = [](u64 a) {
    u64 r = 0;
    for (unsigned k = 0; k < 64; k++) r |= static_cast<u64>((a >> k / 4 * 4 & 15) != 0) << k;
    return tested(r);
  };
  one64(c, "s_wqm_b64", kAll, true, quads);
  c.wave("s_wqm_b32 s20, s0", kAll, [quads](const State& in, State& out) { set(out, quads(in.s[0]), false); });
  c.wave("s_addk_i32 s20, 0x8000", k1011_9, [](const State& in, State& out) {
    const i64 x = static_cast<i64>(static_cast<i32>(in.s[20])) - 32768;
    out.s[20] = static_cast<u32>(x);
    out.scc = x != static_cast<i32>(x);
  });
  c.wave("s_addk_co_i32 s20, 0x7fff", k12, [](const State& in, State& out) {
    const i64 x = static_cast<i64>(static_cast<i32>(in.s[20])) + 32767;
    out.s[20] = static_cast<u32>(x);
    out.scc = x != static_cast<i32>(x);
  });
  c.wave("s_mulk_i32 s20, 0xfffd", kAll, [](const State& in, State& out) { out.s[20] = in.s[20] * 0xffff'fffdu; });
  c.wave("s_cmovk_i32 s20, 0xfff0", kAll, [](const State& in, State& out) { out.s[20] = in.scc ? 0xffff'fff0u : in.s[20]; });
  c.wave("s_cmov_b32 s20, s0", kAll, [](const State& in, State& out) { out.s[20] = in.scc ? in.s[0] : in.s[20]; });
  c.wave("s_cmov_b64 s[20:21], s[0:1]", kAll, [](const State& in, State& out) { out.set_pair(20, in.scc ? in.pair(0) : in.pair(20)); });
  c.wave("s_bitset1_b32 s20, s0", kAll, [](const State& in, State& out) { out.s[20] |= 1u << in.s[0] % 32; });
  c.wave("s_bitset0_b32 s20, s0", kAll, [](const State& in, State& out) { out.s[20] &= ~(1u << in.s[0] % 32); });
}

void compares(Cases& c) {
  struct Relation {
    const char* name;
    bool (*f)(i64, i64);
  };
  const Relation relations[] = {{"eq", [](i64 a, i64 b) { return a == b; }}, {"lg", [](i64 a, i64 b) { return a != b; }},
                                {"gt", [](i64 a, i64 b) { return a > b; }},  {"ge", [](i64 a, i64 b) { return a >= b; }},
                                {"lt", [](i64 a, i64 b) { return a < b; }},  {"le", [](i64 a, i64 b) { return a <= b; }}};
  for (const Relation& r : relations) {
    const std::string name = std::string("s_cmp_") + r.name;
    const auto f = r.f;
    for (const char* operands : {" s0, s1", " s0, s0"}) {
      const unsigned second = std::string(operands) == " s0, s1" ? 1 : 0;
      c.wave(name + "_u32" + operands, kAll, [=](const State& in, State& out) { out.scc = f(in.s[0], in.s[second]); });
      c.wave(name + "_i32" + operands, kAll,
             [=](const State& in, State& out) { out.scc = f(static_cast<i32>(in.s[0]), static_cast<i32>(in.s[second])); });
    }
    const std::string k = std::string("s_cmpk_") + r.name;
    c.wave(k + "_u32 s0, 0xfffe", k1011_9, [=](const State& in, State& out) { out.scc = f(in.s[0], 0xfffe); });
    c.wave(k + "_i32 s0, 0xfffe", k1011_9, [=](const State& in, State& out) { out.scc = f(static_cast<i32>(in.s[0]), -2); });
  }
  for (const char* operands : {"s[0:1], s[2:3]", "s[0:1], s[0:1]"}) {
    const unsigned second = std::string(operands).find("2:3") != std::string::npos ? 2 : 0;
    c.wave(std::string("s_cmp_eq_u64 ") + operands, kAll, [=](const State& in, State& out) { out.scc = in.pair(0) == in.pair(second); });
    c.wave(std::string("s_cmp_lg_u64 ") + operands, kAll, [=](const State& in, State& out) { out.scc = in.pair(0) != in.pair(second); });
  }
  c.wave("s_bitcmp0_b32 s0, s1", kAll, [](const State& in, State& out) { out.scc = !(in.s[0] >> in.s[1] % 32 & 1); });
  c.wave("s_bitcmp1_b32 s0, s1", kAll, [](const State& in, State& out) { out.scc = in.s[0] >> in.s[1] % 32 & 1; });
  struct Save {
    const char *now, *before;
    u64 (*f)(u64, u64);
  };
  const Save saves[] = {
      {"and", "and", [](u64 s, u64 e) { return s & e; }},         {"or", "or", [](u64 s, u64 e) { return s | e; }},
      {"xor", "xor", [](u64 s, u64 e) { return s ^ e; }},         {"and_not1", "andn2", [](u64 s, u64 e) { return s & ~e; }},
      {"and_not0", "andn1", [](u64 s, u64 e) { return ~s & e; }}, {"or_not1", "orn2", [](u64 s, u64 e) { return s | ~e; }}};
  for (const Save& s : saves) {
    const auto f = s.f;
    const auto body = [f](bool wide) {
      return [f, wide](const State& in, State& out) {
        const u64 source = wide ? in.pair(0) : in.s[0], exec = wide ? in.pair(126) : in.s[126];
        const u64 result = wide ? f(source, exec) : static_cast<u32>(f(source, exec));
        if (wide) out.set_pair(20, exec), out.set_pair(126, result);
        else out.s[20] = static_cast<u32>(exec), out.s[126] = static_cast<u32>(result);
        out.scc = result != 0;
      };
    };
    const std::string now = std::string("s_") + s.now + "_saveexec", before = std::string("s_") + s.before + "_saveexec";
    c.wave(now + "_b32 s20, s0", k1112, body(false));
    c.wave(now + "_b64 s[20:21], s[0:1]", k1112, body(true));
    c.wave(before + "_b32 s20, s0", k10, body(false));
    c.wave(before + "_b64 s[20:21], s[0:1]", old, body(true));
  }
}

// Scalar floats of gfx12.
void floats(Cases& c) {
  const auto two_f = [&](const char* name, double (*f)(double, double)) {
    c.wave(std::string(name) + " s20, s0, s1", k12,
           [f](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(f(as_float(in.s[0]), as_float(in.s[1])))); });
  };
  two_f("s_add_f32", [](double a, double b) { return a + b; });
  two_f("s_sub_f32", [](double a, double b) { return a - b; });
  two_f("s_mul_f32", [](double a, double b) { return a * b; });
  two_f("s_max_num_f32", [](double a, double b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : a > b || (a == b && !std::signbit(a)) ? a : b;
  });
  two_f("s_min_num_f32", [](double a, double b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : a < b || (a == b && std::signbit(a)) ? a : b;
  });
  const auto one_f = [&](const char* name, double (*f)(double)) {
    c.wave(std::string(name) + "_f32 s20, s0", k12,
           [f](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(f(as_float(in.s[0])))); });
  };
  one_f("s_floor", [](double a) { return std::floor(a); });
  one_f("s_ceil", [](double a) { return std::ceil(a); });
  one_f("s_trunc", [](double a) { return std::trunc(a); });
  one_f("s_rndne", [](double a) { return std::copysign(std::fabs(a) < 0x1p52 ? std::fabs(a) + 0x1p52 - 0x1p52 : std::fabs(a), a); });
  c.wave("s_cvt_f32_i32 s20, s0", k12,
         [](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(static_cast<double>(static_cast<i32>(in.s[0])))); });
  c.wave("s_cvt_f32_u32 s20, s0", k12,
         [](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(static_cast<double>(in.s[0]))); });
  const auto limited = [](float x, double lowest, double highest) {
    return std::isnan(x) ? 0 : static_cast<i64>(std::min(std::max<double>(x, lowest), highest));
  };
  c.wave("s_cvt_i32_f32 s20, s0", k12,
         [=](const State& in, State& out) { out.s[20] = static_cast<u32>(limited(as_float(in.s[0]), -2147483648.0, 2147483647.0)); });
  c.wave("s_cvt_u32_f32 s20, s0", k12,
         [=](const State& in, State& out) { out.s[20] = static_cast<u32>(limited(as_float(in.s[0]), 0, 4294967295.0)); });
  c.wave("s_cvt_f16_f32 s20, s0", k12, [](const State& in, State& out) { out.s[20] = half_bits(as_float(in.s[0])); }, [](State& s) {
    if (std::isnan(as_float(s.s[0]))) s.s[0] = 0x3f80'1234;
  });
  c.wave("s_cvt_f32_f16 s20, s0", k12, [](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(half_value(in.s[0]))); });
  c.wave("s_fmac_f32 s20, s0, s1", k12, [](const State& in, State& out) {
    out.s[20] = as_bits(static_cast<float>(fused_value(as_float(in.s[0]), as_float(in.s[1]), as_float(in.s[20]))));
  });
  c.wave("s_fmamk_f32 s20, s0, 0x40490fdb, s1", k12, [](const State& in, State& out) {
    out.s[20] = as_bits(static_cast<float>(fused_value(as_float(in.s[0]), 3.14159274f, as_float(in.s[1]))));
  });
  c.wave("s_fmaak_f32 s20, s0, s1, 0x40490fdb", k12, [](const State& in, State& out) {
    out.s[20] = as_bits(static_cast<float>(fused_value(as_float(in.s[0]), as_float(in.s[1]), 3.14159274f)));
  });
  const auto relation = [&](const char* name, bool (*f)(float, float)) {
    c.wave(std::string("s_cmp_") + name + "_f32 s0, s1", k12,
           [f](const State& in, State& out) { out.scc = f(as_float(in.s[0]), as_float(in.s[1])); });
  };
  relation("lt", [](float a, float b) { return a < b; });
  relation("gt", [](float a, float b) { return a > b; });
  relation("le", [](float a, float b) { return a <= b; });
  relation("ge", [](float a, float b) { return a >= b; });
  relation("eq", [](float a, float b) { return a == b; });
  relation("neq", [](float a, float b) { return a != b; });
  relation("nlt", [](float a, float b) { return !(a < b); });
  relation("ngt", [](float a, float b) { return !(a > b); });
}

}  // namespace

void scalar_cases(Cases& c) {
  sums(c);
  logic(c);
  moves(c);
  compares(c);
  floats(c);
}

}  // namespace llmc::emu::test
