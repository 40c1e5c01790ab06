// Matrix instructions: tiles are gathered from the registers by element, multiplied, and laid out again. The numbers are small enough
// that every sum is exact in any order.
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

enum class Kind { f32, f16, bf16, i8, u8, i4, u4 };

unsigned per_register(Kind k) {
  return k == Kind::f32 ? 1 : k == Kind::f16 || k == Kind::bf16 ? 2 : k == Kind::i8 || k == Kind::u8 ? 4 : 8;
}

double value(Kind kind, u32 word, unsigned k) {
  switch (kind) {
    case Kind::f32: return as_float(word);
    case Kind::f16: return half_value(word >> 16 * k);
    case Kind::bf16: return bf16_value(word >> 16 * k & 0xffff);
    case Kind::i8: return static_cast<i8>(word >> 8 * k);
    case Kind::u8: return word >> 8 * k & 255;
    case Kind::i4: return static_cast<int>((word >> 4 * k & 15) ^ 8) - 8;
    case Kind::u4: return word >> 4 * k & 15;
  }
  return 0;
}

// Where element (row, k) of A lies: lane and element number within the lane's registers.
struct Place {
  unsigned lane, element;
};
using Where = Place (*)(unsigned row, unsigned k);

struct Shape {
  unsigned m, k;
  Where source;
  Place (*result)(unsigned row, unsigned column);  // lane and register
};

void product(const State& in, State& out, const Shape& s, Kind a, Kind b, unsigned at_a, unsigned at_b, unsigned at_c, bool accumulators) {
  const auto element = [&](Kind kind, unsigned first, unsigned row, unsigned k) {
    const Place p = s.source(row, k);
    return value(kind, in.v[first + p.element / per_register(kind)][p.lane], p.element % per_register(kind));
  };
  for (unsigned row = 0; row < s.m; row++)
    for (unsigned column = 0; column < s.m; column++) {
      const Place p = s.result(row, column);
      const u32 c = accumulators ? in.a[at_c + p.element][p.lane] : in.v[at_c + p.element][p.lane];
      const bool integer = a >= Kind::i8;
      double sum = integer ? static_cast<i32>(c) : as_float(c);
      for (unsigned k = 0; k < s.k; k++) sum += element(a, at_a, row, k) * element(b, at_b, column, k);
      const u32 d = integer ? static_cast<u32>(static_cast<i64>(sum)) : as_bits(static_cast<float>(sum));
      if (accumulators) out.a[at_c + p.element][p.lane] = d;
      else out.v[at_c + p.element][p.lane] = d;
    }
}

