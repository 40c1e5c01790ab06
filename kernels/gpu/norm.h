// A phase's input, brought into shared memory by every workgroup for itself: RMS norm (or none), then the forms that the phase's
// matrices take. Integer form: blocks of 32 share the scale max|x| / 127 and are rounded to nearest; the sums of the codes' halves
// stand beside the scale, for formats with offsets. F16 form: scaled to at most 1 in groups of 128.
//
// A thread holds runs of 4 elements, 8 neighbouring threads a block of 32, 32 a group of 128; or runs of 8 (quads.h), for the integer form.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/gpu/quads.h"
#include "kernels/gpu/workspace.h"

namespace llmc {

// Sum over the workgroup, in every thread. Uses `threads / kWave` words of scratch.
template <u32 threads>
LLMC_FN f32 block_sum(f32 v) {
  constexpr u32 waves = threads / prim::kWave;
  f32* scratch = (f32*)prim::shared();
  v = prim::wave_sum(v);
  if (prim::lane() == 0) scratch[prim::wave()] = v;
  prim::sync_block();
  f32 sums[waves];
  LLMC_UNROLL for (u32 i = 0; i < waves; i++) sums[i] = scratch[i];
  return prim::sum_of(sums);
}

// The largest absolute value, or a little more than zero, so that its inverse is a number.
LLMC_FN f32 largest_of(f32x4 v) {
  return prim::max(prim::max(prim::max(prim::abs(v[0]), prim::abs(v[1])), prim::max(prim::abs(v[2]), prim::abs(v[3]))), 1e-30f);
}
LLMC_FN f32 largest_of(f32x8 v) { return prim::max(largest_of(f32x4{v[0], v[1], v[2], v[3]}), largest_of(f32x4{v[4], v[5], v[6], v[7]})); }

// Rounds the neighbouring elements of every thread (Run: 4 or 8) to int8 and stores codes and, from the first thread of a block, the block's
// scale and sums. `index`: which run of the input.
template <class Run>
LLMC_FN void store_rounded(Run v, u32 index, u8* codes, u8* meta) {
  constexpr u32 words = sizeof(Run) / 16, threads = 8 / words;  // of a block
  const f32 largest = prim::wave_max<threads>(largest_of(v));
  const f32 inverse = 127.0f * prim::rcp(largest);
  i32 sum = 0;
  LLMC_UNROLL for (u32 w = 0; w < words; w++) {
    u32 code[4];
    LLMC_UNROLL for (u32 k = 0; k < 4; k++) code[k] = prim::bits(v[4 * w + k] * inverse + prim::to_lower_bits);
    const u32 word = prim::lowest_bytes(code[0], code[1], code[2], code[3]);
    sum = prim::dot4_ss(word, 0x01010101u, sum);
    ((u32*)codes)[words * index + w] = word;
  }
  sum = prim::wave_sum<threads / 2>(sum);
  const i32 other = prim::shfl_xor(sum, threads / 2);
  if (index % threads == 0) {
    u32x2 pair = {prim::bits(largest * (1.0f / 127.0f)), ((u32)sum & 0xffffu) | (u32)other << 16};
    *(u32x2*)(meta + index / threads * 8) = pair;
  }
}

// Scales the 128 neighbouring elements of every 32 threads to at most 1 and stores them as f16 and, from the first thread, what they were
// divided by.
LLMC_FN void store_f16(f32x4 v, u32 index, u8* f16, u8* scales) {
  const f32 largest = prim::group_max(largest_of(v));
  const f32 inverse = prim::rcp(largest);
  const u32x2 words = {prim::float2_to_half2(v[0] * inverse, v[1] * inverse), prim::float2_to_half2(v[2] * inverse, v[3] * inverse)};
  *(u32x2*)(f16 + 8 * index) = words;
  if (index % 32 == 0) *(f32*)(scales + index / 8) = largest;
}

// Brings x[0..columns) (global, exchanged between workgroups by `link`) into shared memory, through an RMS norm with `weight` if
// `normed`. The norm's own factor, which is returned (1 if not normed), is left for the products, so that rounding does not wait for it and
// one synchronisation serves both. The workgroup is synchronised.
template <u32 columns, u32 threads, bool normed, InputForms forms, class Link>
LLMC_HOT LLMC_FN f32 fill_input(const Link& link, const f32* x, const f32* weight, f32 eps) {
  using Run = typename Link::Run;
  constexpr u32 length = sizeof(Run) / 4;
  static_assert(columns % length == 0, "a row is read in runs");
  constexpr Workspace space = workspace(columns, forms);
  constexpr u32 runs = padded_columns(columns) / length, per_thread = (runs + threads - 1) / threads;
  static_assert(length == 4 || forms.only_codes());
  static_assert(runs % prim::kWave == 0, "a wave takes part in rounding as a whole");
  u8* shared = prim::shared();
  const u32 first = prim::thread();
  u32x4 raw[per_thread];
  const auto store = [&](u32 run, Run value) LLMC_INLINED {
    if (runs % threads == 0 || run < runs) {
      if constexpr (forms.codes) store_rounded(value, run, shared + space.codes, shared + space.meta);
      if constexpr (forms.f16) store_f16(value, run, shared + space.f16, shared + space.f16_scales);
      if constexpr (forms.floats) *(f32x4*)(shared + space.floats + 16 * run) = value;
    }
  };
  if constexpr (normed) {
    f32x4 w[per_thread][length / 4] = {};
    LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) {
      const u32 run = i * threads + first;
      LLMC_UNROLL for (u32 j = 0; j < length / 4; j++) {
        if (run < columns / length) w[i][j] = __builtin_bit_cast(f32x4, prim::load16_cached((const f32x4*)weight + run * (length / 4) + j));
      }
    }
    link.read(x, columns, first, threads, raw);
    f32 squares = 0;
    LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) {
      Run v = link.elements(raw[i]);
      LLMC_UNROLL for (u32 k = 0; k < length; k++) {
        squares += v[k] * v[k];
        v[k] *= w[i][k / 4][k % 4];
      }
      store(i * threads + first, v);
    }
    return prim::rsqrt(block_sum<threads>(squares) * (1.0f / columns) + eps);
  } else {
    link.read(x, columns, first, threads, raw);
    LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) store(i * threads + first, link.elements(raw[i]));
    prim::sync_block();
    return 1;
  }
}

