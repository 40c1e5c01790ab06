// Vector float32 and float64 arithmetic (RDNA3 ISA, chapter 16, VOP1, VOP2, VOP3). Rounding and denormals follow MODE by way of the host's
// own control register (execute.cpp), so the expressions are the host's.
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

constexpr auto fused = [](float a, float b, float c) { return std::fma(a, b, c); };
constexpr auto median = [](float a, float b, float c) { return middle(a, b, c); };
constexpr auto rndne = [](float a) { return std::nearbyint(a); };
// The legacy product: 0 times anything is +0.
constexpr auto mul_legacy = [](float a, float b) { return a == 0 || b == 0 ? 0.0f : a * b; };

// a * 2^b, one rounding. The exponent's change is cut to what takes any float32 to zero or infinity, and applied in float64.
constexpr auto scaled = [](float a, i32 e) {
  const i32 cut = e > 400 ? 400 : e < -400 ? -400 : e;
  return static_cast<float>(static_cast<double>(a) * std::bit_cast<double>(static_cast<u64>(1023 + cut) << 52));
};

// Significand in [0.5, 1) and its exponent; zero, infinity and NaN stay and have the exponent 0.
constexpr auto frexp_mantissa = [](float a) {
  int e = 0;
  return std::isfinite(a) ? std::frexp(a, &e) : a;
};
constexpr auto frexp_exponent = [](float a) {
  int e = 0;
  if (std::isfinite(a)) static_cast<void>(std::frexp(a, &e));
  return static_cast<i32>(e);
};
// x - floor(x), at most the largest number below 1.
constexpr auto fraction = [](float a) {
  const float f = a - std::floor(a);
  return f >= 1.0f ? 0x1.fffffep-1f : f;
};

// Helpers of division, as the ISA gives them: div_fixup repairs the special cases of the quotient of b and c computed in a.
constexpr auto div_fixup = [](float quotient, float denominator, float numerator) {
  const bool negative = std::signbit(denominator) != std::signbit(numerator);
  const float infinity = std::numeric_limits<float>::infinity();
  if (numerator != numerator) return quieted(numerator);
  if (denominator != denominator) return quieted(denominator);
  if ((denominator == 0 && numerator == 0) || (std::isinf(denominator) && std::isinf(numerator))) return std::bit_cast<float>(0xffc0'0000u);
  if (denominator == 0 || std::isinf(numerator)) return negative ? -infinity : infinity;
  if (std::isinf(denominator) || numerator == 0) return negative ? -0.0f : 0.0f;
  int en, ed;
  static_cast<void>(std::frexp(numerator, &en));
  static_cast<void>(std::frexp(denominator, &ed));
  if (en - ed < -150) return negative ? -0.0f : 0.0f;
  if (quotient != quotient || en - ed > 129) return negative ? -infinity : infinity;
  return negative ? -std::fabs(quotient) : std::fabs(quotient);
};

// Multiply and add with two roundings; never takes or gives denormals, whatever MODE says (Vega ISA, V_MAD_F32).
constexpr auto mad = [](float a, float b, float c) {
  const float product = without_denormal(without_denormal(a) * without_denormal(b));
  return without_denormal(product + without_denormal(c));
};

constexpr Operation table[] = {
    vector<[](float a, float b) { return a + b; }>("v_add_f32"),
    vector<[](float a, float b) { return a - b; }>("v_sub_f32"),
    vector<[](float a, float b) { return b - a; }>("v_subrev_f32"),
    vector<[](float a, float b) { return a * b; }>("v_mul_f32"),
    vector<mul_legacy>("v_mul_legacy_f32"),
    vector<mul_legacy>("v_mul_dx9_zero_f32"),
    vector<fused>("v_fma_f32"),
    accumulating<fused>("v_fmac_f32"),
    vector<mad>("v_mad_f32"),
    accumulating<mad>("v_mac_f32"),
    vector<mad>("v_madmk_f32"),
    vector<mad>("v_madak_f32"),
    vector<fused>("v_fmamk_f32"),
    vector<fused>("v_fmaak_f32"),
    vector<[](float a, float b) { return larger(a, b); }>("v_max_f32"),
    vector<[](float a, float b) { return smaller(a, b); }>("v_min_f32"),
    vector<[](float a, float b) { return larger(a, b); }>("v_max_num_f32"),
    vector<[](float a, float b) { return smaller(a, b); }>("v_min_num_f32"),
    vector<[](float a, float b, float c) { return larger(larger(a, b), c); }>("v_max3_f32"),
    vector<[](float a, float b, float c) { return smaller(smaller(a, b), c); }>("v_min3_f32"),
    vector<[](float a, float b, float c) { return larger(larger(a, b), c); }>("v_max3_num_f32"),
    vector<[](float a, float b, float c) { return smaller(smaller(a, b), c); }>("v_min3_num_f32"),
    vector<[](float a, float b) { return maximum_or_nan(a, b); }>("v_maximum_f32"),
    vector<[](float a, float b) { return minimum_or_nan(a, b); }>("v_minimum_f32"),
    vector<median>("v_med3_f32"),
    vector<median>("v_med3_num_f32"),
    vector<[](float a, float b, float c) { return larger(smaller(a, b), c); }>("v_minmax_f32"),
    vector<[](float a, float b, float c) { return smaller(larger(a, b), c); }>("v_maxmin_f32"),
    vector<[](float a, float b, float c) { return larger(smaller(a, b), c); }>("v_minmax_num_f32"),
    vector<[](float a, float b, float c) { return smaller(larger(a, b), c); }>("v_maxmin_num_f32"),
    vector<[](float a) { return std::floor(a); }>("v_floor_f32"),
    vector<[](float a) { return std::ceil(a); }>("v_ceil_f32"),
    vector<[](float a) { return std::trunc(a); }>("v_trunc_f32"),
    vector<rndne>("v_rndne_f32"),
    vector<fraction>("v_fract_f32"),
    vector<scaled>("v_ldexp_f32"),
    vector<frexp_mantissa>("v_frexp_mant_f32"),
    vector<frexp_exponent>("v_frexp_exp_i32_f32"),
    vector<div_fixup>("v_div_fixup_f32"),

    vector<[](FloatPair a, FloatPair b) { return FloatPair{a.lo + b.lo, a.hi + b.hi}; }>("v_pk_add_f32", InstructionClass::vector_packed),
    vector<[](FloatPair a, FloatPair b) { return FloatPair{a.lo * b.lo, a.hi * b.hi}; }>("v_pk_mul_f32", InstructionClass::vector_packed),
    vector<[](FloatPair a, FloatPair b, FloatPair c) {
      return FloatPair{std::fma(a.lo, b.lo, c.lo), std::fma(a.hi, b.hi, c.hi)};
    }>("v_pk_fma_f32", InstructionClass::vector_packed),
    // The low result is the half of the first source that op_sel names, the high one that of the second.
    vector<[](FloatPair a, FloatPair b) { return FloatPair{a.lo, b.lo}; }>("v_pk_mov_b32", InstructionClass::vector_packed),

    vector<[](double a, double b) { return a + b; }>("v_add_f64"),
    vector<[](double a, double b) { return a * b; }>("v_mul_f64"),
    vector<[](double a, double b, double c) { return std::fma(a, b, c); }>("v_fma_f64"),
};

}  // namespace

std::span<const Operation> float_operations() { return table; }

}  // namespace llmc::emu
