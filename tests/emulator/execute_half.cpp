// 16-bit floats: single, packed, and mixed with float32 (RDNA3 ISA, 7.4, 7.5 and chapter 16). A sum or product of two 16-bit floats
// computed in float32 rounds to 16 bits as if computed exactly (24 >= 2 * 11 + 2); a fused product and sum takes float64.
#include <algorithm>
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

constexpr auto kPacked = InstructionClass::vector_packed;

inline float fused_half(float a, float b, float c) {
  const double exact = static_cast<double>(a) * b + c;
  return exact == exact ? round_to_odd(exact) : static_cast<float>(exact);
}

constexpr auto add = [](Half a, Half b) { return Half{a.v + b.v}; };
constexpr auto sub = [](Half a, Half b) { return Half{a.v - b.v}; };
constexpr auto mul = [](Half a, Half b) { return Half{a.v * b.v}; };
constexpr auto fused = [](Half a, Half b, Half c) { return Half{fused_half(a.v, b.v, c.v)}; };
constexpr auto maximum = [](Half a, Half b) { return Half{larger(a.v, b.v)}; };
constexpr auto minimum = [](Half a, Half b) { return Half{smaller(a.v, b.v)}; };
constexpr auto pk_fused = [](HalfPair a, HalfPair b, HalfPair c) {
  return HalfPair{fused_half(a.lo, b.lo, c.lo), fused_half(a.hi, b.hi, c.hi)};
};
constexpr auto pk_max = [](HalfPair a, HalfPair b) { return HalfPair{larger(a.lo, b.lo), larger(a.hi, b.hi)}; };
constexpr auto pk_min = [](HalfPair a, HalfPair b) { return HalfPair{smaller(a.lo, b.lo), smaller(a.hi, b.hi)}; };
constexpr auto mix = [](Mixed a, Mixed b, Mixed c) { return std::fma(a.v, b.v, c.v); };
constexpr auto mix_half = [](Mixed a, Mixed b, Mixed c) { return Half{std::fma(a.v, b.v, c.v)}; };

template <auto F>
constexpr auto shorts = [](ShortPair a, ShortPair b) { return std::bit_cast<u32>(ShortPair{F(a.lo, b.lo), F(a.hi, b.hi)}); };
constexpr auto pk_add_u16 = shorts<[](u16 a, u16 b) { return static_cast<u16>(a + b); }>;
constexpr auto pk_sub_u16 = shorts<[](u16 a, u16 b) { return static_cast<u16>(a - b); }>;
constexpr auto pk_mul_u16 = shorts<[](u16 a, u16 b) { return static_cast<u16>(static_cast<u32>(a) * b); }>;
constexpr auto pk_shl = shorts<[](u16 a, u16 b) { return static_cast<u16>(b << (a & 15)); }>;
constexpr auto pk_shr = shorts<[](u16 a, u16 b) { return static_cast<u16>(b >> (a & 15)); }>;
constexpr auto pk_sar = shorts<[](u16 a, u16 b) { return static_cast<u16>(static_cast<i16>(b) >> (a & 15)); }>;
constexpr auto pk_max_i16 = shorts<[](u16 a, u16 b) { return static_cast<u16>(std::max(static_cast<i16>(a), static_cast<i16>(b))); }>;
constexpr auto pk_min_i16 = shorts<[](u16 a, u16 b) { return static_cast<u16>(std::min(static_cast<i16>(a), static_cast<i16>(b))); }>;
constexpr auto pk_max_u16 = shorts<[](u16 a, u16 b) { return std::max(a, b); }>;
constexpr auto pk_min_u16 = shorts<[](u16 a, u16 b) { return std::min(a, b); }>;
constexpr auto pk_mad_u16 = [](ShortPair a, ShortPair b, ShortPair c) {
  return std::bit_cast<u32>(
      ShortPair{static_cast<u16>(static_cast<u32>(a.lo) * b.lo + c.lo), static_cast<u16>(static_cast<u32>(a.hi) * b.hi + c.hi)});
};
constexpr auto max3_half = [](Half a, Half b, Half c) { return Half{larger(larger(a.v, b.v), c.v)}; };
constexpr auto min3_half = [](Half a, Half b, Half c) { return Half{smaller(smaller(a.v, b.v), c.v)}; };
constexpr auto med3_half = [](Half a, Half b, Half c) { return Half{middle(a.v, b.v, c.v)}; };
// Beyond 64 the exponent takes any 16-bit float to zero or infinity.
constexpr auto ldexp_half = [](Half a, i16 e) {
  const i32 cut = e > 64 ? 64 : e < -64 ? -64 : e;
  return Half{a.v * std::bit_cast<float>(static_cast<u32>(127 + cut) << 23)};
};
constexpr auto floor_half = [](Half a) { return Half{std::floor(a.v)}; };

