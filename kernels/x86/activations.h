// What a matrix reads: a vector, normalised where the phase says so, as floats and as 8-bit codes in blocks of 32
// (scale = max|x| / 127, round to nearest).
#pragma once
#include "kernels/x86/format.h"

namespace llmc::x86 {

// 1 / sqrt(mean(x^2) + eps) of n floats.
template <int n>
X86_FN f32 rms_factor(const f32* x, f32 eps) {
  vf squares = {};
  int i = 0;
  for (; i + W <= n; i += W) {
    const vf v = load<vf>(x + i);
    squares = fma(v, v, squares);
  }
  f32 total = sum(squares);
  for (; i < n; i++) total += x[i] * x[i];
  return 1.0f / sqrt(total / (f32)n + eps);
}

// out = x * factor * weight
template <int n>
X86_FN void normalise(const f32* x, const f32* weight, f32 eps, f32* out) {
  const f32 factor = rms_factor<n>(x, eps);
  int i = 0;
  for (; i + W <= n; i += W) store(out + i, load<vf>(x + i) * splat(factor) * load<vf>(weight + i));
  for (; i < n; i++) out[i] = x[i] * factor * weight[i];
}

// n floats (a multiple of 32) as codes and blocks; zeros up to `padded`, a multiple of the widest unit.
template <int n, int padded>
X86_FN void round_blocks(const f32* x, i8* q, Block* blocks) {
  constexpr int parts = 32 / W;
  for (int b = 0; b < n / 32; b++) {
    vf v[parts];
    vf top = {};
    for (int i = 0; i < parts; i++) {
      v[i] = load<vf>(x + b * 32 + i * W);
      top = max(top, abs(v[i]));
    }
    const f32 largest = max_lane(top);
    const f32 inverse = largest > 0 ? 127.0f / largest : 0.0f, scale = largest / 127.0f;
    i32 sums[2] = {0, 0};
    for (int i = 0; i < parts; i++) {
      const vf shifted = fma(v[i], splat(inverse), splat(12582912.0f));  // 1.5 * 2^23: the nearest integer in the low bits
      const vi code = (vi)shifted - 0x4b400000;
      store(q + b * 32 + i * W, __builtin_convertvector(code, vc));
      sums[i * W / 16] += __builtin_reduce_add(code);
    }
    blocks[b] = {scale, scale * (f32)(sums[0] + sums[1]), scale * (f32)sums[0], scale * (f32)sums[1]};
  }
  for (int b = n / 32; b < padded / 32; b++) {
    __builtin_memset(q + b * 32, 0, 32);
    blocks[b] = {};
  }
}

}  // namespace llmc::x86
