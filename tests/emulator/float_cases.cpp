// Float32, float64 and transcendental instructions, computed in wider types and rounded once.
#include <algorithm>
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

using Wide = __float128;
float rounded(Wide x) { return static_cast<float>(x); }

// The larger and the smaller of two: numbers before NaN, +0 above -0.
bool below(float a, float b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }
float larger_of(float a, float b) { return std::isnan(a) ? b : std::isnan(b) ? a : below(a, b) ? b : a; }
float smaller_of(float a, float b) { return std::isnan(a) ? b : std::isnan(b) ? a : below(b, a) ? b : a; }
float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

void arithmetic(Cases& c) {
  const auto two = [&](const char* name, const Families& families, double (*f)(double, double)) {
    c.lane(std::string(name) + " v20, v0, v1", families, [f](Lane& l) { l.setf(20, f(l.f(0), l.f(1))); });
  };
  two("v_add_f32", kAll, [](double a, double b) { return a + b; });
  two("v_sub_f32", kAll, [](double a, double b) { return a - b; });
  two("v_subrev_f32", kAll, [](double a, double b) { return b - a; });
  two("v_mul_f32", kAll, [](double a, double b) { return a * b; });
  two("v_mul_legacy_f32", {9, 94, 10}, [](double a, double b) { return a == 0 || b == 0 ? 0 : a * b; });
  two("v_mul_dx9_zero_f32", k1112, [](double a, double b) { return a == 0 || b == 0 ? 0 : a * b; });
  const auto max2 = [](double a, double b) { return static_cast<double>(larger_of(static_cast<float>(a), static_cast<float>(b))); };
  const auto min2 = [](double a, double b) { return static_cast<double>(smaller_of(static_cast<float>(a), static_cast<float>(b))); };
  two("v_max_f32", {9, 94, 10, 11}, max2);
  two("v_min_f32", {9, 94, 10, 11}, min2);
  two("v_maximum_f32", k12, [](double a, double b) {
    return std::isnan(a) || std::isnan(b) ? a + b : static_cast<double>(larger_of(static_cast<float>(a), static_cast<float>(b)));
  });
  two("v_minimum_f32", k12, [](double a, double b) {
    return std::isnan(a) || std::isnan(b) ? a + b : static_cast<double>(smaller_of(static_cast<float>(a), static_cast<float>(b)));
  });
  two("v_max_num_f32", k12, max2);
  two("v_min_num_f32", k12, min2);
  const auto fma3 = [](Lane& l) { l.setf(20, fused_value(l.f(0), l.f(1), l.f(2))); };
  c.lane("v_fma_f32 v20, v0, v1, v2", kAll, fma3);
  c.lane("v_fma_f32 v20, -v0, |v1|, -|v2|", kAll, [](Lane& l) { l.setf(20, fused_value(-l.f(0), std::fabs(l.f(1)), -std::fabs(l.f(2)))); });
  c.lane("v_fma_f32 v20, s0, v1, 2.0", kAll, [](Lane& l) { l.setf(20, fused_value(as_float(l.in().s[0]), l.f(1), 2.0f)); });
  c.lane("v_fma_f32 v20, v0, v1, v2 clamp", kAll, [](Lane& l) {
    const double x = fused_value(l.f(0), l.f(1), l.f(2));
    l.setf(20, x > 0 ? std::min(x, 1.0) : 0);
  });
  const auto fmac = [](Lane& l) { l.setf(20, fused_value(l.f(0), l.f(1), l.f(20))); };
  c.lane("v_fmac_f32 v20, v0, v1", kAll, fmac);
  c.lane("v_fmac_f32 v20, -v0, v1", kAll, [](Lane& l) { l.setf(20, fused_value(-l.f(0), l.f(1), l.f(20))); });
  c.lane("v_fmac_f32 v0, v0, v0", kAll, [](Lane& l) { l.setf(0, fused_value(l.f(0), l.f(0), l.f(0))); });
  c.lane("v_fmamk_f32 v20, v0, 0x40490fdb, v1", {94, 10, 11, 12},
         [](Lane& l) { l.setf(20, fused_value(l.f(0), 3.14159274101257324f, l.f(1))); });
  c.lane("v_fmaak_f32 v20, v0, v1, 0x40490fdb", {94, 10, 11, 12},
         [](Lane& l) { l.setf(20, fused_value(l.f(0), l.f(1), 3.14159274101257324f)); });
  const auto mad = [](float a, float b, float x) {
    const float product = flushed(static_cast<float>(static_cast<double>(flushed(a)) * flushed(b)));
    return flushed(static_cast<float>(static_cast<double>(product) + flushed(x)));
  };
  c.lane("v_mad_f32 v20, v0, v1, v2", k9, [mad](Lane& l) { l.setf(20, mad(l.f(0), l.f(1), l.f(2))); });
  c.lane("v_mad_f32 v20, -v0, v1, |v2|", k9, [mad](Lane& l) { l.setf(20, mad(-l.f(0), l.f(1), std::fabs(l.f(2)))); });
  c.lane("v_mac_f32 v20, v0, v1", k9, [mad](Lane& l) { l.setf(20, mad(l.f(0), l.f(1), l.f(20))); });
  c.lane("v_madmk_f32 v20, v0, 0x40490fdb, v1", k9, [mad](Lane& l) { l.setf(20, mad(l.f(0), 3.14159274101257324f, l.f(1))); });
  c.lane("v_madak_f32 v20, v0, v1, 0x40490fdb", k9, [mad](Lane& l) { l.setf(20, mad(l.f(0), l.f(1), 3.14159274101257324f)); });
  c.lane("v_dual_fmac_f32 v20, v0, v1 :: v_dual_mul_f32 v21, v2, v3", k1112, [](Lane& l) {
    l.setf(20, fused_value(l.f(0), l.f(1), l.f(20)));
    l.setf(21, static_cast<double>(l.f(2)) * l.f(3));
  });
  const auto three = [&](const char* name, const Families& families, float (*f)(float, float, float)) {
    c.lane(std::string(name) + " v20, v0, v1, v2", families, [f](Lane& l) { l.setf(20, f(l.f(0), l.f(1), l.f(2))); });
  };
  const auto max3 = [](float a, float b, float x) { return larger_of(larger_of(a, b), x); };
  const auto min3 = [](float a, float b, float x) { return smaller_of(smaller_of(a, b), x); };
  const auto med3 = [](float a, float b, float x) {
    if (std::isnan(a) || std::isnan(b) || std::isnan(x)) return smaller_of(smaller_of(a, b), x);
    float v[3] = {a, b, x};
    std::sort(v, v + 3, below);
    return v[1];
  };
  const auto minmax = [](float a, float b, float x) { return larger_of(smaller_of(a, b), x); };
  const auto maxmin = [](float a, float b, float x) { return smaller_of(larger_of(a, b), x); };
  three("v_max3_f32", {9, 94, 10, 11}, max3);
  three("v_min3_f32", {9, 94, 10, 11}, min3);
  three("v_med3_f32", {9, 94, 10, 11}, med3);
  three("v_max3_num_f32", k12, max3);
  three("v_min3_num_f32", k12, min3);
  three("v_med3_num_f32", k12, med3);
  three("v_minmax_f32", k11, minmax);
  three("v_maxmin_f32", k11, maxmin);
  three("v_minmax_num_f32", k12, minmax);
  three("v_maxmin_num_f32", k12, maxmin);
}

