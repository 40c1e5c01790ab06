// Kernels for attention_test.cpp: one new token over a cache.
#include "kernels/gpu/args.h"
#include "kernels/gpu/attention_short.h"

namespace llmc {

struct AttentionCase {  // at the start of the arena
  const f32* qkv;
  f32* att;
  f32* part;
  u32* count;
  u16* k;
  u16* v;
  const f32* q_norm;
  const f32* k_norm;
  u32 position, ctx;
};

template <u32 heads, u32 kv_heads, u32 dim, u32 rope, bool halves, bool norm, u32 workgroup>
struct TestShape {
  static constexpr u32 n_heads = heads, n_kv_heads = kv_heads, head_dim = dim, rope_dim = rope, threads = workgroup;
  static constexpr bool rope_halves = halves, qk_norm = norm;
  static constexpr f32 rms_eps = 1e-5f;
  static LLMC_FN u64 rope_turns(u32 pair) { return 0x28be60db9391054aull >> pair % 20; }
};

template <class D>
LLMC_FN void attention_case(const abi::Args& a) {
  const AttentionCase& c = *(const AttentionCase*)a.arena;
  D::run(ThroughMemory(), {c.qkv, c.att, c.part, c.count, c.k, c.v, c.q_norm, c.k_norm}, c.position, c.ctx, prim::block(), prim::blocks(),
         prim::shared(), []() {});
}

#define LLMC_CASE(name, threads, ...)                                                                      \
  LLMC_KERNEL(threads) void name(abi::Args a, int, int, int) {                                             \
    attention_case<attention::Decode<TestShape<__VA_ARGS__, threads>, ThroughMemory>>(a);                  \
  }                                                                                                        \
  LLMC_KERNEL(threads) void name##_short(abi::Args a, int, int, int) {                                     \
    attention_case<attention::Short<TestShape<__VA_ARGS__, threads>, ThroughMemory>>(a);                   \
  }
// name, threads, heads, kv heads, head_dim, rope_dim, halves, qk_norm: as in attention_test.cpp
LLMC_CASE(group_of_7, 512, 14, 2, 64, 64, true, false)
LLMC_CASE(multi_head_32, 256, 4, 4, 32, 32, false, true)
LLMC_CASE(multi_query_128, 512, 8, 1, 128, 128, true, true)
LLMC_CASE(partial_rope_96, 256, 6, 2, 96, 64, false, false)
LLMC_CASE(partial_rope_256, 512, 10, 2, 256, 128, true, false)
LLMC_CASE(multi_query_22, 256, 22, 1, 64, 32, false, true)
LLMC_CASE(multi_head_128, 256, 8, 8, 128, 128, false, false)
LLMC_CASE(multi_query_64, 256, 64, 1, 32, 32, true, false)

}  // namespace llmc
