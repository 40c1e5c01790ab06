// The frame of a vector instruction. A lambda says what one lane does ("[](float a, float b) { return a + b; }"); vector_handler<N, F>
// makes of it a handler for a wave of N lanes: sources become rows of N values (a vector register already is one, a constant was spread
// when it was decoded, a scalar register is spread here), the lambda runs over them in one loop that the compiler vectorises, and the
// result goes straight to the destination when all lanes are on, else through a temporary and EXEC's mask.
//
// Within the loop, lane l reads and writes only column l of its rows, so a destination that is also a source is harmless: this is what
// the ivdep pragmas promise.
#pragma once
#include <immintrin.h>
#include <tuple>
#include <utility>
#include "tests/emulator/instruction.h"
#include "tests/emulator/lane_types.h"

namespace llmc::emu {

inline u32* accum_row(Wave& w, unsigned index) { return w.vgpr(w.accum_offset + index); }

template <unsigned N>
inline u32* destination_row(Wave& w, const Operand& o) {
  if (o.kind == OperandKind::permuted) return w.permuted;
  return o.kind == OperandKind::agpr ? w.vgprs + (w.accum_offset + o.index) * N : w.vgprs + o.index * N;
}

template <unsigned N>
inline void spread(u32* row, u32 value) {
  const __m256i v = _mm256_set1_epi32(static_cast<int>(value));
  for (unsigned l = 0; l < N; l += 8) _mm256_store_si256(reinterpret_cast<__m256i*>(row + l), v);
}

inline u64 scalar_bits(const Wave& w, const Operand& o, bool wide) {
  switch (o.kind) {
    case OperandKind::sgpr: return wide ? w.pair(o.index) : w.sgpr[o.index];
    case OperandKind::constant: return wide ? o.value : static_cast<u32>(o.value);
    case OperandKind::scc: return w.scc;
    default: return 0;
  }
}

// Selection of bits, then |x|, then -x. `sign` is the sign bit of the operand's type.
template <unsigned N>
inline const u32* changed_row(const Operand& o, const u32* row, u32* temp, u32 sign) {
  const u32 clear = o.absolute ? ~sign : ~0u, flip = o.negate ? sign : 0;
  if (o.bits == 32) {
#pragma GCC ivdep
    for (unsigned l = 0; l < N; l++) temp[l] = (row[l] & clear) ^ flip;
  } else if (o.sign_extend) {
    const unsigned up = 32 - o.bits - o.shift, down = 32 - o.bits;
#pragma GCC ivdep
    for (unsigned l = 0; l < N; l++) temp[l] = static_cast<u32>(static_cast<i32>(row[l] << up) >> down);
  } else {
    const unsigned shift = o.shift;
    const u32 keep = (1u << o.bits) - 1;
#pragma GCC ivdep
    for (unsigned l = 0; l < N; l++) temp[l] = (((row[l] >> shift) & keep) & clear) ^ flip;
  }
  return temp;
}

// Unchanged lanes of a source; the second register of a pair is the row N behind.
template <unsigned N, unsigned Registers>
inline const u32* plain_row(Wave& w, const Operand& o, u32* temp) {
  switch (o.kind) {
    case OperandKind::vgpr: return w.vgprs + o.index * N;
    case OperandKind::constant: return o.row;
    case OperandKind::agpr: return w.vgprs + (w.accum_offset + o.index) * N;
    case OperandKind::permuted: return w.permuted;
    default: {
      const u64 v = scalar_bits(w, o, Registers == 2);
      spread<N>(temp, static_cast<u32>(v));
      if constexpr (Registers == 2) spread<N>(temp + N, static_cast<u32>(v >> 32));
      return temp;
    }
  }
}

template <unsigned N>
inline void halves_to_floats(const u32* row, float* out) {
  const __m256i keep = _mm256_set1_epi32(0xffff);
  for (unsigned l = 0; l < N; l += 8) {
    const __m256i v = _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + l)), keep);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm256_storeu_ps(out + l, _mm256_cvtph_ps(packed));
  }
}

template <unsigned N>
inline void floats_to_halves(const float* in, u32* row) {
  for (unsigned l = 0; l < N; l += 8) {
    const __m128i packed = _mm256_cvtps_ph(_mm256_loadu_ps(in + l), _MM_FROUND_CUR_DIRECTION);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + l), _mm256_cvtepu16_epi32(packed));
  }
}

