// Vector compares (RDNA3 ISA, chapter 16, VOPC): a lane mask of the active lanes, to VCC, a scalar register pair, or EXEC (v_cmpx).
#include <cmath>
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

// Bits of the mask: signalling NaN, quiet NaN, -infinity, -normal, -denormal, -0, +0, +denormal, +normal, +infinity.
template <u32 ExponentMask, u32 QuietBit>
inline u32 class_of(u32 bits, bool negative) {
  const u32 magnitude_mask = ExponentMask | ((ExponentMask & (0 - ExponentMask)) - 1);
  const u32 m = bits & magnitude_mask;
  if (m > ExponentMask) return m & QuietBit ? 1 : 0;
  const unsigned kind = m == ExponentMask ? 0 : (m & ExponentMask) ? 1 : m ? 2 : 3;
  return negative ? 2 + kind : 9 - kind;
}
constexpr auto class_f32 = [](u32 a, u32 mask) { return (mask >> class_of<0x7f80'0000u, 0x0040'0000u>(a, a >> 31) & 1) != 0; };
constexpr auto class_f16 = [](u16 a, u32 mask) { return (mask >> class_of<0x7c00u, 0x0200u>(a, a >> 15) & 1) != 0; };

#define INTEGER_COMPARES(prefix, maker, suffix, type)                            \
  maker<[](type a, type b) { return (a < b); }>(prefix "_lt_" suffix),             \
  maker<[](type a, type b) { return (a == b); }>(prefix "_eq_" suffix),            \
  maker<[](type a, type b) { return (a <= b); }>(prefix "_le_" suffix),            \
  maker<[](type a, type b) { return (a > b); }>(prefix "_gt_" suffix),             \
  maker<[](type a, type b) { return (a != b); }>(prefix "_ne_" suffix),            \
  maker<[](type a, type b) { return (a >= b); }>(prefix "_ge_" suffix)

#define FLOAT_COMPARES(prefix, maker, suffix, type, value)                                             \
  maker<[](type a, type b) { return (a value < b value); }>(prefix "_lt_" suffix),                       \
  maker<[](type a, type b) { return (a value == b value); }>(prefix "_eq_" suffix),                      \
  maker<[](type a, type b) { return (a value <= b value); }>(prefix "_le_" suffix),                      \
  maker<[](type a, type b) { return (a value > b value); }>(prefix "_gt_" suffix),                       \
  maker<[](type a, type b) { return (a value < b value || a value > b value); }>(prefix "_lg_" suffix),  \
  maker<[](type a, type b) { return (a value >= b value); }>(prefix "_ge_" suffix),                      \
  maker<[](type a, type b) { return (a value == a value && b value == b value); }>(prefix "_o_" suffix), \
  maker<[](type a, type b) { return (a value != a value || b value != b value); }>(prefix "_u_" suffix), \
  maker<[](type a, type b) { return (!(a value >= b value)); }>(prefix "_nge_" suffix),                  \
  maker<[](type a, type b) { return (!(a value < b value || a value > b value)); }>(prefix "_nlg_" suffix), \
  maker<[](type a, type b) { return (!(a value > b value)); }>(prefix "_ngt_" suffix),                   \
  maker<[](type a, type b) { return (!(a value <= b value)); }>(prefix "_nle_" suffix),                  \
  maker<[](type a, type b) { return (a value != b value); }>(prefix "_neq_" suffix),                     \
  maker<[](type a, type b) { return (!(a value < b value)); }>(prefix "_nlt_" suffix)

#define ALL_COMPARES(prefix, maker)              \
  INTEGER_COMPARES(prefix, maker, "i32", i32),   \
  INTEGER_COMPARES(prefix, maker, "u32", u32),   \
  INTEGER_COMPARES(prefix, maker, "i64", i64),   \
  INTEGER_COMPARES(prefix, maker, "u64", u64),   \
  INTEGER_COMPARES(prefix, maker, "i16", i16),   \
  INTEGER_COMPARES(prefix, maker, "u16", u16),   \
  FLOAT_COMPARES(prefix, maker, "f32", float, ), \
  FLOAT_COMPARES(prefix, maker, "f16", Half, .v), \
  FLOAT_COMPARES(prefix, maker, "f64", double, ), \
  maker<class_f32>(prefix "_class_f32"),         \
  maker<class_f16>(prefix "_class_f16")

constexpr Operation table[] = {
    ALL_COMPARES("v_cmp", vector),
    ALL_COMPARES("v_cmpx", compare_to_exec),
};

}  // namespace

std::span<const Operation> compare_operations() { return table; }

}  // namespace llmc::emu