void shapes_of_numbers(Cases& c) {
  const auto one = [&](const char* name, double (*f)(double)) {
    c.lane(std::string(name) + " v20, v0", kAll, [f](Lane& l) { l.setf(20, f(l.f(0))); });
  };
  one("v_floor_f32", [](double a) { return std::floor(a); });
  one("v_ceil_f32", [](double a) { return std::ceil(a); });
  one("v_trunc_f32", [](double a) { return std::trunc(a); });
  one("v_rndne_f32", [](double a) {
    return std::copysign(std::fabs(a) < 4503599627370496.0 ? std::fabs(a) + 4503599627370496.0 - 4503599627370496.0 : std::fabs(a), a);
  });
  c.lane("v_fract_f32 v20, v0", kAll, [](Lane& l) {
    const float a = l.f(0);
    const float f = rounded(static_cast<Wide>(a) - std::floor(a));
    l.setf(20, std::isfinite(a) ? std::min(f, std::nextafterf(1, 0)) : std::nan(""));
  });
  c.lane("v_ldexp_f32 v20, v0, v1", kAll, [](Lane& l) { l.setf(20, std::ldexp(l.f(0), std::clamp(l.i(1), -1000, 1000))); });
  c.lane("v_ldexp_f32 v20, v0, v1", kAll, [](Lane& l) { l.setf(20, std::ldexp(l.f(0), l.i(1))); }, 0, [](State& s) {
    for (auto& x : s.v[1]) x = x % 300 - 150;
  });
  c.lane("v_frexp_mant_f32 v20, v0", kAll, [](Lane& l) {
    int e;
    l.setf(20, std::isfinite(l.f(0)) ? std::frexp(l.f(0), &e) : l.f(0));
  });
  c.lane("v_frexp_exp_i32_f32 v20, v0", kAll, [](Lane& l) {
    int e = 0;
    if (std::isfinite(l.f(0))) std::frexp(l.f(0), &e);
    l.set(20, static_cast<u32>(e));
  });
}