// A source's lanes in the form in which the lambda takes them.
template <unsigned N, class T>
struct Source {
  alignas(64) u32 temp[registers_of(operand_type<T>()) * N];
  const u32* row;
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    constexpr OperandType type = operand_type<T>();
    constexpr unsigned registers = registers_of(type);
    const Operand& o = i.src[k];
    row = plain_row<N, registers>(w, o, temp);
    if (!o.changed) [[likely]] return;
    if constexpr (registers == 2) {
      const u32* high = row + N;
      if (row != temp)
        for (unsigned l = 0; l < N; l++) temp[l] = row[l];
      changed_row<N>(o, high, temp + N, 0x8000'0000u);
      row = temp;
    } else {
      row = changed_row<N>(o, row, temp, sizeof(T) == 2 ? 0x8000u : 0x8000'0000u);
    }
  }
  T operator[](unsigned l) const {
    if constexpr (sizeof(T) == 8) return std::bit_cast<T>(row[l] | static_cast<u64>(row[l + N]) << 32);
    else if constexpr (sizeof(T) == 2) return static_cast<T>(row[l]);
    else return std::bit_cast<T>(row[l]);
  }
};

template <unsigned N>
struct Source<N, Half> {
  alignas(64) u32 temp[N];
  alignas(64) float values[N];
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    const Operand& o = i.src[k];
    const u32* row = plain_row<N, 1>(w, o, temp);
    if (o.changed) row = changed_row<N>(o, row, temp, 0x8000u);
    halves_to_floats<N>(row, values);
  }
  Half operator[](unsigned l) const { return {values[l]}; }
};

template <unsigned N>
inline void select_half(const u32* row, bool high, bool negate, u32* out) {
  const unsigned shift = high ? 16 : 0;
  const u32 flip = negate ? 0x8000u : 0;
#pragma GCC ivdep
  for (unsigned l = 0; l < N; l++) out[l] = ((row[l] >> shift) & 0xffffu) ^ flip;
}

// Packed sources: op_sel chooses the half that meets the low result, op_sel_hi the one that meets the high result (RDNA3 ISA, 7.5).
template <unsigned N>
struct Source<N, HalfPair> {
  alignas(64) u32 temp[N];
  alignas(64) float lo[N], hi[N];
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    alignas(64) u32 half[N];
    const u32* row = plain_row<N, 1>(w, i.src[k], temp);
    select_half<N>(row, i.op_sel >> k & 1, i.neg_lo >> k & 1, half);
    halves_to_floats<N>(half, lo);
    select_half<N>(row, i.op_sel_hi >> k & 1, i.neg_hi >> k & 1, half);
    halves_to_floats<N>(half, hi);
  }
  HalfPair operator[](unsigned l) const { return {lo[l], hi[l]}; }
};

template <unsigned N>
struct Source<N, ShortPair> {
  alignas(64) u32 temp[N], lo[N], hi[N];
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    const u32* row = plain_row<N, 1>(w, i.src[k], temp);
    select_half<N>(row, i.op_sel >> k & 1, false, lo);
    select_half<N>(row, i.op_sel_hi >> k & 1, false, hi);
  }
  ShortPair operator[](unsigned l) const { return {static_cast<u16>(lo[l]), static_cast<u16>(hi[l])}; }
};

template <unsigned N>
struct Source<N, FloatPair> {
  alignas(64) u32 temp[2 * N];
  const u32 *lo, *hi;
  u32 flip_lo, flip_hi;
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    const u32* row = plain_row<N, 2>(w, i.src[k], temp);
    lo = row + (i.op_sel >> k & 1) * N;
    hi = row + (i.op_sel_hi >> k & 1) * N;
    flip_lo = (i.neg_lo >> k & 1u) << 31;
    flip_hi = (i.neg_hi >> k & 1u) << 31;
  }
  FloatPair operator[](unsigned l) const { return {std::bit_cast<float>(lo[l] ^ flip_lo), std::bit_cast<float>(hi[l] ^ flip_hi)}; }
};

