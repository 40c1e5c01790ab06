#include "tests/emulator/instruction_harness.h"
#include <cmath>
#include <cstdlib>
#include <random>
#include <gtest/gtest.h>
#include "tests/emulator/assembler.h"
#include "tests/emulator/execute.h"

namespace llmc::emu::test {
namespace {

// Lets every access through.
class OpenMemory : public Memory {
 public:
  void global(const Access&, const u64*) override {}
  void lds(const Access&, const u32*) override {}
  void scalar(const Instruction&, Wave&, u64, u32) override {}
  void order(const Instruction&, Wave&) override {}
  u64 clock(Wave&) override { return 0x1234'5678'9abc'def0; }
};

using Random = std::mt19937_64;

u32 value(Random& random) {
  static const u32 edges[] = {0,           1,           2,           3,           31,          32,          33,          0x7f,
                              0x80,        0xff,        0x7fff,      0x8000,      0xffff,      0x10000,     0x7f'ffff,   0x80'0000,
                              0xff'ffff,   0x100'0000,  0x7fff'ffff, 0x8000'0000, 0x8000'0001, 0xffff'ffff, 0xffff'fffe, 0x3f80'0000,
                              0xbf80'0000, 0x3f00'0000, 0x4000'0000, 0x7f80'0000, 0xff80'0000, 0x7fc0'0000, 0x7fa0'0000, 0xffc1'2345,
                              0x0000'0001, 0x807f'ffff, 0x0080'0000, 0x7f7f'ffff, 0xff7f'ffff, 0x4f00'0000, 0xcf00'0000, 0x4f80'0000,
                              0x3eff'ffff, 0x4b00'0001, 0x477f'e000, 0x4780'0000, 0x3380'0000, 0x387f'c000, 0x3c00'bc00, 0x7c00'fc00,
                              0x7e00'0001, 0x7bff'0400, 0xfbff'83ff, 0x8000'3c01, 0x3555'7d00, 0x0001'8001};
  switch (random() % 4) {
    case 0: return edges[random() % std::size(edges)];
    case 1:
      return as_bits(
          static_cast<float>(std::ldexp(static_cast<double>(random() % 2000001) / 1000000 - 1, static_cast<int>(random() % 24) - 8)));
    case 2:
      return half_bits(static_cast<double>(random() % 20001) / 1000 - 10) | half_bits(static_cast<double>(random() % 2001) / 100 - 10)
                                                                                << 16;
    default: return static_cast<u32>(random());
  }
}

void randomise(State& s, Random& random) {
  for (auto& row : s.v)
    for (u32& x : row) x = value(random);
  for (auto& row : s.a)
    for (u32& x : row) x = value(random);
  for (u32& x : s.s) x = value(random);
  s.scc = random() & 1;
  s.memory.resize(kMemoryBytes);
  s.lds.resize(kMemoryBytes);
  for (u8& x : s.memory) x = static_cast<u8>(random());
  for (u8& x : s.lds) x = static_cast<u8>(random());
  // Addresses: v[10:11] into `memory`, v12 an offset into it from s[10:11], v13 into LDS; no two lanes meet in 16 bytes.
  s.memory_address = reinterpret_cast<u64>(s.memory.data());
  for (unsigned l = 0; l < 64; l++) {
    const u32 offset = ((l * 37 + 5) % 64) * 64 + 1024;
    const u64 address = s.memory_address + offset;
    s.v[10][l] = static_cast<u32>(address);
    s.v[11][l] = static_cast<u32>(address >> 32);
    s.v[12][l] = s.v[13][l] = offset;
  }
  s.set_pair(10, s.memory_address);
  for (auto& row : s.compare) std::fill(std::begin(row), std::end(row), Compare::bits);
  std::fill(std::begin(s.ulps), std::end(s.ulps), 0.0);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

const char* arch_of(unsigned family) {
  switch (family) {
    case 9: return "gfx90a";
    case 94: return "gfx942";
    case 10: return "gfx1030";
    case 11: return "gfx1100";
    default: return "gfx1201";
  }
}

// Distance of two floats in units of the expected one's last place; NaN equals NaN.
bool near(float got, float expected, double ulps) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (as_bits(got) == as_bits(expected)) return true;
  if (ulps == 0 || std::isinf(got) || std::isinf(expected)) return false;
  const double ulp = std::ldexp(1.0, std::max(std::ilogb(expected == 0 ? 1e-38f : expected), -126) - 23);
  return std::fabs(static_cast<double>(got) - expected) <= ulps * ulp;
}
bool same_half(u32 got, u32 expected) {
  const bool got_nan = std::isnan(half_value(got)), expected_nan = std::isnan(half_value(expected));
  return got_nan || expected_nan ? got_nan && expected_nan : (got & 0xffff) == (expected & 0xffff);
}
bool same(u32 got, u32 expected, Compare how, double ulps) {
  switch (how) {
    case Compare::bits: return got == expected;
    case Compare::f32: return near(as_float(got), as_float(expected), ulps);
    case Compare::f16_low: return same_half(got, expected) && got >> 16 == expected >> 16;
    case Compare::f16_pair: return same_half(got, expected) && same_half(got >> 16, expected >> 16);
  }
  return false;
}

constexpr u32 kDefaultMode = 0x3f0;

struct Setup {
  const Case& test;
  unsigned family, lanes;
  std::string where() const { return test.text + " on " + arch_of(family) + ", " + std::to_string(lanes) + " lanes"; }
};

// False at the first difference.
bool compare_states(const Setup& setup, const State& in, const State& got, const State& expected) {
  for (unsigned r = 0; r < kRegisters; r++)
    for (unsigned l = 0; l < setup.lanes; l++)
      if (!same(got.v[r][l], expected.v[r][l], expected.compare[r][l], expected.ulps[r])) {
        ADD_FAILURE() << setup.where() << ": v" << r << " lane " << l << std::hex << " is " << got.v[r][l] << ", expected "
                      << expected.v[r][l] << "; was " << in.v[r][l] << "; v0 " << in.v[0][l] << " v1 " << in.v[1][l] << " v2 " << in.v[2][l]
                      << " v3 " << in.v[3][l] << " v4 " << in.v[4][l] << " s0 " << in.s[0] << " s1 " << in.s[1] << " exec " << in.exec();
        return false;
      }
  for (unsigned r = 0; r < kAccumulators; r++)
    for (unsigned l = 0; l < setup.lanes; l++)
      if (got.a[r][l] != expected.a[r][l]) {
        ADD_FAILURE() << setup.where() << ": a" << r << " lane " << l << std::hex << " is " << got.a[r][l] << ", expected "
                      << expected.a[r][l];
        return false;
      }
  for (unsigned r = 0; r < 128; r++)
    if (got.s[r] != expected.s[r] &&
        !(std::isnan(as_float(got.s[r])) && std::isnan(as_float(expected.s[r])) && setup.test.text.find("_f32") != std::string::npos)) {
      ADD_FAILURE() << setup.where() << ": s" << r << std::hex << " is " << got.s[r] << ", expected " << expected.s[r] << "; was "
                    << in.s[r] << "; s0 " << in.s[0] << " s1 " << in.s[1] << " s2 " << in.s[2] << " s3 " << in.s[3] << " s4 " << in.s[4]
                    << " scc " << in.scc << " exec " << in.exec();
      return false;
    }
  if (got.scc != expected.scc) {
    ADD_FAILURE() << setup.where() << ": SCC is " << got.scc << std::hex << "; s0 " << in.s[0] << " s1 " << in.s[1] << " s2 " << in.s[2]
                  << " s3 " << in.s[3];
    return false;
  }
  for (unsigned k = 0; k < kMemoryBytes; k++)
    if (got.memory[k] != expected.memory[k] || got.lds[k] != expected.lds[k]) {
      ADD_FAILURE() << setup.where() << ": byte " << k << " of memory or LDS differs; exec " << std::hex << in.exec();
      return false;
    }
  return true;
}

void run_once(const Setup& setup, const Program& program, State& in, bool& failed) {
  constexpr unsigned total = kRegisters + kAccumulators;
  const State before = in;
  State expected = in;
  // The expectation works on copies; addresses stay those of the memory that the instruction sees.
  setup.test.wave(before, expected);

  static u32 file[total * 64 + 16];
  u32* aligned = file + (64 - reinterpret_cast<u64>(file) % 64) / 4 % 16;
  Wave w;
  Workgroup group;
  OpenMemory memory;
  std::vector<u64> executed(program.instructions().size());
  group.lds = in.lds.data();
  group.lds_bytes = kMemoryBytes;
  w.vgprs = aligned;
  w.vgpr_count = total;
  w.accum_offset = kRegisters;
  w.wave_size = setup.lanes;
  w.mode = kDefaultMode;
  w.workgroup = &group;
  w.memory = &memory;
  w.executed = executed.data();
  w.scratch = in.memory.data();
  w.scratch_bytes = kMemoryBytes / 64;
  w.scc = in.scc;
  std::memcpy(w.sgpr, in.s, sizeof in.s);
  for (unsigned r = 0; r < kRegisters; r++) std::memcpy(w.vgpr(r), in.v[r], setup.lanes * 4);
  for (unsigned r = 0; r < kAccumulators; r++) std::memcpy(w.vgpr(kRegisters + r), in.a[r], setup.lanes * 4);
  w.next = program.instructions().data();
  try {
    const StopReason stop = run(w, program, 64);
    if (stop != StopReason::ended) {
      ADD_FAILURE() << setup.where() << ": did not reach s_endpgm";
      failed = true;
      return;
    }
  } catch (const Fault& fault) {
    ADD_FAILURE() << setup.where() << ": " << fault.what();
    failed = true;
    return;
  }
  State got = in;
  got.scc = w.scc;
  std::memcpy(got.s, w.sgpr, sizeof got.s);
  for (unsigned r = 0; r < kRegisters; r++) std::memcpy(got.v[r], w.vgpr(r), setup.lanes * 4);
  for (unsigned r = 0; r < kAccumulators; r++) std::memcpy(got.a[r], w.vgpr(kRegisters + r), setup.lanes * 4);
  if (!compare_states(setup, before, got, expected)) failed = true;
}

void run_case(const Setup& setup) {
  std::string text = setup.test.text;
  const bool wide = setup.lanes == 64;
  text = replaced(text, "$m", wide ? "s[20:21]" : "s20");
  text = replaced(text, "$n", wide ? "s[24:25]" : "s24");
  text = replaced(text, "$c", wide ? "vcc" : "vcc_lo");
  const std::vector<u8> code = assemble(arch_of(setup.family), setup.lanes, text + "\ns_endpgm");
  if (code.empty()) {
    ADD_FAILURE() << setup.where() << ": the assembler refuses it";
    return;
  }
  std::vector<u32> aligned((code.size() + 3) / 4);
  std::memcpy(aligned.data(), code.data(), code.size());
  const Program program(arch_of(setup.family), setup.lanes, reinterpret_cast<const u8*>(aligned.data()), code.size());
  Random random(std::hash<std::string>()(setup.test.text));
  State state;
  state.lanes = setup.lanes;
  state.family = setup.family;
  bool failed = false;
  for (int round = 0; round < 16 && !failed; round++) {
    randomise(state, random);
    const u64 all = wide ? ~0ull : 0xffff'ffffull;
    const u64 masks[4] = {all, random() & all, 1ull << (random() % setup.lanes), 0};
    state.set_mask(126, masks[round % 8 == 7 ? 3 : round % 8 == 6 ? 2 : round % 2]);
    if (!wide) state.s[127] = 0;
    if (setup.test.prepare) setup.test.prepare(state);
    run_once(setup, program, state, failed);
  }
}

}  // namespace

float as_float(u32 bits) { return std::bit_cast<float>(bits); }
u32 as_bits(float value) { return std::bit_cast<u32>(value); }
double bf16_value(u32 bits) { return as_float(bits << 16); }

double half_value(u32 bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction ? std::nan("") : sign * HUGE_VAL;
  return exponent ? sign * std::ldexp(1024 + fraction, exponent - 25) : sign * std::ldexp(fraction, -24);
}

double fused_value(float a, float b, float c) {
  using Wide = __float128;
  if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c)) return static_cast<double>(a) * b + c;
  const Wide product = static_cast<Wide>(a) * b;
  Wide exact = product + c;
  // A term far below the other can only break a tie: a part of 2^-60 of the large one does the same, and fits.
  if (c != 0 && product != 0 && (exact == product || exact == c)) {
    const Wide large = exact == product ? product : static_cast<Wide>(c), small = exact == product ? static_cast<Wide>(c) : product;
    const Wide nudge = large * 0x1p-60;
    exact = large + ((small < 0) == (large < 0) ? nudge : -nudge);
  }
  if (exact == 0) return static_cast<double>(a) * b + c;  // the sign of zero
  return static_cast<float>(exact);
}

