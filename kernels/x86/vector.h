// The vectors that x86 code is written on: W lanes of 32 bits, one register of the processor at hand (16 with AVX-512, 8 with AVX2).
// A row tile is 16 rows, so kHalves = 16 / W registers hold one value per row.
#pragma once
#include "kernels/prim/types.h"

namespace llmc::x86 {

#if defined(__AVX512F__) && defined(__AVX512VNNI__)
constexpr int W = 16;
#else
constexpr int W = 8;
#endif
constexpr int kTileRows = 16;
constexpr int kHalves = kTileRows / W;

#define X86_FN inline __attribute__((always_inline))

typedef f32 vf __attribute__((vector_size(W * 4)));
typedef i32 vi __attribute__((vector_size(W * 4)));
typedef u32 vu __attribute__((vector_size(W * 4)));
typedef u8 vb __attribute__((vector_size(W)));
typedef i8 vc __attribute__((vector_size(W)));
typedef u16 vs __attribute__((vector_size(W * 2)));
typedef _Float16 vh __attribute__((vector_size(W * 2)));

template <class V>
X86_FN V load(const void* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(V));
  return v;
}
template <class V>
X86_FN void store(void* p, V v) {
  __builtin_memcpy(p, &v, sizeof(V));
}
X86_FN vi splat(i32 v) { return vi{} + v; }
X86_FN vu splat(u32 v) { return vu{} + v; }
X86_FN vf splat(f32 v) { return (vf)(vi{} + __builtin_bit_cast(i32, v)); }
X86_FN vf fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
X86_FN vf max(vf a, vf b) { return __builtin_elementwise_max(a, b); }
X86_FN vf min(vf a, vf b) { return __builtin_elementwise_min(a, b); }
X86_FN vf abs(vf a) { return (vf)((vi)a & 0x7fffffff); }
X86_FN vf load_half(const void* p) { return __builtin_convertvector(load<vh>(p), vf); }
X86_FN void store_half(void* p, vf v) { store(p, __builtin_convertvector(v, vh)); }

// acc + the dot product, lane by lane, of 4 unsigned bytes (`codes`, at most 127 with AVX2: pmaddubsw saturates) and 4 signed ones.
X86_FN vi dot4(vi acc, vu codes, vi x) {
#if defined(__AVX512F__) && defined(__AVX512VNNI__)
  return __builtin_ia32_vpdpbusd512(acc, (vi)codes, x);
#else
  typedef char bytes __attribute__((vector_size(32)));
  typedef short words __attribute__((vector_size(32)));
  return acc + (vi)__builtin_ia32_pmaddwd256((words)__builtin_ia32_pmaddubsw256((bytes)codes, (bytes)x), (words){} + (short)1);
#endif
}
#if !(defined(__AVX512F__) && defined(__AVX512VNNI__))
// The same with signed bytes on both sides: |w| * (x with the sign of w). |w| <= 128 and |x| <= 127 give pairs of at most 32,512.
X86_FN vi dot4_signed(vi acc, vu w, vi x) {
  typedef char bytes __attribute__((vector_size(32)));
  typedef signed char signed_bytes __attribute__((vector_size(32)));
  const bytes magnitude = (bytes)__builtin_elementwise_abs((signed_bytes)w);
  return dot4(acc, (vu)magnitude, (vi)__builtin_ia32_psignb256((bytes)x, (bytes)w));
}
#endif

// Sum and maximum over the lanes.
X86_FN f32 sum(vf v) {
  typedef f32 v4 __attribute__((vector_size(16)));
#if defined(__AVX512F__) && defined(__AVX512VNNI__)
  typedef f32 v8 __attribute__((vector_size(32)));
  const v8 e = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  const vf e = v;
#endif
  const v4 q = __builtin_shufflevector(e, e, 0, 1, 2, 3) + __builtin_shufflevector(e, e, 4, 5, 6, 7);
  return (q[0] + q[2]) + (q[1] + q[3]);
}
X86_FN f32 max_lane(vf v) { return __builtin_reduce_max(v); }