// neg_lo negates, neg_hi takes the absolute value (RDNA3 ISA, V_FMA_MIX_F32).
template <unsigned N>
struct Source<N, Mixed> {
  alignas(64) u32 temp[N];
  alignas(64) float values[N];
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    const u32* row = plain_row<N, 1>(w, i.src[k], temp);
    if (i.op_sel_hi >> k & 1) {
      select_half<N>(row, i.op_sel >> k & 1, false, temp);
      halves_to_floats<N>(temp, values);
    } else {
      for (unsigned l = 0; l < N; l++) values[l] = std::bit_cast<float>(row[l]);
    }
    const u32 clear = i.neg_hi >> k & 1 ? 0x7fff'ffffu : ~0u, flip = (i.neg_lo >> k & 1u) << 31;
    for (unsigned l = 0; l < N; l++) values[l] = std::bit_cast<float>((std::bit_cast<u32>(values[l]) & clear) ^ flip);
  }
  Mixed operator[](unsigned l) const { return {values[l]}; }
};

// A lane mask (VCC or scalar registers).
template <unsigned N>
struct Source<N, bool> {
  u32 bits[2];
  void fetch(Wave& w, const Instruction& i, unsigned k) {
    const u64 v = scalar_bits(w, i.src[k], N == 64);
    bits[0] = static_cast<u32>(v);
    bits[1] = static_cast<u32>(v >> 32);
  }
  bool operator[](unsigned l) const { return (bits[N == 64 ? l / 32 : 0] >> (l % 32)) & 1; }
};

template <unsigned N>
inline void blend(u32* dst, const u32* row, u64 lanes) {
  for (unsigned part = 0; part < N; part += 32) {
    const u32 on = static_cast<u32>(lanes >> part);
#pragma GCC ivdep
    for (unsigned l = 0; l < 32; l++) dst[part + l] = (on >> l & 1) ? row[part + l] : dst[part + l];
  }
}

