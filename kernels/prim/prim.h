// The primitives of the target at hand, and what is the same on all of them.
#pragma once
#include "kernels/prim/types.h"
#if defined(LLMC_HOST)
#include "kernels/prim/host.h"
#elif defined(__NVPTX__)
#include "kernels/prim/nv.h"
#else
#include "kernels/prim/amd.h"
#endif

namespace llmc::prim {

LLMC_FN u32 bits(f32 v) { return __builtin_bit_cast(u32, v); }
LLMC_FN f32 from_bits(u32 v) { return __builtin_bit_cast(f32, v); }
LLMC_FN f32 shfl_xor(f32 v, u32 mask) { return from_bits(shfl_xor(bits(v), mask)); }
LLMC_FN f32 shfl(f32 v, u32 source) { return from_bits(shfl(bits(v), source)); }
LLMC_FN i32 shfl_xor(i32 v, u32 mask) { return (i32)shfl_xor((u32)v, mask); }
LLMC_FN i32 shfl(i32 v, u32 source) { return (i32)shfl((u32)v, source); }

// `b` where `a` is not a number. NVIDIA has an instruction for it, the choice takes two.
LLMC_FN f32 max(f32 a, f32 b) {
#if defined(__NVPTX__)
  return __nvvm_fmax_f(a, b);
#else
  return a > b ? a : b;
#endif
}
LLMC_FN f32 min(f32 a, f32 b) { return a < b ? a : b; }
LLMC_FN f32 abs(f32 a) { return __builtin_fabsf(a); }
LLMC_FN u32 min(u32 a, u32 b) { return a < b ? a : b; }
LLMC_FN u32 max(u32 a, u32 b) { return a > b ? a : b; }
LLMC_FN i32 min(i32 a, i32 b) { return a < b ? a : b; }
LLMC_FN i32 max(i32 a, i32 b) { return a > b ? a : b; }

// The lowest bytes of four words, first to last.
LLMC_FN u32 lowest_bytes(u32 a, u32 b, u32 c, u32 d) {
#if defined(__NVPTX__)
  return __nvvm_prmt(__nvvm_prmt(a, b, 0x0040), __nvvm_prmt(c, d, 0x0040), 0x5410);
#elif defined(LLMC_HOST)
  return (a & 255) | (b & 255) << 8 | (c & 255) << 16 | d << 24;
#else
  return __builtin_amdgcn_perm(__builtin_amdgcn_perm(d, c, 0x0c0c0400), __builtin_amdgcn_perm(b, a, 0x0c0c0400), 0x05040100);
#endif
}

// A float32 of at most 2^22 in size plus this has the nearest whole number in its lower bits, in two's complement: one addition, which fuses with a
// product before it, where a conversion has a quarter of its rate.
constexpr f32 to_lower_bits = 12582912.0f;  // 1.5 x 2^23

// The sum of `v`, in pairs of pairs: few of the additions wait for each other.
template <u32 count>
LLMC_FN f32 sum_of(const f32 (&v)[count]) {
  f32 sum[count];
  LLMC_UNROLL for (u32 i = 0; i < count; i++) sum[i] = v[i];
  LLMC_UNROLL for (u32 step = 1; step < count; step *= 2) {
    LLMC_UNROLL for (u32 i = 0; i + step < count; i += 2 * step) sum[i] += sum[i + step];
  }
  return sum[0];
}

// Whether `b` holds in all lanes of the wave.
LLMC_FN bool all(bool b) {
#if defined(__NVPTX__)
  return __nvvm_vote_all_sync(~0u, b);
#else
  return ballot(!b) == 0;
#endif
}

// Of clock(): cycles of the processor, in the simulation nanoseconds.
LLMC_FN void wait_cycles(u32 count) {
  const u64 start = clock();
  LLMC_GRID_STRIDE while (clock() - start < count) pause();
}

// Where a format's load() reads: weights in global memory, each byte once, or in shared memory.
struct Streamed {
  static LLMC_FN u32x4 load16(const u8* p) { return prim::load16(p); }
  static LLMC_FN u32x2 load8(const u8* p) { return prim::load8(p); }
  static LLMC_FN u32 load4(const u8* p) { return prim::load4(p); }
  static LLMC_FN u16 load2(const u8* p) { return prim::load2(p); }
};
struct InShared {
  static LLMC_FN u32x4 load16(const u8* p) { return *(const u32x4*)p; }
  static LLMC_FN u32x2 load8(const u8* p) { return *(const u32x2*)p; }
  static LLMC_FN u32 load4(const u8* p) { return *(const u32*)p; }
  static LLMC_FN u16 load2(const u8* p) { return *(const u16*)p; }
};

// Sum and maximum over aligned groups of `lanes` lanes (a power of two, a constant), the result in all of them.
template <u32 lanes = kWave>
LLMC_FN f32 wave_sum(f32 v) {
  LLMC_UNROLL for (u32 m = 1; m < lanes; m *= 2) v += shfl_xor(v, m);
  return v;
}
template <u32 lanes = kWave>
LLMC_FN i32 wave_sum(i32 v) {
  LLMC_UNROLL for (u32 m = 1; m < lanes; m *= 2) v += shfl_xor(v, m);
  return v;
}
template <u32 lanes = kWave>
LLMC_FN f32 wave_max(f32 v) {
  LLMC_UNROLL for (u32 m = 1; m < lanes; m *= 2) v = max(v, shfl_xor(v, m));
  return v;
}
// Maximum over the wave of values that are all numbers.
LLMC_FN f32 wave_max_of_numbers(f32 v) {
#if defined(__NVPTX__)
  const auto ordered = [](i32 word) { return word ^ (word >> 31 & 0x7fffffff); };  // between the bits of a number and an integer of the same order
  return from_bits((u32)ordered(wave_max(ordered((i32)bits(v)))));
#else
  return wave_max(v);
#endif
}
// Maximum over aligned groups of 32 lanes of values of which none is negative, in all of them.
LLMC_FN f32 group_max(f32 v) {
#if defined(__NVPTX__)
  return from_bits((u32)wave_max((i32)bits(v)));  // their bits have the same order
#else
  return wave_max<32>(v);
#endif
}

// Vectors exchanged between workgroups inside a kernel: relaxed, device scope. T is a 4-, 8- or 16-byte plain type.
template <u32 bytes> struct Word;
template <> struct Word<4> { using type = u32; };
template <> struct Word<8> { using type = u64; };
template <> struct Word<16> { using type = u32x4; };
template <class T>
LLMC_FN T load_coherent(const T* p) {
  using W = typename Word<sizeof(T)>::type;
  return __builtin_bit_cast(T, coherent_load((const W*)p));
}
template <class T>
LLMC_FN void store_coherent(T* p, T v) {
  using W = typename Word<sizeof(T)>::type;
  coherent_store((W*)p, __builtin_bit_cast(W, v));
}
// For the pinned ring that the host reads; order by fence_system between stores.
template <class T>
LLMC_FN void store_system(T* p, T v) { system_store((u32*)p, __builtin_bit_cast(u32, v)); }

LLMC_FN f32 half_to_float(u16 h) { return (f32)__builtin_bit_cast(_Float16, h); }
LLMC_FN u16 float_to_half(f32 v) { return __builtin_bit_cast(u16, (_Float16)v); }
LLMC_FN f32 bfloat_to_float(u16 h) { return from_bits((u32)h << 16); }
// The two halves of a word, lower first.
struct Float2 { f32 x, y; };
LLMC_FN Float2 half2_to_float2(u32 w) { return {half_to_float((u16)w), half_to_float((u16)(w >> 16))}; }
#if !defined(__NVPTX__)
LLMC_FN u32 float2_to_half2(f32 x, f32 y) { return float_to_half(x) | (u32)float_to_half(y) << 16; }

// Sum of the products of 16 pairs of f16, those of `a` with `x` and of `b` with `y`, in float32.
LLMC_FN f32 dot_f16(u32x4 a, u32x4 x, u32x4 b, u32x4 y) {
  f32 sum = 0;
  LLMC_UNROLL for (u32 i = 0; i < 4; i++) sum = dot2_f16(a[i], x[i], sum);
  LLMC_UNROLL for (u32 i = 0; i < 4; i++) sum = dot2_f16(b[i], y[i], sum);
  return sum;
}
#endif

}  // namespace llmc::prim