// A quotient as compilers write it: scale, reciprocal, two steps of Newton, fmas, fixup. The result must be the rounded quotient.
void division(Cases& c) {
  const std::string text =
      "v_div_scale_f32 v20, $m, v1, v1, v0\n v_rcp_f32 v21, v20\n v_fma_f32 v22, -v20, v21, 1.0\n v_fmac_f32 v21, v22, v21\n"
      "v_div_scale_f32 v22, $c, v0, v1, v0\n v_mul_f32 v23, v22, v21\n v_fma_f32 v24, -v20, v23, v22\n v_fmac_f32 v23, v24, v21\n"
      "v_fma_f32 v20, -v20, v23, v22\n v_div_fmas_f32 v20, v20, v21, v23\n v_div_fixup_f32 v20, v20, v1, v0\n"
      "v_mov_b32 v21, 0\n v_mov_b32 v22, 0\n v_mov_b32 v23, 0\n v_mov_b32 v24, 0\n s_mov_b64 s[20:21], 0\n s_mov_b64 vcc, 0";
  c.wave(text, kAll, [](const State& in, State& out) {
    for (unsigned l = 0; l < in.lanes; l++) {
      if (!(in.exec() >> l & 1)) continue;
      Lane lane(in, out, l);
      lane.setf(20, static_cast<double>(lane.f(0)) / lane.f(1));
      for (unsigned r = 21; r < 25; r++) lane.set(r, 0);
    }
    out.set_pair(20, 0);
    out.set_pair(106, 0);
  });
}

