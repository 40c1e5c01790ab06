// Dot products, element by element.
#include <algorithm>
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

i64 element(u32 v, unsigned bits, unsigned k, bool is_signed) {
  const i64 e = v >> bits * k & ((1u << bits) - 1);
  return is_signed && e >> (bits - 1) ? e - (1 << bits) : e;
}
i64 dot(u32 a, u32 b, unsigned bits, bool sa, bool sb) {
  i64 sum = 0;
  for (unsigned k = 0; k < 32 / bits; k++) sum += element(a, bits, k, sa) * element(b, bits, k, sb);
  return sum;
}

void integers(Cases& c, const std::string& name, const Families& families, unsigned bits, bool is_signed) {
  c.lane(name + " v20, v0, v1, v2", families,
         [=](Lane& l) { l.set(20, static_cast<u32>(dot(l.u(0), l.u(1), bits, is_signed, is_signed) + l.u(2))); });
  c.lane(name + " v20, v0, v1, v2 clamp", families, [=](Lane& l) {
    const i64 d = dot(l.u(0), l.u(1), bits, is_signed, is_signed);
    const i64 x = is_signed ? std::clamp<i64>(d + l.i(2), INT32_MIN, INT32_MAX) : std::min<i64>(d + l.u(2), UINT32_MAX);
    l.set(20, static_cast<u32>(x));
  });
}

}  // namespace

void dot_cases(Cases& c) {
  integers(c, "v_dot4_i32_i8", {9, 94, 10}, 8, true);
  integers(c, "v_dot4_u32_u8", kAll, 8, false);
  integers(c, "v_dot8_i32_i4", {9, 94, 10}, 4, true);
  integers(c, "v_dot8_u32_u4", kAll, 4, false);
  for (const unsigned bits : {8u, 4u})
    for (unsigned signs = 0; signs < 4; signs++) {
      const std::string name = (bits == 8 ? "v_dot4_i32_iu8" : "v_dot8_i32_iu4") + std::string(" v20, v0, v1, v2");
      const std::string neg = signs ? std::string(" neg_lo:[") + (signs & 1 ? "1" : "0") + "," + (signs & 2 ? "1" : "0") + ",0]" : "";
      c.lane(name + neg, k1112, [=](Lane& l) { l.set(20, static_cast<u32>(dot(l.u(0), l.u(1), bits, signs & 1, signs & 2) + l.i(2))); });
      if (signs)
        c.lane(name + neg + " clamp", k1112, [=](Lane& l) {
          l.set(20, static_cast<u32>(std::clamp<i64>(dot(l.u(0), l.u(1), bits, signs & 1, signs & 2) + l.i(2), INT32_MIN, INT32_MAX)));
        });
    }
  c.lane("v_dot4c_i32_i8 v20, v0, v1", {9, 94, 10},
         [](Lane& l) { l.set(20, static_cast<u32>(dot(l.u(0), l.u(1), 8, true, true) + l.u(20))); });
  c.lane("v_dot8c_i32_i4 v20, v0, v1", kCdna, [](Lane& l) { l.set(20, static_cast<u32>(dot(l.u(0), l.u(1), 4, true, true) + l.u(20))); });

  // The order of roundings is the hardware's own business: compared within two units of the largest term.
  const auto ordinary = [](State& s) {
    for (unsigned r : {0u, 1u})
      for (auto& x : s.v[r])
        x = half_bits(std::ldexp(static_cast<double>(x & 0x7ff) - 1000, -9)) |
            half_bits(std::ldexp(static_cast<double>(x >> 11 & 0x7ff) - 1000, -9)) << 16;
    for (unsigned r : {2u, 20u})
      for (auto& x : s.v[r]) x = as_bits(100 + static_cast<float>(x % 1000) / 8);
  };
  const auto dot2 = [](Lane& l, double x) { return l.h(0) * l.h(1) + l.hh(0) * l.hh(1) + x; };
  c.lane("v_dot2_f32_f16 v20, v0, v1, v2", kAll, [dot2](Lane& l) { l.setf(20, dot2(l, l.f(2)), 2); }, 0, ordinary);
  c.lane("v_dot2c_f32_f16 v20, v0, v1", {9, 94, 10}, [dot2](Lane& l) { l.setf(20, dot2(l, l.f(20)), 2); }, 0, ordinary);
  c.lane("v_dot2acc_f32_f16 v20, v0, v1", k11, [dot2](Lane& l) { l.setf(20, dot2(l, l.f(20)), 2); }, 0, ordinary);
  c.lane("v_dual_dot2acc_f32_f16 v20, v0, v1 :: v_dual_mov_b32 v21, v3", k11, [dot2](Lane& l) {
    l.setf(20, dot2(l, l.f(20)), 2);
    l.set(21, l.u(3));
  }, 0, ordinary);
  c.lane("v_dot2_f32_bf16 v20, v0, v1, v2", k1112, [](Lane& l) {
    l.setf(20, bf16_value(l.us(0)) * bf16_value(l.us(1)) + bf16_value(l.uh(0)) * bf16_value(l.uh(1)) + l.f(2), 2);
  }, 0, [](State& s) {
    for (unsigned r : {0u, 1u})
      for (auto& x : s.v[r]) x = (x & 0x807f'807f) | 0x3f00'3f00;
    for (auto& x : s.v[2]) x = as_bits(100 + static_cast<float>(x % 1000) / 8);
  });
}

}  // namespace llmc::emu::test