// The same for a wide input that is not normed, as a function that all phases with such an input share: unrolled for 14,336 columns it is 17 KB
// of instructions, half of a phase, and each tensor type would have it anew. For narrow inputs the call costs more (1% of a token) than the
// fetching. Arguments one by one: a struct would be passed through memory.
template <u32 columns, u32 threads>
constexpr bool is_wide = columns > 16 * threads;
template <u32 columns, u32 threads, InputForms forms, class Link>
LLMC_APART void fill_wide_input(u8* arena, abi::Ring* ring, u32 phase, const f32* x) {
  const abi::Args a = {arena, nullptr, nullptr, ring, 0, 0, 0};
  fill_input<columns, threads, false, forms>(Link(a, phase), x, nullptr, 0);
}

// A phase's input: fill_input(), for the phase's matrices.
template <u32 columns, u32 threads, bool normed, InputForms forms, class Link>
LLMC_HOT LLMC_FN fmt::Activations load_input(const Link& link, const f32* x, const f32* weight, f32 eps) {
  constexpr Workspace space = workspace(columns, forms);
  f32 factor = 1;
  if constexpr (Link::packets && !normed && is_wide<columns, threads>) {
    fill_wide_input<columns, threads, forms, Link>(link.args().arena, link.args().ring, link.phase(), x);
  } else {
    factor = fill_input<columns, threads, normed, forms>(link, x, weight, eps);
  }
  const u8* shared = prim::shared();
  return {shared + space.codes,  shared + space.meta, shared + space.f16, (const f32*)(shared + space.f16_scales),
          (const f32*)(shared + space.floats), factor};
}

}  // namespace llmc