u32 small_word(Kind kind, u32 random) {
  const auto f = [](u32 x) { return static_cast<float>(static_cast<int>(x % 33) - 16) / 4; };
  switch (kind) {
    case Kind::f32: return as_bits(f(random));
    case Kind::f16: return half_bits(f(random)) | half_bits(f(random / 64)) << 16;
    case Kind::bf16: return as_bits(f(random)) >> 16 | (as_bits(f(random / 64)) & 0xffff'0000u);
    default: return random;
  }
}
// Sources of the right kind in v0 to v15, sums in v16 to v31 and the accumulators.
void prepare(State& s, Kind kind, bool copies, bool full) {
  for (unsigned r = 0; r < 16; r++)
    for (unsigned l = 0; l < 64; l++) {
      s.v[r][l] = copies && l >= 16 ? s.v[r][l % 16] : small_word(kind, s.v[r][l] ^ r * 0x9e37'79b9u ^ l * 0x85eb'ca6bu);
    }
  for (unsigned r = 0; r < 16; r++)
    for (unsigned l = 0; l < 64; l++) {
      s.v[16 + r][l] = kind < Kind::i8 ? as_bits(static_cast<float>(s.v[16 + r][l] % 1000)) : s.v[16 + r][l];
      s.a[r][l] = kind < Kind::i8 ? as_bits(static_cast<float>(s.a[r][l] % 1000)) : s.a[r][l];
    }
  if (full) s.set_mask(126, s.lanes == 64 ? ~0ull : 0xffff'ffffull);
}

void mfma(Cases& c, const std::string& name, const Families& families, const Shape& s, Kind kind) {
  const unsigned sources = s.m * s.k / 64 / per_register(kind), results = s.m * s.m / 64;
  for (const bool accumulators : {false, true}) {
    const std::string d = registers(accumulators ? 'a' : 'v', accumulators ? 0 : 16, results);
    c.wave(name + " " + d + ", " + registers('v', 0, sources) + ", " + registers('v', 4, sources) + ", " + d, families,
           [=](const State& in, State& out) { product(in, out, s, kind, kind, 0, 4, accumulators ? 0 : 16, accumulators); },
           [=](State& st) { prepare(st, kind, false, false); });
  }
}

void wmma(Cases& c, const std::string& name, const Families& families, const Shape& narrow, Kind a, Kind b, bool copies) {
  const unsigned sources = 16 * (copies ? 32 : 16) / 32 / per_register(a) + 0u;
  const unsigned results = 8;
  const std::string modifier =
      a == Kind::i8 || a == Kind::i4 || b == Kind::i8 || b == Kind::i4
          ? std::string(" neg_lo:[") + (a == Kind::i8 || a == Kind::i4 ? "1," : "0,") + (b == Kind::i8 || b == Kind::i4 ? "1,0]" : "0,0]")
          : "";
  c.wave(
      name + " " + registers('v', 16, results) + ", " + registers('v', 0, sources) + ", " + registers('v', 8, sources) + ", " +
          registers('v', 16, results) + modifier,
      families, [=](const State& in, State& out) { product(in, out, narrow, a, b, 0, 8, 16, false); },
      [=](State& st) { prepare(st, a, copies, true); });
}

}  // namespace

void matrix_cases(Cases& c) {
  const auto d16 = [](unsigned row, unsigned column) { return Place{row / 4 * 16 + column, row % 4}; };
  const auto d32 = [](unsigned row, unsigned column) { return Place{row / 4 % 2 * 32 + column, row / 8 * 4 + row % 4}; };
  const Shape s16x4{16, 4, [](unsigned row, unsigned k) { return Place{k * 16 + row, 0}; }, d16};
  const Shape s32x2{32, 2, [](unsigned row, unsigned k) { return Place{k * 32 + row, 0}; }, d32};
  const Shape s16x16{16, 16, [](unsigned row, unsigned k) { return Place{k / 4 * 16 + row, k % 4}; }, d16};
  const Shape s32x8{32, 8, [](unsigned row, unsigned k) { return Place{k / 4 * 32 + row, k % 4}; }, d32};
  const Shape s16x32{16, 32, [](unsigned row, unsigned k) { return Place{k / 8 * 16 + row, k % 8}; }, d16};
  const Shape s32x16{32, 16, [](unsigned row, unsigned k) { return Place{k / 8 * 32 + row, k % 8}; }, d32};
  mfma(c, "v_mfma_f32_16x16x4f32", k9, s16x4, Kind::f32);
  mfma(c, "v_mfma_f32_16x16x4_f32", k94, s16x4, Kind::f32);
  mfma(c, "v_mfma_f32_32x32x2f32", k9, s32x2, Kind::f32);
  mfma(c, "v_mfma_f32_32x32x2_f32", k94, s32x2, Kind::f32);
  mfma(c, "v_mfma_f32_16x16x16f16", k9, s16x16, Kind::f16);
  mfma(c, "v_mfma_f32_16x16x16_f16", k94, s16x16, Kind::f16);
  mfma(c, "v_mfma_f32_32x32x8f16", k9, s32x8, Kind::f16);
  mfma(c, "v_mfma_f32_32x32x8_f16", k94, s32x8, Kind::f16);
  mfma(c, "v_mfma_f32_16x16x16bf16_1k", k9, s16x16, Kind::bf16);
  mfma(c, "v_mfma_f32_16x16x16_bf16", k94, s16x16, Kind::bf16);
  mfma(c, "v_mfma_f32_32x32x8bf16_1k", k9, s32x8, Kind::bf16);
  mfma(c, "v_mfma_f32_32x32x8_bf16", k94, s32x8, Kind::bf16);
  mfma(c, "v_mfma_i32_16x16x16i8", k9, s16x16, Kind::i8);
  mfma(c, "v_mfma_i32_32x32x8i8", k9, s32x8, Kind::i8);
  mfma(c, "v_mfma_i32_16x16x32_i8", k94, s16x32, Kind::i8);
  mfma(c, "v_mfma_i32_32x32x16_i8", k94, s32x16, Kind::i8);
  c.wave("v_mfma_f32_16x16x16_f16 v[16:19], v[0:1], v[4:5], 1.0", k94, [s16x16](const State& in, State& out) {
    State with_ones = in;
    for (unsigned r = 16; r < 20; r++)
      for (u32& x : with_ones.v[r]) x = as_bits(1);
    product(with_ones, out, s16x16, Kind::f16, Kind::f16, 0, 4, 16, false);
  }, [](State& s) { prepare(s, Kind::f16, false, false); });

  const Shape gfx11{16, 16, [](unsigned row, unsigned k) { return Place{row, k}; },
                    [](unsigned row, unsigned column) { return Place{row % 2 * 16 + column, row / 2}; }};
  const Shape gfx12{16, 16, [](unsigned row, unsigned k) { return Place{k / 8 * 16 + row, k % 8}; },
                    [](unsigned row, unsigned column) { return Place{row / 8 * 16 + column, row % 8}; }};
  for (const bool copies : {true, false}) {
    const Families& families = copies ? k11 : k12;
    const Shape& s = copies ? gfx11 : gfx12;
    wmma(c, "v_wmma_f32_16x16x16_f16", families, s, Kind::f16, Kind::f16, copies);
    wmma(c, "v_wmma_f32_16x16x16_bf16", families, s, Kind::bf16, Kind::bf16, copies);
    wmma(c, "v_wmma_i32_16x16x16_iu8", families, s, Kind::u8, Kind::i8, copies);
    wmma(c, "v_wmma_i32_16x16x16_iu8", families, s, Kind::i8, Kind::i8, copies);
    wmma(c, "v_wmma_i32_16x16x16_iu4", families, s, Kind::u4, Kind::i4, copies);
    wmma(c, "v_wmma_i32_16x16x16_iu4", families, s, Kind::i4, Kind::u4, copies);
  }
}

}  // namespace llmc::emu::test