// Sums of the lanes of `n` vectors (a power of two up to W), in lanes 0..n-1: pairs of neighbours are added log2(W) times.
X86_FN vf sum_each(vf* v) {
#pragma clang loop unroll(full)
  for (int n = W; n > 1; n /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < n / 2; i++) {
      const vf a = v[2 * i], b = v[2 * i + 1];
#if defined(__AVX512F__) && defined(__AVX512VNNI__)
      v[i] = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
             __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#else
      v[i] = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) + __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#endif
    }
  }
  return v[0];
}

// Natural logarithm of a positive, normal number: 2 atanh((m - 1) / (m + 1)) of the mantissa, in [sqrt 1/2, sqrt 2).
X86_FN f32 log(f32 x) {
  const u32 b = __builtin_bit_cast(u32, x) - 0x3f3504f3u;
  const f32 m = __builtin_bit_cast(f32, (b & 0x7fffffu) + 0x3f3504f3u), s = (m - 1) / (m + 1), z = s * s;
  return (f32)((i32)b >> 23) * 0.693147181f + 2 * s * (1 + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9)))));
}

// 2^x. Relative error about 2e-7 (Cephes exp2f's polynomial on [-1/2, 1/2]); 0 below -126, clamped above 127.
X86_FN vf exp2(vf x) {
  const vf clamped = min(max(x, splat(-126.0f)), splat(127.0f));
  const vf shifted = clamped + splat(12582912.0f);  // 1.5 * 2^23: the integer nearest to x in the low bits
  const vf r = clamped - (shifted - splat(12582912.0f));
  vf p = splat(1.535336188319500e-4f);
  p = fma(p, r, splat(1.339887440266574e-3f));
  p = fma(p, r, splat(9.618437357674640e-3f));
  p = fma(p, r, splat(5.550332471162809e-2f));
  p = fma(p, r, splat(2.402264791363012e-1f));
  p = fma(p, r, splat(6.931472028550421e-1f));
  p = fma(p, r, splat(1.0f));
  const vf power = (vf)((vi)p + ((vi)shifted << 23));
  return (vf)((vi)power & (x > splat(-126.0f)));
}
X86_FN vf exp(vf x) { return exp2(x * splat(1.44269504f)); }
X86_FN f32 exp(f32 x) { return exp(splat(x))[0]; }
X86_FN vf silu(vf x) { return x / (splat(1.0f) + exp(-x)); }

// Sine and cosine of a / 2^32 turns. The nearest quarter turn is exact integer work; the rest is at most an eighth of a turn
// (Cephes sinf and cosf's polynomials on [-pi/4, pi/4]).
X86_FN void sin_cos_turns(u32 a, f32* sine, f32* cosine) {
  const u32 quarter = (a + (1u << 29)) >> 30;
  const f32 t = (f32)(i32)(a - (quarter << 30)) * (6.283185307179586f / 4294967296.0f);
  const f32 z = t * t;
  const f32 s = t + t * z * (-1.6666654611e-1f + z * (8.3321608736e-3f + z * -1.9515295891e-4f));
  const f32 c = 1.0f - 0.5f * z + z * z * (4.166664568298827e-2f + z * (-1.388731625493765e-3f + z * 2.443315711809948e-5f));
  const f32 swapped_s = quarter & 1 ? c : s, swapped_c = quarter & 1 ? s : c;
  *sine = quarter & 2 ? -swapped_s : swapped_s;
  *cosine = (quarter + 1) & 2 ? -swapped_c : swapped_c;
}

X86_FN f32 sqrt(f32 v) { return __builtin_elementwise_sqrt(v); }
X86_FN int least(int a, int b) { return a < b ? a : b; }

}  // namespace llmc::x86
