// Matrix instructions: D = A B + C on one tile held by a wave.
//
// All of them are one product of tiles; what differs is where an element lies. A lane holds a row of A (a column of B) and a run of
// consecutive k; in C and D a lane holds a column and some rows.
//   MFMA (CDNA2 and CDNA3 ISA, matrix arithmetic instructions), waves of 64, tiles of M = 16 or 32: lane l has row l % M of A and the run
//     number l / M of k. Register r of D is row 4 (l / 16) + r for M = 16, and 8 (r / 4) + 4 (l / 32) + r % 4 for M = 32. EXEC is ignored.
//   WMMA of gfx11 (RDNA3 ISA, 7.9): lanes 0 to 15 have all 16 k of a row, lanes 16 to 31 (and on) a copy. Register r of D is row
//     2 r + l / 16 in waves of 32, 4 r + l / 16 in waves of 64.
//   WMMA of gfx12 (RDNA4 ISA, chapter 7, wave matrix multiply accumulate), waves of 32: lane l has row l % 16 and the half l / 16 of k.
//   Register r of D is row 8 (l / 16) + r.
// Sums of floats are made in float64 and rounded once; the hardware's order of roundings is not documented.
#include <algorithm>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

enum class Element : u8 { f32, f16, bf16, i8, u8_, i4, u4 };

constexpr unsigned bits_of(Element e) {
  return e == Element::f32 ? 32 : e == Element::f16 || e == Element::bf16 ? 16 : e == Element::i8 || e == Element::u8_ ? 8 : 4;
}
constexpr bool is_integer(Element e) { return bits_of(e) <= 8; }

// Element number `k` of a lane's run.
inline double element(Element e, const u32* lane, unsigned stride, unsigned k) {
  const unsigned bits = bits_of(e), each = 32 / bits;
  const u32 word = lane[k / each * stride] >> (k % each * bits);
  switch (e) {
    case Element::f32: return std::bit_cast<float>(word);
    case Element::f16: return _cvtsh_ss(static_cast<unsigned short>(word));
    case Element::bf16: return bf16_to_float(word & 0xffff);
    case Element::i8: return static_cast<i8>(word);
    case Element::u8_: return static_cast<u8>(word);
    case Element::i4: return static_cast<i32>(word << 28) >> 28;
    case Element::u4: return word & 15;
  }
  return 0;
}

// The rows of a source in registers; null for a constant.
const u32* tile_rows(Wave& w, const Operand& o) {
  if (o.kind == OperandKind::vgpr) return w.vgpr(o.index);
  if (o.kind == OperandKind::agpr) return accum_row(w, o.index);
  return nullptr;
}

// A whole tile of A, or of B transposed, as [k][row]. `Runs` lanes share a row.
template <unsigned M, unsigned K, unsigned Runs>
void load_tile(Wave& w, const Operand& o, Element e, double (*tile)[M]) {
  const u32* rows = tile_rows(w, o);
  constexpr unsigned run = K / Runs;
  for (unsigned k = 0; k < K; k++)
    for (unsigned row = 0; row < M; row++) tile[k][row] = element(e, rows + row + k / run * M, w.wave_size, k % run);
}

// C in, D out. `row_of(register, lane)` places an element; its column is lane % M. Sums of integers are exact in float64 as well.
template <unsigned M, unsigned K, class RowOf>
void multiply(Wave& w, const Instruction& i, bool integer, const double (*a)[M], const double (*b)[M], RowOf row_of) {
  const unsigned lanes = w.wave_size, registers = M * M / lanes;
  const u32* c = tile_rows(w, i.src[2]);
  const u32 constant = static_cast<u32>(i.src[2].value);
  alignas(64) double sums[M][M];
  for (unsigned r = 0; r < registers; r++)
    for (unsigned l = 0; l < lanes; l++) {
      const u32 start = c ? c[r * lanes + l] : constant;
      sums[row_of(r, l)][l % M] = integer ? static_cast<i32>(start) : std::bit_cast<float>(start);
    }
  for (unsigned row = 0; row < M; row++)
    for (unsigned k = 0; k < K; k++) {
      const double x = a[k][row];
      for (unsigned column = 0; column < M; column++) sums[row][column] += x * b[k][column];
    }
  u32* d = i.dst.kind == OperandKind::agpr ? accum_row(w, i.dst.index) : w.vgpr(i.dst.index);
  for (unsigned r = 0; r < registers; r++)
    for (unsigned l = 0; l < lanes; l++) {
      const double sum = sums[row_of(r, l)][l % M];
      u32& out = d[r * lanes + l];
      if (!integer) out = std::bit_cast<u32>(static_cast<float>(sum));
      else if (i.clamp) out = static_cast<u32>(static_cast<i32>(std::clamp<double>(sum, INT32_MIN, INT32_MAX)));
      else out = static_cast<u32>(static_cast<i64>(sum));
    }
}

template <unsigned M, unsigned K, Element E>
void mfma(Wave& w, const Instruction& i) {
  alignas(64) double a[K][M], b[K][M];
  load_tile<M, K, 64 / M>(w, i.src[0], E, a);
  load_tile<M, K, 64 / M>(w, i.src[1], E, b);
  const auto row16 = [](unsigned r, unsigned l) { return 4 * (l / 16) + r; };
  const auto row32 = [](unsigned r, unsigned l) { return 8 * (r / 4) + 4 * (l / 32) + r % 4; };
  if constexpr (M == 16) multiply<M, K>(w, i, is_integer(E), a, b, row16);
  else multiply<M, K>(w, i, is_integer(E), a, b, row32);
}

