// Every compare, VOPC and v_cmpx, from the truth of "less", "equal", "greater" and "unordered".
#include <cmath>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

enum Order : unsigned { less = 1, equal = 2, greater = 4, unordered = 8 };
struct Name {
  const char* name;
  unsigned when;
};
constexpr Name integer_names[] = {{"lt", less},    {"eq", equal},          {"le", less | equal},
                                  {"gt", greater}, {"ne", less | greater}, {"ge", greater | equal}};
constexpr Name float_names[] = {{"lt", less},
                                {"eq", equal},
                                {"le", less | equal},
                                {"gt", greater},
                                {"lg", less | greater},
                                {"ge", greater | equal},
                                {"o", less | equal | greater},
                                {"u", unordered},
                                {"nge", less | unordered},
                                {"nlg", equal | unordered},
                                {"ngt", less | equal | unordered},
                                {"nle", greater | unordered},
                                {"neq", less | greater | unordered},
                                {"nlt", equal | greater | unordered}};

template <class T>
unsigned order(T a, T b) {
  return a < b ? less : a == b ? equal : a > b ? greater : unordered;
}

using OrderOf = unsigned (*)(Lane&);

// To a mask in scalar registers, to VCC, and to EXEC. On gfx9 v_cmpx writes both.
void compares(Cases& c, const std::string& name, const std::string& operands, unsigned when, OrderOf f) {
  const auto to = [=](unsigned mask) { return [=](Lane& l) { l.set_bit(mask, f(l) & when); }; };
  c.lane("v_cmp_" + name + " $m, " + operands, kAll, to(20), 20);
  c.lane("v_cmp_" + name + " $c, " + operands, k11, to(106), 106);
  c.lane("v_cmpx_" + name + " " + operands, kRdna, to(126), 126);
  c.lane("v_cmpx_" + name + " $m, " + operands, kCdna, [=](Lane& l) {
    l.set_bit(20, f(l) & when);
    if (!(f(l) & when)) l.out().set_mask(126, l.out().mask(126) & ~(1ull << l.lane()));
  }, 20);
}

bool classified(u32 mask, bool nan, bool quiet, bool negative, bool infinite, bool normal, bool zero) {
  const unsigned bit = nan        ? (quiet ? 1 : 0)
                       : infinite ? (negative ? 2 : 9)
                       : normal   ? (negative ? 3 : 8)
                       : zero     ? (negative ? 5 : 6)
                       : negative ? 4
                                  : 7;
  return mask >> bit & 1;
}

}  // namespace

void compare_cases(Cases& c) {
  for (const Name& n : integer_names) {
    const std::string name = n.name;
    compares(c, name + "_i32", "v0, v1", n.when, [](Lane& l) { return order(l.i(0), l.i(1)); });
    compares(c, name + "_u32", "v0, v1", n.when, [](Lane& l) { return order(l.u(0), l.u(1)); });
    compares(c, name + "_u32", "v0, v0", n.when, [](Lane&) { return static_cast<unsigned>(equal); });
    compares(c, name + "_i64", "v[0:1], v[2:3]", n.when, [](Lane& l) { return order(static_cast<i64>(l.q(0)), static_cast<i64>(l.q(2))); });
    compares(c, name + "_u64", "v[0:1], v[2:3]", n.when, [](Lane& l) { return order(l.q(0), l.q(2)); });
    compares(c, name + "_u64", "v[0:1], v[0:1]", n.when, [](Lane&) { return static_cast<unsigned>(equal); });
    compares(c, name + "_i16", "v0, v1", n.when, [](Lane& l) { return order(l.is(0), l.is(1)); });
    compares(c, name + "_u16", "v0, v1", n.when, [](Lane& l) { return order(l.us(0), l.us(1)); });
  }
  for (const Name& n : float_names) {
    const std::string name = n.name;
    compares(c, name + "_f32", "v0, v1", n.when, [](Lane& l) { return order(l.f(0), l.f(1)); });
    compares(c, name + "_f32", "v0, -v0", n.when, [](Lane& l) { return order(l.f(0), -l.f(0)); });
    compares(c, name + "_f32", "|v0|, v0", n.when, [](Lane& l) { return order(std::fabs(l.f(0)), l.f(0)); });
    compares(c, name + "_f16", "v0, v1", n.when, [](Lane& l) { return order(l.h(0), l.h(1)); });
    compares(c, name + "_f64", "v[0:1], v[2:3]", n.when, [](Lane& l) { return order(l.d(0), l.d(2)); });
  }
  c.lane("v_cmp_class_f32 $m, v0, v1", kAll, [](Lane& l) {
    const float x = l.f(0);
    l.set_bit(20, classified(l.u(1), std::isnan(x), l.u(0) & 0x40'0000, l.u(0) >> 31, std::isinf(x), std::isnormal(x), x == 0));
  }, 20);
  c.lane("v_cmp_class_f16 $m, v0, v1", kAll, [](Lane& l) {
    const double x = l.h(0);
    l.set_bit(20, classified(l.u(1), std::isnan(x), l.u(0) & 0x200, l.u(0) >> 15 & 1, std::isinf(x), std::fabs(x) >= 0x1p-14, x == 0));
  }, 20);
  c.lane("v_cmpx_class_f32 v0, 0x3f", kRdna, [](Lane& l) {
    const float x = l.f(0);
    l.set_bit(126, classified(0x3f, std::isnan(x), l.u(0) & 0x40'0000, l.u(0) >> 31, std::isinf(x), std::isnormal(x), x == 0));
  }, 126);
  c.lane("v_cmpx_class_f16 v0, 0x3c", kRdna, [](Lane& l) {
    const double x = l.h(0);
    l.set_bit(126, classified(0x3c, std::isnan(x), l.u(0) & 0x200, l.u(0) >> 15 & 1, std::isinf(x), std::fabs(x) >= 0x1p-14, x == 0));
  }, 126);
  c.lane(
      "v_cmp_eq_u16_sdwa $m, v0, v1 src0_sel:WORD_1 src1_sel:BYTE_0", k910, [](Lane& l) { l.set_bit(20, l.u(0) >> 16 == (l.u(1) & 255)); },
      20,
      [](State& s) {
        for (auto& x : s.v[0]) x &= 0x0003'ffff;
        for (auto& x : s.v[1]) x &= 3;
      });
}

}  // namespace llmc::emu::test
