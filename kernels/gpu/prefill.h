// The small kernels of prompt processing: everything between the matrices of a chunk of tokens, which stand in the rows of the same
// buffers as a decode token's vectors.
#pragma once
#include "kernels/gpu/cache_place.h"
#include "kernels/gpu/norm.h"
#include "kernels/gpu/rope.h"

namespace llmc::prefill {

// Where the rounded and the float form of the tokens go: rows of padded_columns(columns) codes, a quarter of that of meta bytes.
struct Rounded {
  u8* codes;
  u8* meta;
  f32* floats;
};

// One row x[0..columns), through an RMS norm with `weight` if `normed`, into row `token` of `out` in the forms asked for, the padding
// zero. Called by a workgroup.
template <u32 columns, u32 threads, bool normed, bool integer, bool floating>
LLMC_HOT LLMC_FN void round_row(const f32* x, const f32* weight, f32 eps, const Rounded& out, u32 token) {
  constexpr u32 padded = padded_columns(columns), runs = padded / 4, per_thread = (runs + threads - 1) / threads;
  static_assert(columns % 4 == 0, "a row is read in runs of four elements");
  f32x4 v[per_thread];
  f32 squares = 0;
  LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) {
    const u32 run = i * threads + prim::thread();
    v[i] = f32x4{0, 0, 0, 0};
    if (run < columns / 4) v[i] = *((const f32x4*)x + run);
    if constexpr (normed) LLMC_UNROLL for (u32 k = 0; k < 4; k++) squares += v[i][k] * v[i][k];
  }
  if constexpr (normed) {
    const f32 scale = prim::rsqrt(block_sum<threads>(squares) * (1.0f / columns) + eps);
    LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) {
      const u32 run = i * threads + prim::thread();
      if (run < columns / 4) {
        const f32x4 w = *((const f32x4*)weight + run);
        LLMC_UNROLL for (u32 k = 0; k < 4; k++) v[i][k] *= scale * w[k];
      }
    }
  }
  LLMC_UNROLL for (u32 i = 0; i < per_thread; i++) {
    const u32 run = i * threads + prim::thread();
    if (runs % threads == 0 || run < runs) {  // whole waves: `runs` is a multiple of 64
      if constexpr (integer) store_rounded(v[i], run, out.codes + (u64)token * padded, out.meta + (u64)token * (padded / 4));
      if constexpr (floating) *((f32x4*)(out.floats + (u64)token * padded) + run) = v[i];
    }
  }
  prim::sync_block();  // block_sum's scratch is free again
}

// Row `row` of q, k or v of one token (a wave's work): q rotated in place, k and v into the cache. `qkv` is the token's row, `row`
// counts the heads of q, then of k, then of v. S as in rope.h, and n_heads, n_kv_heads.
template <class S>
LLMC_HOT LLMC_FN void rotate_row(f32* qkv, u32 row, const f32* q_norm, const f32* k_norm, u32 position, u32 ctx, u16* k, u16* v) {
  f32* source = qkv + (u64)row * S::head_dim;
  if (row < S::n_heads) {
    rope::prepare_row<S>(ThroughMemory(), source, q_norm, position, 1.0f, [&](u32 i, f32 value) LLMC_INLINED { source[i] = value; });
    return;
  }
  const u32 kv_head = (row - S::n_heads) % S::n_kv_heads;
  const u64 at = ((u64)kv_head * ctx + position) * S::head_dim;
  if (row < S::n_heads + S::n_kv_heads) {
    rope::prepare_row<S>(ThroughMemory(), source, k_norm, position, 1.0f, [&](u32 i, f32 value) LLMC_INLINED {
      k[at + cache_place<S::head_dim>(position, i)] = prim::float_to_half(value);
    });
    return;
  }
  LLMC_UNROLL for (u32 i = 0; i < S::head_dim; i += prim::kWave) {
    const u32 d = i + prim::lane();
    if (d < S::head_dim) v[at + cache_place<S::head_dim>(position, d)] = prim::float_to_half(source[d]);
  }
}

}  // namespace llmc::prefill