void pairs(Cases& c) {
  c.lane("v_pk_add_f32 v[20:21], v[0:1], v[2:3]", kCdna, [](Lane& l) {
    l.setf(20, static_cast<double>(l.f(0)) + l.f(2));
    l.setf(21, static_cast<double>(l.f(1)) + l.f(3));
  });
  c.lane("v_pk_mul_f32 v[20:21], v[0:1], v[2:3] op_sel:[1,0] op_sel_hi:[0,1]", kCdna, [](Lane& l) {
    l.setf(20, static_cast<double>(l.f(1)) * l.f(2));
    l.setf(21, static_cast<double>(l.f(0)) * l.f(3));
  });
  c.lane("v_pk_fma_f32 v[20:21], v[0:1], v[2:3], v[4:5] neg_lo:[1,0,0] neg_hi:[0,0,1]", kCdna, [](Lane& l) {
    l.setf(20, fused_value(-l.f(0), l.f(2), l.f(4)));
    l.setf(21, fused_value(l.f(1), l.f(3), -l.f(5)));
  });
  c.lane("v_pk_mov_b32 v[20:21], v[0:1], v[2:3] op_sel:[1,0]", kCdna, [](Lane& l) {
    l.set(20, l.u(1));
    l.set(21, l.u(2));
  });
  const auto wide = [&](const char* name, const Families& families, std::function<double(Lane&)> f) {
    c.lane(name, families, [f](Lane& l) { l.setd(20, f(l)); }, 0, [](State& s) {  // exponents of ordinary size
      for (unsigned r : {1u, 3u, 5u})
        for (auto& x : s.v[r]) x = (x & 0x801f'ffff) | (0x3f0 + (x >> 21 & 15)) << 20;
    });
  };
  wide("v_add_f64 v[20:21], v[0:1], v[2:3]", kAll, [](Lane& l) { return l.d(0) + l.d(2); });
  wide("v_mul_f64 v[20:21], v[0:1], v[2:3]", kAll, [](Lane& l) { return l.d(0) * l.d(2); });
  wide("v_fma_f64 v[20:21], v[0:1], v[2:3], v[4:5]", kAll,
       [](Lane& l) { return static_cast<double>(static_cast<Wide>(l.d(0)) * l.d(2) + l.d(4)); });
}

// One unit in the last place, as the hardware promises; denormals are zeros.
void functions(Cases& c) {
  const auto one = [&](const char* name, double (*f)(double)) {
    const auto value = [f](float x) {
      const double y = f(flushed(x));
      return static_cast<double>(flushed(static_cast<float>(y)));
    };
    c.lane(std::string("v_") + name + "_f32 v20, v0", kAll, [value](Lane& l) { l.setf(20, value(l.f(0)), 1); });
    if (std::string(name) == "exp" || std::string(name) == "log" || std::string(name) == "rcp" || std::string(name) == "rsq" ||
        std::string(name) == "sqrt")
      c.wave(std::string("v_s_") + name + "_f32 s20, s0", k12,
             [value](const State& in, State& out) { out.s[20] = as_bits(static_cast<float>(value(as_float(in.s[0])))); });
  };
  one("exp", [](double x) { return static_cast<double>(std::pow(2.0L, static_cast<long double>(x))); });
  one("log", [](double x) { return static_cast<double>(std::log(static_cast<long double>(x)) / std::log(2.0L)); });
  one("rcp", [](double x) { return 1 / x; });
  one("rcp_iflag", [](double x) { return 1 / x; });
  one("rsq", [](double x) { return x == 0 ? 1 / x : x < 0 ? std::nan("") : std::pow(x, -0.5); });
  one("sqrt", [](double x) { return x == 0 ? x : x < 0 ? std::nan("") : std::pow(x, 0.5); });
  const auto turns = [&](const char* name, double (*f)(double), double outside) {
    c.lane(std::string(name) + " v20, v0", kAll, [=](Lane& l) {
      const double x = flushed(l.f(0));
      const double y = !std::isfinite(x) ? std::nan("") : std::fabs(x) > 256 ? outside : f(2 * M_PI * std::fmod(x, 1.0));
      l.setf(20, y, std::fabs(y) < 1e-6 ? 1e9 : 2);
    });
  };
  turns("v_sin_f32", [](double x) { return std::sin(x); }, 0);
  turns("v_cos_f32", [](double x) { return std::cos(x); }, 1);
}

// MODE: rounding and denormals of float32.
void modes(Cases& c) {
  // Towards zero, then back to nearest even.
  c.lane("s_round_mode 0x3\n v_add_f32 v20, v0, v1\n s_round_mode 0x0", kRdna, [](Lane& l) {
    const double x = static_cast<double>(l.f(0)) + l.f(1);
    float r = static_cast<float>(x);
    if (std::isfinite(x) && std::fabs(static_cast<double>(r)) > std::fabs(x)) r = std::nextafterf(r, 0);
    l.setf(20, r);
  }, 0, [](State& s) {  // sums that float64 holds exactly
    for (unsigned r : {0u, 1u})
      for (auto& x : s.v[r]) x = (x & 0x807f'ffff) | (110 + (x >> 23 & 15)) << 23;
  });
  c.lane("s_denorm_mode 0x0\n v_mul_f32 v20, v0, v1\n s_denorm_mode 0xf", kRdna, [](Lane& l) {
    l.setf(20, flushed(static_cast<float>(static_cast<double>(flushed(l.f(0))) * flushed(l.f(1)))));
  });
  c.lane("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 0\n v_add_f32 v20, v0, v1", kAll, [](Lane& l) {
    l.setf(20, flushed(static_cast<float>(static_cast<double>(flushed(l.f(0))) + flushed(l.f(1)))));
  });
}

}  // namespace

void float_cases(Cases& c) {
  arithmetic(c);
  shapes_of_numbers(c);
  division(c);
  pairs(c);
  functions(c);
  modes(c);
}

}  // namespace llmc::emu::test
