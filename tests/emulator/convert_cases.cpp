// Conversions, by float64 and explicit limits.
#include <algorithm>
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

double limited(double x, double lowest, double highest) { return std::isnan(x) ? 0 : std::min(std::max(x, lowest), highest); }
u32 to_signed(double x) { return static_cast<u32>(static_cast<i64>(limited(std::trunc(x), -2147483648.0, 2147483647.0))); }
u32 to_unsigned(double x) { return static_cast<u32>(static_cast<i64>(limited(std::trunc(x), 0, 4294967295.0))); }
// Nearest even, without the library's rounding mode.
double nearest_even(double x) {
  const double f = std::floor(x), d = x - f;
  if (d != 0.5) return d < 0.5 ? f : f + 1;
  return std::fmod(f, 2) == 0 ? f : f + 1;
}
// 16 bits towards zero: the rounded value, or its neighbour below in magnitude.
u32 half_towards_zero(double x) {
  const u32 bits = half_bits(x);
  if (std::isnan(x) || std::isinf(x)) return bits;
  return std::fabs(half_value(bits)) > std::fabs(x) ? bits - 1 : bits;
}

}  // namespace

void convert_cases(Cases& c) {
  c.lane("v_cvt_f32_i32 v20, v0", kAll, [](Lane& l) { l.setf(20, static_cast<double>(l.i(0))); });
  c.lane("v_cvt_f32_u32 v20, v0", kAll, [](Lane& l) { l.setf(20, static_cast<double>(l.u(0))); });
  c.lane("v_cvt_i32_f32 v20, v0", kAll, [](Lane& l) { l.set(20, to_signed(l.f(0))); });
  c.lane("v_cvt_u32_f32 v20, v0", kAll, [](Lane& l) { l.set(20, to_unsigned(l.f(0))); });
  c.lane("v_cvt_flr_i32_f32 v20, v0", k910, [](Lane& l) { l.set(20, to_signed(std::floor(l.f(0)))); });
  c.lane("v_cvt_floor_i32_f32 v20, v0", k1112, [](Lane& l) { l.set(20, to_signed(std::floor(l.f(0)))); });
  const auto nearest = [](Lane& l) { l.set(20, to_signed(std::floor(l.f(0) + 0.5f))); };
  c.lane("v_cvt_rpi_i32_f32 v20, v0", k910, nearest);
  c.lane("v_cvt_nearest_i32_f32 v20, v0", k1112, nearest);
  for (unsigned k = 0; k < 4; k++)
    c.lane("v_cvt_f32_ubyte" + std::to_string(k) + " v20, v0", kAll, [k](Lane& l) { l.setf(20, l.u(0) >> 8 * k & 255); });
  c.lane("v_cvt_f32_f16 v20, v0", kAll, [](Lane& l) { l.setf(20, l.h(0)); });
  c.lane("v_cvt_f32_f16_sdwa v20, v0 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1", k910, [](Lane& l) { l.setf(20, l.hh(0)); });
  c.lane("v_cvt_f16_f32 v20, v0", kAll, [](Lane& l) { l.seth(20, l.f(0)); });
  c.lane("v_cvt_f16_u16 v20, v0", kAll, [](Lane& l) { l.seth(20, l.us(0)); });
  c.lane("v_cvt_f16_i16 v20, v0", kAll, [](Lane& l) { l.seth(20, l.is(0)); });
  c.lane("v_cvt_u16_f16 v20, v0", kAll, [](Lane& l) { l.set16(20, static_cast<u32>(limited(std::trunc(l.h(0)), 0, 65535))); });
  c.lane("v_cvt_i16_f16 v20, v0", kAll,
         [](Lane& l) { l.set16(20, static_cast<u32>(static_cast<i32>(limited(std::trunc(l.h(0)), -32768, 32767)))); });
  c.lane("v_cvt_i32_i16 v20, v0", k1112, [](Lane& l) { l.set(20, static_cast<u32>(static_cast<i32>(l.is(0)))); });
  c.lane("v_cvt_u32_u16 v20, v0", k1112, [](Lane& l) { l.set(20, l.us(0)); });
  c.lane("v_cvt_f64_i32 v[20:21], v0", kAll, [](Lane& l) { l.setd(20, l.i(0)); });
  c.lane("v_cvt_f64_u32 v[20:21], v0", kAll, [](Lane& l) { l.setd(20, l.u(0)); });
  const auto numbers = [](State& s) {
    for (auto& x : s.v[0]) x = (x >> 23 & 255) == 255 ? 0x3f99'999a : x;
    for (auto& x : s.v[1]) x = (x & 0x801f'ffff) | (0x37c + (x >> 21 & 0x7f)) << 20;
  };
  c.lane("v_cvt_f64_f32 v[20:21], v0", kAll, [](Lane& l) { l.setd(20, static_cast<double>(l.f(0))); }, 0, numbers);
  c.lane("v_cvt_f32_f64 v20, v[0:1]", kAll, [](Lane& l) { l.setf(20, l.d(0)); }, 0, numbers);
  const auto rtz = [](Lane& l) {
    l.set(20, half_towards_zero(l.f(0)) | half_towards_zero(l.f(1)) << 16), l.out().compare[20][l.lane()] = Compare::f16_pair;
  };
  c.lane("v_cvt_pkrtz_f16_f32 v20, v0, v1", k910, rtz);
  c.lane("v_cvt_pk_rtz_f16_f32 v20, v0, v1", k1112, rtz);
  const auto norm = [](double x, double lowest, double scale) {
    return static_cast<u32>(static_cast<i32>(nearest_even(static_cast<float>(limited(x, lowest, 1)) * static_cast<float>(scale)))) & 0xffff;
  };
  for (const bool now : {false, true}) {
    const std::string i16 = now ? "v_cvt_pk_norm_i16_f32" : "v_cvt_pknorm_i16_f32",
                      u16 = now ? "v_cvt_pk_norm_u16_f32" : "v_cvt_pknorm_u16_f32";
    const Families& families = now ? k1112 : k910;
    c.lane(i16 + " v20, v0, v1", families, [norm](Lane& l) { l.set(20, norm(l.f(0), -1, 32767) | norm(l.f(1), -1, 32767) << 16); });
    c.lane(u16 + " v20, v0, v1", families, [norm](Lane& l) { l.set(20, norm(l.f(0), 0, 65535) | norm(l.f(1), 0, 65535) << 16); });
  }
  c.lane("v_cvt_pk_u16_u32 v20, v0, v1", kAll, [](Lane& l) { l.set(20, std::min(l.u(0), 65535u) | std::min(l.u(1), 65535u) << 16); });
  c.lane("v_cvt_pk_i16_i32 v20, v0, v1", kAll, [](Lane& l) {
    l.set(20, (static_cast<u32>(std::clamp(l.i(0), -32768, 32767)) & 0xffff) | static_cast<u32>(std::clamp(l.i(1), -32768, 32767)) << 16);
  });
  c.lane("v_cvt_pk_u16_f32 v20, v0, v1", k1112, [](Lane& l) {
    const auto f = [](double x) { return static_cast<u32>(limited(std::trunc(x), 0, 65535)); };
    l.set(20, f(l.f(0)) | f(l.f(1)) << 16);
  });
  c.lane("v_cvt_pk_i16_f32 v20, v0, v1", k1112, [](Lane& l) {
    const auto f = [](double x) { return static_cast<u32>(static_cast<i32>(limited(std::trunc(x), -32768, 32767))) & 0xffff; };
    l.set(20, f(l.f(0)) | f(l.f(1)) << 16);
  });
  c.lane("v_pack_b32_f16 v20, v0, v1", kAll, [](Lane& l) { l.set(20, l.us(0) | static_cast<u32>(l.us(1)) << 16); });
  c.lane("v_pack_b32_f16 v20, v0, v1 op_sel:[1,0,0]", kAll, [](Lane& l) { l.set(20, l.uh(0) | static_cast<u32>(l.us(1)) << 16); });
}

}  // namespace llmc::emu::test
