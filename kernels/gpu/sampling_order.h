// A candidate of sampling as one integer, its order, whose place among the others is that of the candidate; the cells of a histogram of
// orders; and what a candidate weighs. What for: sampling.h.
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::sampling {

constexpr u32 id_bits = 18;  // vocabularies to 2^18
constexpr u64 max_id = (1u << id_bits) - 1;
constexpr f32 cells_per_unit = 8;
constexpr i32 last_cell = 1 << 21;
constexpr u32 lowest_number = 0x00800000;  // monotone form of the lowest finite float; -inf and NaN are below

// Larger logit, larger value; NaN is lowest of all.
LLMC_FN u32 monotone(f32 logit) {
  u32 b = prim::bits(logit);
  if ((b & 0x7FFFFFFF) > 0x7F800000) return 0;
  if (b == 0x80000000) b = 0;  // the zeros are equal
  return b & 0x80000000 ? ~b : b | 0x80000000;
}
LLMC_FN u64 order_of(f32 logit, u32 id) { return (u64)monotone(logit) << id_bits | (((u32)max_id - id) & (u32)max_id); }
LLMC_FN u32 id_of(u64 order) { return (u32)(max_id - (order & max_id)); }
LLMC_FN f32 logit_of(u64 order) {
  u32 m = (u32)(order >> id_bits);
  return prim::from_bits(m & 0x80000000 ? m & 0x7FFFFFFF : ~m);
}
// The logit in cells, to the nearest, halves to even. Larger orders have the same or a larger cell.
LLMC_FN i32 cell_of(u64 order) {
  return prim::round_to_int(prim::min(prim::max(logit_of(order) * cells_per_unit, -(f32)last_cell), (f32)last_cell));  // NaN: the lowest
}
// At or below every order of the cell, above all of those below it.
LLMC_FN u64 floor_of_cell(i32 cell) {
  if (cell <= -last_cell) return 0;
  const u32 half = monotone(((f32)cell - 0.5f) / cells_per_unit);
  return (u64)(half + (cell & 1)) << id_bits;
}
// Upper 64 bits of the product.
LLMC_FN u64 multiply_high(u64 a, u64 b) {
  u64 a0 = (u32)a, a1 = a >> 32, b0 = (u32)b, b1 = b >> 32;
  u64 middle = a1 * b0 + (a0 * b0 >> 32), low = a0 * b1 + (u32)middle;
  return a1 * b1 + (middle >> 32) + (low >> 32);
}

// Weight of a candidate beside the best: exp((logit - best) / temp) in units of 2^-44. `factor` is log2(e) / temp.
struct Mass {
  u64 best;
  f32 factor;
  LLMC_FN u64 operator()(u64 order) const {
    u32 m = (u32)(order >> id_bits);
    if (order == best) return 1ull << 44;
    if (m < lowest_number) return 0;
    if (m == (u32)(best >> id_bits)) return 1ull << 44;  // also of an infinite best
    return (u64)(prim::exp2((logit_of(order) - logit_of(best)) * factor) * 17592186044416.0f);
  }
};

}  // namespace llmc::sampling
