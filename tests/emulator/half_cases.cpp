// 16-bit floats and packed halves: exact in float64, rounded once to 16 bits.
#include <algorithm>
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

bool below(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }
double larger_of(double a, double b) { return std::isnan(a) ? b : std::isnan(b) ? a : below(a, b) ? b : a; }
double smaller_of(double a, double b) { return std::isnan(a) ? b : std::isnan(b) ? a : below(b, a) ? b : a; }

void single(Cases& c) {
  const auto two = [&](const char* name, const Families& families, double (*f)(double, double)) {
    c.lane(std::string(name) + " v20, v0, v1", families, [f](Lane& l) { l.seth(20, f(l.h(0), l.h(1))); });
  };
  const Families old = {9, 94, 10, 11};
  two("v_add_f16", kAll, [](double a, double b) { return a + b; });
  two("v_sub_f16", kAll, [](double a, double b) { return a - b; });
  two("v_subrev_f16", kAll, [](double a, double b) { return b - a; });
  two("v_mul_f16", kAll, [](double a, double b) { return a * b; });
  two("v_max_f16", old, larger_of);
  two("v_min_f16", old, smaller_of);
  two("v_max_num_f16", k12, larger_of);
  two("v_min_num_f16", k12, smaller_of);
  c.lane("v_fma_f16 v20, v0, v1, v2", kAll, [](Lane& l) { l.seth(20, l.h(0) * l.h(1) + l.h(2)); });
  c.lane("v_fma_f16 v20, -v0, |v1|, v2 op_sel:[0,1,0,1]", {10, 11, 12},
         [](Lane& l) { l.seth_high(20, -l.h(0) * std::fabs(l.hh(1)) + l.h(2)); });
  c.lane("v_fmac_f16 v20, v0, v1", {10, 11, 12}, [](Lane& l) { l.seth(20, l.h(0) * l.h(1) + l.h(20)); });
  c.lane("v_fmamk_f16 v20, v0, 0x4248, v1", {10, 11, 12}, [](Lane& l) { l.seth(20, l.h(0) * 3.140625 + l.h(1)); });
  c.lane("v_fmaak_f16 v20, v0, v1, 0x4248", {10, 11, 12}, [](Lane& l) { l.seth(20, l.h(0) * l.h(1) + 3.140625); });
  c.lane("v_add_f16 v20, 1.0, v1", kAll, [](Lane& l) { l.seth(20, 1 + l.h(1)); });
  c.lane("v_add_f16 v20, v0, v1 clamp", kAll, [](Lane& l) {
    const double x = l.h(0) + l.h(1);
    l.seth(20, x > 0 ? std::min(x, 1.0) : 0.0);
  });
  const auto three = [&](const char* name, const Families& families, double (*f)(double, double, double)) {
    c.lane(std::string(name) + " v20, v0, v1, v2", families, [f](Lane& l) { l.seth(20, f(l.h(0), l.h(1), l.h(2))); });
  };
  const auto max3 = [](double a, double b, double x) { return larger_of(larger_of(a, b), x); };
  const auto min3 = [](double a, double b, double x) { return smaller_of(smaller_of(a, b), x); };
  const auto med3 = [](double a, double b, double x) {
    if (std::isnan(a) || std::isnan(b) || std::isnan(x)) return smaller_of(smaller_of(a, b), x);
    double v[3] = {a, b, x};
    std::sort(v, v + 3, below);
    return v[1];
  };
  three("v_max3_f16", old, max3);
  three("v_min3_f16", old, min3);
  three("v_med3_f16", old, med3);
  three("v_max3_num_f16", k12, max3);
  three("v_min3_num_f16", k12, min3);
  three("v_med3_num_f16", k12, med3);
  c.lane("v_ldexp_f16 v20, v0, v1", kAll, [](Lane& l) { l.seth(20, std::ldexp(l.h(0), l.is(1))); });
  c.lane("v_ldexp_f16 v20, v0, v1", kAll, [](Lane& l) { l.seth(20, std::ldexp(l.h(0), l.is(1))); }, 0, [](State& s) {
    for (auto& x : s.v[1]) x = (x % 60 - 30) & 0xffff;
  });
  const auto one = [&](const char* name, double (*f)(double)) {
    c.lane(std::string(name) + " v20, v0", kAll, [f](Lane& l) { l.seth(20, f(l.h(0))); });
  };
  one("v_floor_f16", [](double a) { return std::floor(a); });
  one("v_ceil_f16", [](double a) { return std::ceil(a); });
  one("v_trunc_f16", [](double a) { return std::trunc(a); });
  one("v_rndne_f16", [](double a) { return std::copysign(std::fabs(a) + 4503599627370496.0 - 4503599627370496.0, a); });
  one("v_exp_f16", [](double a) { return std::pow(2, a); });
  one("v_log_f16", [](double a) { return std::log(a) / std::log(2.0); });
  one("v_rcp_f16", [](double a) { return 1 / a; });
  one("v_rsq_f16", [](double a) { return a == 0 ? 1 / a : a < 0 ? std::nan("") : std::pow(a, -0.5); });
  one("v_sqrt_f16", [](double a) { return a == 0 ? a : a < 0 ? std::nan("") : std::pow(a, 0.5); });
}

