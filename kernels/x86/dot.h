// Products of one row tile of weights (16 rows) and T rows of input: the inner loops of decoding (T = 1) and of prompts (T = 8).
//
// Codes are unpacked once a group and used T times. A lane is a row of the weights, so nothing is summed across lanes. Sums are
// int32 over a block of 32 columns, then float32: acc += (scale * dot) * input scale + minimum * (sum of the rounded inputs).
#pragma once
#include "kernels/x86/format.h"

namespace llmc::x86 {

// How far ahead of the unit being used the weight stream is fetched, in bytes: about 150 ns at 17 GB/s a core, doubled.
constexpr int kPrefetch = 6144;

template <class F, int T, int stride>
X86_FN void add_block(const u8* unit, int b, int h, const i8* q, const Block* blocks, vf* acc) {
  vi low[T] = {}, high[T] = {};
#pragma clang loop unroll(full)
  for (int g = 0; g < 8; g++) {
    const vu code = F::code(unit, b, g, h);
    vi* dot = F::kPerHalf && g >= 4 ? high : low;
#pragma clang loop unroll(full)
    for (int t = 0; t < T; t++) {
      i32 four;
      __builtin_memcpy(&four, q + t * stride + b * 32 + g * 4, 4);
#if !(defined(__AVX512F__) && defined(__AVX512VNNI__))
      if constexpr (F::kSigned) dot[t] = dot4_signed(dot[t], code, splat(four));
      else
#endif
        dot[t] = dot4(dot[t], code, splat(four));
    }
  }
  Coefficients c;
  F::coefficients(unit, b, h, c);
#pragma clang loop unroll(full)
  for (int t = 0; t < T; t++) {
    const Block& block = blocks[t * (stride / 32) + b];
    vf dot = c.scale[0] * __builtin_convertvector(low[t], vf);
    if constexpr (F::kPerHalf) dot = fma(c.scale[1], __builtin_convertvector(high[t], vf), dot);
    acc[t] = fma(dot, splat(block.scale), acc[t]);
    if constexpr (F::kMinimum && !F::kPerHalf) acc[t] = fma(c.minimum[0], splat(block.sum), acc[t]);
    if constexpr (F::kMinimum && F::kPerHalf) {
      acc[t] = fma(c.minimum[0], splat(block.sum_low), acc[t]);
      acc[t] = fma(c.minimum[1], splat(block.sum_high), acc[t]);
    }
  }
}

// acc[h * T + t] = rows [h * W, h * W + W) of the tile times row t of the input. One function for all matrices of a shape: a call
// a tile costs nothing beside the tile, and inlining it everywhere makes the compiler slow.
template <class F, int T, int columns, int stride>
__attribute__((noinline)) static void tile_dot(const u8* tile, RoundedInput<stride> in, vf* acc_out) {
  constexpr int units = (columns + F::kColumns - 1) / F::kColumns;
  vf acc[kHalves * T] = {};
  const i8* q = in.q;
  const Block* blocks = in.blocks;
#pragma clang loop unroll(disable)
  for (int u = 0; u < units; u++) {
    if constexpr (T == 1) {
#pragma clang loop unroll(full)
      for (int i = 0; i < F::kBytes; i += 64) __builtin_prefetch(tile + kPrefetch + i);
    }
    const auto block = [&](int b) __attribute__((always_inline)) {
#pragma clang loop unroll(full)
      for (int h = 0; h < kHalves; h++) add_block<F, T, stride>(tile, b, h, q, blocks, acc + h * T);
    };
    if constexpr (F::kColumns == 64) {
      block(0);
      block(1);
    } else {
      // A block is a hundred instructions and more: eight copies would not fit the instruction cache.
#pragma clang loop unroll(disable)
      for (int b = 0; b < F::kColumns / 32; b++) block(b);
    }
    tile += F::kBytes;
    q += F::kColumns;
    blocks += F::kColumns / 32;
  }
  for (int i = 0; i < kHalves * T; i++) acc_out[i] = acc[i];
}

template <class F, int T, int columns, int stride>
__attribute__((noinline)) static void tile_dot(const u8* tile, FloatInput<stride> in, vf* acc) {
  constexpr int chains = T == 1 ? 4 : 1;  // sums a row and input are kept in, to hide the latency of an addition
  vf part[kHalves * T * chains] = {};
  const f32* x = in.x;
  int column = 0;
  for (; column + chains <= columns; column += chains) {
    if constexpr (T == 1) __builtin_prefetch(tile + kPrefetch), __builtin_prefetch(tile + kPrefetch + 64);
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) {
#pragma clang loop unroll(full)
      for (int h = 0; h < kHalves; h++) {
        const vf w = F::values(tile + i * F::kBytes, h);
#pragma clang loop unroll(full)
        for (int t = 0; t < T; t++) {
          vf& sum = part[(h * T + t) * chains + i];
          sum = fma(w, splat(x[t * stride + column + i]), sum);
        }
      }
    }
    tile += chains * F::kBytes;
  }
  for (; column < columns; column++, tile += F::kBytes) {
    for (int h = 0; h < kHalves; h++) {
      for (int t = 0; t < T; t++) {
        vf& sum = part[(h * T + t) * chains];
        sum = fma(F::values(tile, h), splat(x[t * stride + column]), sum);
      }
    }
  }
  for (int i = 0; i < kHalves * T; i++) {
    acc[i] = part[i * chains];
    for (int j = 1; j < chains; j++) acc[i] += part[i * chains + j];
  }
}

// One row of a tile as floats: the embedding of a token.
template <class F, int columns>
X86_FN void unpack_row(const u8* tile, int row, f32* out) {
  const int h = row / W, lane = row % W;
  if constexpr (F::kFloat) {
    for (int i = 0; i < columns; i++) out[i] = F::values(tile + i * F::kBytes, h)[lane];
  } else {
    for (int column = 0; column < columns; column += 32) {
      const u8* unit = tile + column / F::kColumns * F::kBytes;
      const int b = column % F::kColumns / 32;
      Coefficients c;
      F::coefficients(unit, b, h, c);
      for (int g = 0; g < 8; g++) {
        const int half = F::kPerHalf && g >= 4;
        const u32 codes = F::code(unit, b, g, h)[lane];
        for (int i = 0; i < 4; i++) {
          const u8 code = (u8)(codes >> (8 * i));
          f32 value = c.scale[half][lane] * (F::kSigned ? (f32)(i8)code : (f32)code);
          if constexpr (F::kMinimum) value += c.minimum[half][lane];
          out[column + g * 4 + i] = value;
        }
      }
    }
  }
}

}  // namespace llmc::x86