constexpr Operation table[] = {
    vector<add>("v_add_f16"),
    vector<sub>("v_sub_f16"),
    vector<[](Half a, Half b) { return Half{b.v - a.v}; }>("v_subrev_f16"),
    vector<mul>("v_mul_f16"),
    vector<fused>("v_fma_f16"),
    accumulating<fused>("v_fmac_f16"),
    vector<fused>("v_fmamk_f16"),
    vector<fused>("v_fmaak_f16"),
    vector<maximum>("v_max_f16"),
    vector<minimum>("v_min_f16"),
    vector<maximum>("v_max_num_f16"),
    vector<minimum>("v_min_num_f16"),
    vector<max3_half>("v_max3_f16"),
    vector<min3_half>("v_min3_f16"),
    vector<med3_half>("v_med3_f16"),
    vector<max3_half>("v_max3_num_f16"),
    vector<min3_half>("v_min3_num_f16"),
    vector<med3_half>("v_med3_num_f16"),
    vector<ldexp_half>("v_ldexp_f16"),
    vector<floor_half>("v_floor_f16"),
    vector<[](Half a) { return Half{std::ceil(a.v)}; }>("v_ceil_f16"),
    vector<[](Half a) { return Half{std::trunc(a.v)}; }>("v_trunc_f16"),
    vector<[](Half a) { return Half{std::nearbyint(a.v)}; }>("v_rndne_f16"),
    vector<[](HalfPair a, HalfPair b) { return HalfPair{a.lo + b.lo, a.hi + b.hi}; }>("v_pk_add_f16", kPacked),
    vector<[](HalfPair a, HalfPair b) { return HalfPair{a.lo * b.lo, a.hi * b.hi}; }>("v_pk_mul_f16", kPacked),
    vector<pk_fused>("v_pk_fma_f16", kPacked),
    accumulating<pk_fused>("v_pk_fmac_f16", kPacked),
    vector<pk_max>("v_pk_max_f16", kPacked),
    vector<pk_min>("v_pk_min_f16", kPacked),
    vector<pk_max>("v_pk_max_num_f16", kPacked),
    vector<pk_min>("v_pk_min_num_f16", kPacked),
    vector<mix>("v_fma_mix_f32"),
    vector<mix_half>("v_fma_mixlo_f16"),
    vector<mix_half>("v_fma_mixhi_f16"),
    vector<pk_add_u16>("v_pk_add_u16", kPacked),
    vector<pk_add_u16>("v_pk_add_i16", kPacked),
    vector<pk_sub_u16>("v_pk_sub_u16", kPacked),
    vector<pk_sub_u16>("v_pk_sub_i16", kPacked),
    vector<pk_mul_u16>("v_pk_mul_lo_u16", kPacked),
    vector<pk_shl>("v_pk_lshlrev_b16", kPacked),
    vector<pk_shr>("v_pk_lshrrev_b16", kPacked),
    vector<pk_sar>("v_pk_ashrrev_i16", kPacked),
    vector<pk_max_i16>("v_pk_max_i16", kPacked),
    vector<pk_min_i16>("v_pk_min_i16", kPacked),
    vector<pk_max_u16>("v_pk_max_u16", kPacked),
    vector<pk_min_u16>("v_pk_min_u16", kPacked),
    vector<pk_mad_u16>("v_pk_mad_u16", kPacked),
    vector<pk_mad_u16>("v_pk_mad_i16", kPacked),
};

}  // namespace

std::span<const Operation> half_operations() { return table; }

}  // namespace llmc::emu