void packed(Cases& c) {
  const auto two = [&](const char* name, const Families& families, double (*f)(double, double)) {
    c.lane(std::string(name) + " v20, v0, v1", families, [f](Lane& l) { l.setp(20, f(l.h(0), l.h(1)), f(l.hh(0), l.hh(1))); });
    c.lane(std::string(name) + " v20, v0, v1 op_sel:[1,0] op_sel_hi:[0,0] neg_lo:[0,1]", families,
           [f](Lane& l) { l.setp(20, f(l.hh(0), -l.h(1)), f(l.h(0), l.h(1))); });
  };
  two("v_pk_add_f16", kAll, [](double a, double b) { return a + b; });
  two("v_pk_mul_f16", kAll, [](double a, double b) { return a * b; });
  two("v_pk_max_f16", {9, 94, 10, 11}, larger_of);
  two("v_pk_min_f16", {9, 94, 10, 11}, smaller_of);
  two("v_pk_max_num_f16", k12, larger_of);
  two("v_pk_min_num_f16", k12, smaller_of);
  c.lane("v_pk_fma_f16 v20, v0, v1, v2", kAll, [](Lane& l) { l.setp(20, l.h(0) * l.h(1) + l.h(2), l.hh(0) * l.hh(1) + l.hh(2)); });
  c.lane("v_pk_fma_f16 v20, v0, s1, v2 op_sel_hi:[1,0,1] neg_hi:[1,0,0]", kAll, [](Lane& l) {
    const double k = half_value(l.in().s[1]);
    l.setp(20, l.h(0) * k + l.h(2), -l.hh(0) * k + l.hh(2));
  });
  c.lane("v_pk_fmac_f16 v20, v0, v1", {9, 94, 10, 11, 12},
         [](Lane& l) { l.setp(20, l.h(0) * l.h(1) + l.h(20), l.hh(0) * l.hh(1) + l.hh(20)); });
  const auto shorts = [&](const char* name, u32 (*f)(u32, u32)) {
    c.lane(std::string(name) + " v20, v0, v1", kAll,
           [f](Lane& l) { l.set(20, (f(l.us(0), l.us(1)) & 0xffff) | f(l.uh(0), l.uh(1)) << 16); });
  };
  const auto add = [](u32 a, u32 b) { return a + b; };
  const auto sub = [](u32 a, u32 b) { return a - b; };
  shorts("v_pk_add_u16", add);
  shorts("v_pk_add_i16", add);
  shorts("v_pk_sub_u16", sub);
  shorts("v_pk_sub_i16", sub);
  shorts("v_pk_mul_lo_u16", [](u32 a, u32 b) { return a * b; });
  shorts("v_pk_lshlrev_b16", [](u32 a, u32 b) { return b << a % 16; });
  shorts("v_pk_lshrrev_b16", [](u32 a, u32 b) { return b >> a % 16; });
  shorts("v_pk_ashrrev_i16", [](u32 a, u32 b) { return static_cast<u32>(static_cast<i16>(b) >> a % 16); });
  shorts("v_pk_max_u16", [](u32 a, u32 b) { return std::max(a, b); });
  shorts("v_pk_min_u16", [](u32 a, u32 b) { return std::min(a, b); });
  shorts("v_pk_max_i16", [](u32 a, u32 b) { return static_cast<i16>(a) > static_cast<i16>(b) ? a : b; });
  shorts("v_pk_min_i16", [](u32 a, u32 b) { return static_cast<i16>(a) > static_cast<i16>(b) ? b : a; });
  for (const char* name : {"v_pk_mad_u16", "v_pk_mad_i16"})
    c.lane(std::string(name) + " v20, v0, v1, v2", kAll, [](Lane& l) {
      l.set(20, ((l.us(0) * 1u * l.us(1) + l.us(2)) & 0xffff) | (l.uh(0) * 1u * l.uh(1) + l.uh(2)) << 16);
    });
}

// float32 with sources of either width. The product and sum are rounded to float32, and that to 16 bits where the result has them.
void mixed(Cases& c) {
  const auto fma = [](double a, double b, double x) {
    return fused_value(static_cast<float>(a), static_cast<float>(b), static_cast<float>(x));
  };
  c.lane("v_fma_mix_f32 v20, v0, v1, v2", kAll, [fma](Lane& l) { l.setf(20, fma(l.f(0), l.f(1), l.f(2))); });
  c.lane("v_fma_mix_f32 v20, v0, v1, v2 op_sel:[1,0,0] op_sel_hi:[1,0,1]", kAll,
         [fma](Lane& l) { l.setf(20, fma(l.hh(0), l.f(1), l.h(2))); });
  c.lane("v_fma_mix_f32 v20, -v0, |v1|, s2 op_sel_hi:[1,1,0]", kAll,
         [fma](Lane& l) { l.setf(20, fma(-l.h(0), std::fabs(l.h(1)), as_float(l.in().s[2]))); });
  c.lane("v_fma_mixlo_f16 v20, v0, v1, v2 op_sel_hi:[0,1,1]", kAll, [fma](Lane& l) { l.seth_keep(20, fma(l.f(0), l.h(1), l.h(2))); });
  c.lane("v_fma_mixhi_f16 v20, v0, v1, v2 op_sel_hi:[0,1,0]", kAll, [fma](Lane& l) { l.seth_high(20, fma(l.f(0), l.h(1), l.f(2))); });
}

}  // namespace

void half_cases(Cases& c) {
  single(c);
  packed(c);
  mixed(c);
}

}  // namespace llmc::emu::test