u32 half_bits(double value) {
  const u32 sign = std::signbit(value) ? 0x8000 : 0;
  const double m = std::fabs(value);
  if (std::isnan(value)) return 0x7e00;
  if (m >= 65520) return sign | 0x7c00;
  if (m < std::ldexp(1, -14)) return sign | static_cast<u32>(std::nearbyint(std::ldexp(m, 24)));
  const int e = std::ilogb(m);
  const u32 f = static_cast<u32>(std::nearbyint(std::ldexp(m, 10 - e)));  // 1024..2048; a carry runs into the exponent by itself
  return sign | ((static_cast<u32>(e + 15) << 10) + (f - 1024));
}

std::string registers(char file, unsigned first, unsigned count) {
  if (count == 1) return file + std::to_string(first);
  return file + ("[" + std::to_string(first) + ":" + std::to_string(first + count - 1) + "]");
}
u64 bytes_at(const std::vector<u8>& memory, u32 offset, unsigned bytes) {
  u64 x = 0;
  for (unsigned k = 0; k < bytes; k++) x |= static_cast<u64>(memory[offset + k]) << 8 * k;
  return x;
}
void put_bytes(std::vector<u8>& memory, u32 offset, unsigned bytes, u64 value) {
  for (unsigned k = 0; k < bytes; k++) memory[offset + k] = static_cast<u8>(value >> 8 * k);
}