template <unsigned N>
inline void merge_halves(u32* dst, const u32* row, Write16 how, u64 lanes) {
  alignas(64) u32 merged[N];
  if (how == Write16::zero_high) {
    for (unsigned l = 0; l < N; l++) merged[l] = row[l] & 0xffffu;
  } else if (how == Write16::keep_high) {
    for (unsigned l = 0; l < N; l++) merged[l] = (dst[l] & 0xffff'0000u) | (row[l] & 0xffffu);
  } else {
    for (unsigned l = 0; l < N; l++) merged[l] = (dst[l] & 0xffffu) | row[l] << 16;
  }
  blend<N>(dst, merged, lanes);
}

// flags[l] is all ones or 0.
template <unsigned N>
inline u64 mask_of(const u32* flags) {
  u64 mask = 0;
  for (unsigned l = 0; l < N; l += 8) {
    const __m256i v = _mm256_load_si256(reinterpret_cast<const __m256i*>(flags + l));
    mask |= static_cast<u64>(static_cast<u32>(_mm256_movemask_ps(_mm256_castsi256_ps(v)))) << l;
  }
  return mask;
}

template <unsigned N>
inline void write_mask(Wave& w, const Operand& o, u64 mask) {
  if (o.kind != OperandKind::sgpr) return;
  if constexpr (N == 64) w.set_pair(o.index, mask);
  else w.sgpr[o.index] = static_cast<u32>(mask);
}

template <unsigned N>
inline u64 active_lanes(const Wave& w) {
  return N == 64 ? w.exec() : w.sgpr[kExecRegister];
}
template <unsigned N>
constexpr u64 every_lane = N == 64 ? ~0ull : 0xffff'ffffull;

// clamp on a float result: to [0, 1], NaN to 0 (MODE.dx10_clamp is set by every compute kernel).
inline float clamped(float v) { return v > 0 ? (v < 1 ? v : 1.0f) : 0.0f; }

template <unsigned N, auto F, class R, class... A>
struct VectorFrame {
  template <std::size_t... K>
  static inline void body(Wave& w, const Instruction& i, std::index_sequence<K...>) {
    std::tuple<Source<N, A>...> s;
    (std::get<K>(s).fetch(w, i, K), ...);
    const u64 lanes = active_lanes<N>(w);
    if constexpr (std::is_same_v<R, bool>) {
      alignas(64) u32 flags[N];
#pragma GCC ivdep
      for (unsigned l = 0; l < N; l++) flags[l] = F(std::get<K>(s)[l]...) ? ~0u : 0u;
      write_mask<N>(w, i.dst, mask_of<N>(flags) & lanes);
    } else if constexpr (std::is_same_v<R, Half> || std::is_same_v<R, HalfPair>) {
      constexpr bool pair = std::is_same_v<R, HalfPair>;
      alignas(64) float lo[N], hi[pair ? N : 8];
      alignas(64) u32 row[N];
      for (unsigned l = 0; l < N; l++) {
        const R r = F(std::get<K>(s)[l]...);
        if constexpr (pair) lo[l] = r.lo, hi[l] = r.hi;
        else lo[l] = r.v;
      }
      if (i.clamp)
        for (unsigned l = 0; l < N; l++) lo[l] = clamped(lo[l]);
      floats_to_halves<N>(lo, row);
      u32* dst = destination_row<N>(w, i.dst);
      if constexpr (pair) {
        alignas(64) u32 high[N];
        if (i.clamp)
          for (unsigned l = 0; l < N; l++) hi[l] = clamped(hi[l]);
        floats_to_halves<N>(hi, high);
        for (unsigned l = 0; l < N; l++) row[l] |= high[l] << 16;
        blend<N>(dst, row, lanes);
      } else {
        merge_halves<N>(dst, row, i.write16, lanes);
      }
    } else if constexpr (sizeof(R) == 2) {
      alignas(64) u32 row[N];
      for (unsigned l = 0; l < N; l++) row[l] = static_cast<u16>(F(std::get<K>(s)[l]...));
      merge_halves<N>(destination_row<N>(w, i.dst), row, i.write16, lanes);
    } else if constexpr (std::is_same_v<R, Carry> || std::is_same_v<R, WideCarry>) {
      constexpr bool wide = std::is_same_v<R, WideCarry>;
      alignas(64) u32 flags[N], low[N], high[wide ? N : 8];
      for (unsigned l = 0; l < N; l++) {
        const R r = F(std::get<K>(s)[l]...);
        low[l] = static_cast<u32>(r.value);
        if constexpr (wide) high[l] = static_cast<u32>(r.value >> 32);
        flags[l] = r.carry ? ~0u : 0u;
      }
      u32* dst = destination_row<N>(w, i.dst);
      blend<N>(dst, low, lanes);
      if constexpr (wide) blend<N>(dst + N, high, lanes);
      write_mask<N>(w, i.dst2, mask_of<N>(flags) & lanes);
    } else {
      constexpr unsigned registers = registers_of(operand_type<R>());
      u32* dst = destination_row<N>(w, i.dst);
      alignas(64) u32 temp[registers * N];
      const bool direct = lanes == every_lane<N> && !i.clamp;
      u32* out = direct ? dst : temp;
#pragma GCC ivdep
      for (unsigned l = 0; l < N; l++) {
        const R r = F(std::get<K>(s)[l]...);
        if constexpr (sizeof(R) == 8) {
          const u64 bits = std::bit_cast<u64>(r);
          out[l] = static_cast<u32>(bits);
          out[l + N] = static_cast<u32>(bits >> 32);
        } else {
          out[l] = std::bit_cast<u32>(r);
        }
      }
      if (direct) [[likely]] return;
      if constexpr (std::is_same_v<R, float>) {
        if (i.clamp)
          for (unsigned l = 0; l < N; l++) temp[l] = std::bit_cast<u32>(clamped(std::bit_cast<float>(temp[l])));
      } else if constexpr (std::is_same_v<R, FloatPair>) {
        if (i.clamp)
          for (unsigned l = 0; l < 2 * N; l++) temp[l] = std::bit_cast<u32>(clamped(std::bit_cast<float>(temp[l])));
      }
      blend<N>(dst, temp, lanes);
      if constexpr (registers == 2) blend<N>(dst + N, temp + N, lanes);
    }
  }
  static void handle(Wave& w, const Instruction& i) { body(w, i, std::index_sequence_for<A...>()); }
};

template <unsigned N, auto F, class R, class C, class... A>
constexpr Handler vector_handler_of(R (C::*)(A...) const) {
  return &VectorFrame<N, F, R, A...>::handle;
}
template <unsigned N, auto F>
constexpr Handler vector_handler() {
  return vector_handler_of<N, F>(&decltype(F)::operator());
}

}  // namespace llmc::emu
