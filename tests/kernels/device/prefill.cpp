// Kernels for prefill_test.cpp: causal attention, and the rounding of rows.
#include "kernels/gpu/args.h"
#include "kernels/gpu/prefill.h"
#include "kernels/gpu/prefill_attention.h"

namespace llmc {

struct RoundCase {
  const f32* x;  // [tokens][columns]
  const f32* weight;
  u8* codes;
  u8* meta;
  f32* floats;
  u32 tokens;
};
template <u32 columns, bool normed, bool floating>
LLMC_FN void round_case(const abi::Args& a) {
  const RoundCase& c = *(const RoundCase*)a.arena;
  LLMC_GRID_STRIDE for (u32 token = prim::block(); token < c.tokens; token += prim::blocks())
    prefill::round_row<columns, 256, normed, true, floating>(c.x + token * columns, c.weight, 1e-5f, {c.codes, c.meta, c.floats}, token);
}
LLMC_KERNEL(256) void round_896(abi::Args a, int, int, int) { round_case<896, false, true>(a); }
LLMC_KERNEL(256) void norm_896(abi::Args a, int, int, int) { round_case<896, true, false>(a); }
LLMC_KERNEL(256) void norm_5120(abi::Args a, int, int, int) { round_case<5120, true, true>(a); }
LLMC_KERNEL(256) void norm_96(abi::Args a, int, int, int) { round_case<96, true, true>(a); }

struct CausalCase {
  const f32* qkv;  // [n][(n_heads + 2 n_kv_heads) head_dim]
  f32* att;
  const u16* k;
  const u16* v;
  u32 ctx;
};
template <u32 heads, u32 kv_heads, u32 dim>
struct CausalShape {
  static constexpr u32 n_heads = heads, n_kv_heads = kv_heads, head_dim = dim;
};
template <class S>
LLMC_FN void causal_case(const abi::Args& a, u32 start, u32 n) {
  const CausalCase& c = *(const CausalCase*)a.arena;
  using A = prefill::Attention<S>;
  const u32 tiles = (n + A::rows - 1) / A::rows;
  LLMC_GRID_STRIDE for (u32 item = prim::block(); item < tiles * S::n_heads; item += prim::blocks()) {
    const u32 head = item % S::n_heads, kv = head / A::group * c.ctx * S::head_dim;
    A::run(c.qkv, (S::n_heads + 2 * S::n_kv_heads) * S::head_dim, c.att, c.k + kv, c.v + kv, head, item / S::n_heads * A::rows, start, n, prim::shared());
  }
}
#define LLMC_CAUSAL(heads, kv_heads, dim) \
  LLMC_KERNEL(256) void causal_##heads##_##kv_heads##_##dim(abi::Args a, int, int start, int n) { \
    causal_case<CausalShape<heads, kv_heads, dim>>(a, (u32)start, (u32)n); \
  }
LLMC_CAUSAL(3, 3, 32)
LLMC_CAUSAL(4, 2, 64)
LLMC_CAUSAL(3, 1, 96)
LLMC_CAUSAL(2, 1, 128)
LLMC_CAUSAL(2, 2, 256)

}  // namespace llmc