void Lane::setf(unsigned r, double x, double ulps) {
  set(r, as_bits(static_cast<float>(x)));
  out_.compare[r][lane_] = Compare::f32;
  out_.ulps[r] = ulps;
}
void Lane::setd(unsigned r, double x) { set64(r, std::bit_cast<u64>(x)); }
void Lane::seth(unsigned r, double x) {
  set16(r, half_bits(x));
  out_.compare[r][lane_] = Compare::f16_low;
}
void Lane::seth_keep(unsigned r, double x) {
  set(r, (u(r) & 0xffff'0000u) | half_bits(x));
  out_.compare[r][lane_] = Compare::f16_pair;
}
void Lane::seth_high(unsigned r, double x) {
  set(r, (u(r) & 0xffffu) | half_bits(x) << 16);
  out_.compare[r][lane_] = Compare::f16_pair;
}
void Lane::setp(unsigned r, double lo, double hi) {
  set(r, half_bits(lo) | half_bits(hi) << 16);
  out_.compare[r][lane_] = Compare::f16_pair;
}
void Lane::set16(unsigned r, u32 x) {
  const bool clears = in_.family == 9 || in_.family == 94;
  set(r, (clears ? 0 : u(r) & 0xffff'0000u) | (x & 0xffffu));
}
void Lane::set_bit(unsigned scalar, bool x) {
  if (x) out_.set_mask(scalar, out_.mask(scalar) | 1ull << lane_);
}

void Cases::lane(const std::string& text, const Families& families, std::function<void(Lane&)> body, unsigned mask,
                 std::function<void(State&)> prepare) {
  const auto whole = [body, mask](const State& in, State& out) {
    if (mask) out.set_mask(mask, 0);
    for (unsigned l = 0; l < in.lanes; l++) {
      if (!(in.exec() >> l & 1)) continue;
      Lane lane(in, out, l);
      body(lane);
    }
  };
  cases_.push_back({text, families, whole, std::move(prepare)});
}

void Cases::wave(const std::string& text, const Families& families, std::function<void(const State&, State&)> body,
                 std::function<void(State&)> prepare) {
  cases_.push_back({text, families, std::move(body), std::move(prepare)});
}

void run_cases(const Cases& cases) {
  for (const Case& test : cases.all())
    for (const unsigned family : test.families) {
      if (family != 9 && family != 94) run_case({test, family, 32});
      const bool narrow =
          test.text.find("v_dual_") != std::string::npos || test.text.find("v_wmma") != std::string::npos;  // waves of 32 alone
      if (family == 9 || family == 94 || (family == 11 && !narrow)) run_case({test, family, 64});
    }
}

}  // namespace llmc::emu::test
