// Instructions whose lanes see each other: reads and writes of one lane, permutes within a wave, counts below a lane; and the vector
// instructions that read VCC without saying so (division).
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/scalar_frame.h"

namespace llmc::emu {
namespace {

using enum OperandType;

// The first active lane; lane 0 if none is (V_READFIRSTLANE_B32).
template <unsigned N>
void read_first_lane(Wave& w, const Instruction& i) {
  alignas(64) u32 temp[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  const u64 lanes = active_lanes<N>(w);
  write_scalar<u32>(w, i.dst, row[lanes ? std::countr_zero(lanes) : 0]);
}
template <unsigned N>
void read_lane(Wave& w, const Instruction& i) {
  alignas(64) u32 temp[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  write_scalar<u32>(w, i.dst, row[scalar_bits(w, i.src[1], false) % N]);
}
template <unsigned N>
void write_lane(Wave& w, const Instruction& i) {
  destination_row<N>(w, i.dst)[scalar_bits(w, i.src[1], false) % N] = static_cast<u32>(scalar_bits(w, i.src[0], false));
}

// Ones of the mask below this lane, within the low or the high 32 lanes, plus the second source.
template <unsigned N, bool High>
void count_below(Wave& w, const Instruction& i) {
  alignas(64) u32 a[N], b[N], out[N];
  const u32* mask = plain_row<N, 1>(w, i.src[0], a);
  const u32* base = plain_row<N, 1>(w, i.src[1], b);
  for (unsigned l = 0; l < N; l++) {
    const u64 below = (1ull << l) - 1;
    const u32 part = static_cast<u32>(High ? below >> 32 : below & 0xffff'ffffu);
    out[l] = base[l] + static_cast<u32>(std::popcount(mask[l] & part));
  }
  blend<N>(destination_row<N>(w, i.dst), out, active_lanes<N>(w));
}

// Lane l of a row of 16 takes the lane that nibble l of (src2:src1) names, of its own row or of the other row of its pair. A source lane
// that is off leaves the destination, unless op_sel[0] (fetch inactive) is set, or op_sel[1] (bound control), which gives 0.
template <unsigned N, bool OtherRow>
void permute_row(Wave& w, const Instruction& i) {
  alignas(64) u32 temp[N], out[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  const u64 select = scalar_bits(w, i.src[1], false) | scalar_bits(w, i.src[2], false) << 32;
  const u64 lanes = active_lanes<N>(w);
  u64 written = lanes;
  for (unsigned l = 0; l < N; l++) {
    const unsigned from = ((l & ~15u) ^ (OtherRow ? 16 : 0)) + (select >> (4 * (l & 15)) & 15);
    out[l] = row[from];
    if ((lanes >> from & 1) || (i.op_sel & 1)) continue;
    out[l] = 0;
    if (!(i.op_sel & 2)) written &= ~(1ull << l);
  }
  blend<N>(destination_row<N>(w, i.dst), out, written);
}
// The halves of a wave of 64 change places; a wave of 32 is left as it is.
template <unsigned N>
void swap_halves(Wave& w, const Instruction& i) {
  alignas(64) u32 temp[N], out[N];
  const u32* row = plain_row<N, 1>(w, i.src[0], temp);
  for (unsigned l = 0; l < N; l++) out[l] = row[N == 64 ? l ^ 32 : l];
  blend<N>(destination_row<N>(w, i.dst), out, active_lanes<N>(w));
}
template <unsigned N>
void swap_registers(Wave& w, const Instruction& i) {
  alignas(64) u32 old[N];
  u32 *a = destination_row<N>(w, i.dst), *b = w.vgprs + i.src[0].index * N;
  std::memcpy(old, a, sizeof old);
  blend<N>(a, b, active_lanes<N>(w));
  blend<N>(b, old, active_lanes<N>(w));
}

inline int exponent_of(float v) { return static_cast<int>(std::bit_cast<u32>(v) >> 23 & 0xff); }
inline bool is_denormal(float v) { return exponent_of(v) == 0 && v != 0; }

// V_DIV_SCALE_F32: src0 is the value to scale, src1 the denominator, src2 the numerator; the mask says that the quotient must be scaled
// back by v_div_fmas.
template <unsigned N>
void div_scale(Wave& w, const Instruction& i) {
  Source<N, float> value, denominator, numerator;
  value.fetch(w, i, 0);
  denominator.fetch(w, i, 1);
  numerator.fetch(w, i, 2);
  alignas(64) u32 out[N];
  u64 mask = 0;
  for (unsigned l = 0; l < N; l++) {
    const float v = value[l], d = denominator[l], n = numerator[l];
    float r = v;
    bool scaled = false;
    if (n == 0 || d == 0) {
      r = std::numeric_limits<float>::quiet_NaN();
    } else if (exponent_of(n) - exponent_of(d) >= 96) {
      scaled = true;
      if (std::bit_cast<u32>(v) == std::bit_cast<u32>(d)) r = std::ldexp(v, 64);
    } else if (is_denormal(d)) {
      r = std::ldexp(v, 64);
    } else {
      const bool reciprocal_denormal = std::fabs(1.0 / d) < 0x1p-126, quotient_denormal = std::fabs(static_cast<double>(n) / d) < 0x1p-126;
      if (reciprocal_denormal && quotient_denormal) {  // the denominator comes down, the quotient with it afterwards
        scaled = true;
        if (std::bit_cast<u32>(v) == std::bit_cast<u32>(d)) r = std::ldexp(v, -64);
      } else if (reciprocal_denormal) {
        r = std::ldexp(v, -64);
      } else if (quotient_denormal) {
        scaled = true;
        if (std::bit_cast<u32>(v) == std::bit_cast<u32>(n)) r = std::ldexp(v, 64);
      } else if (exponent_of(n) <= 23) {
        r = std::ldexp(v, 64);
      }
    }
    out[l] = std::bit_cast<u32>(r);
    mask |= static_cast<u64>(scaled) << l;
  }
  const u64 lanes = active_lanes<N>(w);
  blend<N>(destination_row<N>(w, i.dst), out, lanes);
  write_mask<N>(w, i.dst2, mask & lanes);
}
// V_DIV_FMAS_F32: a fused product and sum, scaled back where VCC says so: up for a large quotient, down for a small one.
template <unsigned N>
void div_fmas(Wave& w, const Instruction& i) {
  Source<N, float> a, b, c;
  a.fetch(w, i, 0);
  b.fetch(w, i, 1);
  c.fetch(w, i, 2);
  alignas(64) u32 out[N];
  const u64 vcc = w.vcc();
  for (unsigned l = 0; l < N; l++) {
    const float r = std::fma(a[l], b[l], c[l]);
    const float factor = exponent_of(c[l]) > 127 ? 0x1p64f : 0x1p-64f;
    out[l] = std::bit_cast<u32>(vcc >> l & 1 ? r * factor : r);
  }
  blend<N>(destination_row<N>(w, i.dst), out, active_lanes<N>(w));
}

constexpr auto kValu = InstructionClass::vector_alu;
constexpr Operation table[] = {
    operation("v_readfirstlane_b32", Form::operands, kValu, read_first_lane<32>, read_first_lane<64>, {b32}, {b32}),
    operation("v_readlane_b32", Form::operands, kValu, read_lane<32>, read_lane<64>, {b32}, {b32, b32}),
    operation("v_writelane_b32", Form::operands, kValu, write_lane<32>, write_lane<64>, {b32}, {b32, b32}),
    operation("v_mbcnt_lo_u32_b32", Form::operands, kValu, count_below<32, false>, count_below<64, false>, {b32}, {b32, b32}),
    operation("v_mbcnt_hi_u32_b32", Form::operands, kValu, count_below<32, true>, count_below<64, true>, {b32}, {b32, b32}),
    operation("v_permlane16_b32", Form::operands, kValu, permute_row<32, false>, permute_row<64, false>, {b32}, {b32, b32, b32}),
    operation("v_permlanex16_b32", Form::operands, kValu, permute_row<32, true>, permute_row<64, true>, {b32}, {b32, b32, b32}),
    operation("v_permlane64_b32", Form::operands, kValu, swap_halves<32>, swap_halves<64>, {b32}, {b32}),
    operation("v_swap_b32", Form::operands, kValu, swap_registers<32>, swap_registers<64>, {b32}, {b32}),
    operation("v_div_scale_f32", Form::operands, kValu, div_scale<32>, div_scale<64>, {b32, mask}, {f32, f32, f32}),
    operation("v_div_fmas_f32", Form::operands, kValu, div_fmas<32>, div_fmas<64>, {f32}, {f32, f32, f32}),
};

}  // namespace

std::span<const Operation> cross_lane_operations() { return table; }

}  // namespace llmc::emu