// Every copy of a row must hold what the first does; which one the hardware reads is nowhere said.
void check_copies(Wave& w, const Operand& o, unsigned registers) {
  const u32* rows = tile_rows(w, o);
  for (unsigned r = 0; r < registers; r++)
    for (unsigned l = 16; l < w.wave_size; l++)
      if (rows[r * w.wave_size + l] != rows[r * w.wave_size + l % 16])
        throw Fault("a source of v_wmma is not the same in lanes that differ by 16", static_cast<int>(l));
}

template <Element E>
void wmma_of(Wave& w, const Instruction& i, Element ea, Element eb) {
  constexpr unsigned K = 16, whole = K * bits_of(E) / 32;
  alignas(64) double a[K][16], b[K][16];
  const u64 all = w.wave_size == 64 ? ~0ull : 0xffff'ffffull;
  if ((w.exec() & all) != all) throw Fault("v_wmma with lanes that are off: EXEC must be full");
  if (i.src[0].registers == whole) {
    check_copies(w, i.src[0], whole);
    check_copies(w, i.src[1], whole);
    load_tile<16, K, 1>(w, i.src[0], ea, a);
    load_tile<16, K, 1>(w, i.src[1], eb, b);
    const unsigned groups = w.wave_size / 16;
    multiply<16, K>(w, i, is_integer(E), a, b, [=](unsigned r, unsigned l) { return groups * r + l / 16; });
  } else {
    if (w.wave_size != 32) throw Fault("v_wmma of gfx12 in waves of 64 is not implemented");
    load_tile<16, K, 2>(w, i.src[0], ea, a);
    load_tile<16, K, 2>(w, i.src[1], eb, b);
    multiply<16, K>(w, i, is_integer(E), a, b, [](unsigned r, unsigned l) { return 8 * (l / 16) + r; });
  }
}
template <Element E>
void wmma(Wave& w, const Instruction& i) {
  wmma_of<E>(w, i, E, E);
}
// neg_lo says, source by source, whether the bytes are signed.
void wmma_bytes(Wave& w, const Instruction& i) {
  wmma_of<Element::i8>(w, i, i.neg_lo & 1 ? Element::i8 : Element::u8_, i.neg_lo & 2 ? Element::i8 : Element::u8_);
}
void wmma_nibbles(Wave& w, const Instruction& i) {
  wmma_of<Element::i4>(w, i, i.neg_lo & 1 ? Element::i4 : Element::u4, i.neg_lo & 2 ? Element::i4 : Element::u4);
}

constexpr Operation matrix(const char* mnemonic, Handler handler) {
  using enum OperandType;
  Operation o = operation(mnemonic, Form::operands, InstructionClass::matrix, handler, handler, {b32}, {b32, b32, b32});
  o.saturates = true;
  o.clamped32 = o.clamped64 = handler;
  return o;
}

constexpr Operation table[] = {
    matrix("v_mfma_f32_16x16x4f32", mfma<16, 4, Element::f32>),          matrix("v_mfma_f32_16x16x4_f32", mfma<16, 4, Element::f32>),
    matrix("v_mfma_f32_32x32x2f32", mfma<32, 2, Element::f32>),          matrix("v_mfma_f32_32x32x2_f32", mfma<32, 2, Element::f32>),
    matrix("v_mfma_f32_16x16x16f16", mfma<16, 16, Element::f16>),        matrix("v_mfma_f32_16x16x16_f16", mfma<16, 16, Element::f16>),
    matrix("v_mfma_f32_32x32x8f16", mfma<32, 8, Element::f16>),          matrix("v_mfma_f32_32x32x8_f16", mfma<32, 8, Element::f16>),
    matrix("v_mfma_f32_16x16x16bf16_1k", mfma<16, 16, Element::bf16>),   matrix("v_mfma_f32_16x16x16_bf16", mfma<16, 16, Element::bf16>),
    matrix("v_mfma_f32_32x32x8bf16_1k", mfma<32, 8, Element::bf16>),     matrix("v_mfma_f32_32x32x8_bf16", mfma<32, 8, Element::bf16>),
    matrix("v_mfma_i32_16x16x16i8", mfma<16, 16, Element::i8>),          matrix("v_mfma_i32_32x32x8i8", mfma<32, 8, Element::i8>),
    matrix("v_mfma_i32_16x16x32_i8", mfma<16, 32, Element::i8>),         matrix("v_mfma_i32_32x32x16_i8", mfma<32, 16, Element::i8>),
    matrix("v_wmma_f32_16x16x16_f16", wmma<Element::f16>),               matrix("v_wmma_f32_16x16x16_bf16", wmma<Element::bf16>),
    matrix("v_wmma_i32_16x16x16_iu8", wmma_bytes),                       matrix("v_wmma_i32_16x16x16_iu4", wmma_nibbles),
};

}  // namespace

std::span<const Operation> matrix_operations() { return table; }

}  // namespace llmc::emu
