// Kernels for attention_test.cpp: one new token over a cache.
#include "kernels/gpu/args.h"
#include "kernels/gpu/attention_short.h"
#include "kernels/gpu/attention_tiles.h"
#include "kernels/gpu/quads.h"

namespace llmc {

struct AttentionCase {  // in the arena, behind the state
  const f32* qkv;
  f32* att;
  f32* part;
  u32* count;
  u16* k;
  u16* v;
  const f32* q_norm;
  const f32* k_norm;
  u32 position, ctx;
  f32* qkv_packets;
  f32* att_packets;
  u32 number;
};

template <u32 heads, u32 kv_heads, u32 dim, u32 rope, bool halves, bool norm, u32 workgroup, bool bulk = true>
struct TestShape {
  static constexpr bool bulk_copies = bulk;
  static constexpr u32 tiles = dim == 64 ? 18 : 3;  // few, so that pieces take several rounds
  static constexpr u32 n_heads = heads, n_kv_heads = kv_heads, head_dim = dim, rope_dim = rope, threads = workgroup;
  static constexpr bool rope_halves = halves, qk_norm = norm;
  static constexpr f32 rms_eps = 1e-5f;
  static LLMC_FN u64 rope_turns(u32 pair) { return 0x28be60db9391054aull >> pair % 20; }
};

template <class D>
constexpr bool is_tiles = requires { D::capacity; };
template <class D>
LLMC_FN void begin(const AttentionCase& c) {
  if constexpr (is_tiles<D>) D::begin(c.position, prim::block(), prim::blocks());
}

template <class D>
LLMC_FN void through_memory(const abi::Args& a) {
  const AttentionCase& c = *(const AttentionCase*)(a.arena + sizeof(abi::State));
  begin<D>(c);
  prim::sync_block();
  // Tiles twice: what a layer leaves behind, the parity of its rounds, must not disturb the next.
  constexpr u32 layers = is_tiles<D> ? 2 : 1;
  for (u32 layer = 0; layer < layers; layer++) {
    D::run(ThroughMemory(), {c.qkv, c.att, c.part, c.count, c.k, c.v, c.q_norm, c.k_norm}, c.position, c.ctx, prim::block(), prim::blocks(),
           prim::shared() + scratch_bytes, []() {});
    prim::sync_block();
  }
}

// q, k and v become packets, attention takes these, and its packets, or quads, become `att`; each worker does the first and the last for itself.
template <class D, class Result = Packets>
LLMC_FN void through_packets(const abi::Args& a) {
  const AttentionCase& c = *(const AttentionCase*)(a.arena + sizeof(abi::State));
  constexpr u32 att = D::head_dim * D::kv_heads * D::group, qkv = att + 2 * D::head_dim * D::kv_heads;
  Packets link(a, c.number);
  link.begin();
  begin<D>(c);
  prim::sync_block();
  LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < qkv; i += prim::threads()) link.write(c.qkv_packets, i, c.qkv[i], true);
  link.next_phase();
  D::run(Result(link), {c.qkv_packets, c.att_packets, c.part, c.count, c.k, c.v, c.q_norm, c.k_norm}, c.position, c.ctx, prim::block(), prim::blocks(),
         prim::shared() + scratch_bytes, []() {});
  link.next_phase();
  const Result result(link);
  constexpr u32 length = sizeof(typename Result::Run) / 4;
  LLMC_GRID_STRIDE for (u32 run = prim::thread(); run - prim::lane() < att / length; run += prim::threads()) {
    u32x4 raw[1];
    result.read(c.att_packets, att, run, 1, raw);
    for (u32 k = 0; run < att / length && k < length; k++) c.att[length * run + k] = result.elements(raw[0])[k];
  }
}
template <class D>
LLMC_FN void through_quads(const abi::Args& a) { through_packets<D, Quads>(a); }

#define LLMC_FORM(name, threads, form, through, Type, Link, ...)                     \
  LLMC_KERNEL(threads) void name##form(abi::Args a, int, int, int) {                 \
    through<attention::Type<TestShape<__VA_ARGS__, threads>, Link>>(a);              \
  }
#define LLMC_TEAMS_CASE(name, threads, ...)                                                      \
  LLMC_FORM(name, threads, , through_memory, Decode, ThroughMemory, __VA_ARGS__)                 \
  LLMC_FORM(name, threads, _packets, through_packets, Decode, Packets, __VA_ARGS__)
#if LLMC_WAVE == 32
#define LLMC_TILES_CASE(name, threads, ...)                                                      \
  LLMC_FORM(name, threads, _short, through_memory, Short, ThroughMemory, __VA_ARGS__)            \
  LLMC_FORM(name, threads, _tiles, through_memory, Tiles, ThroughMemory, __VA_ARGS__)            \
  LLMC_FORM(name, threads, _tiles_packets, through_packets, Tiles, Packets, __VA_ARGS__)
#else
#define LLMC_TILES_CASE(...)
#endif
// Copies by all lanes, as where there are none in bulk.
#if LLMC_WAVE == 32
#define LLMC_LANES_CASE(name, threads, ...)                                                                  \
  LLMC_KERNEL(threads) void name##_by_lanes(abi::Args a, int, int, int) {                                    \
    through_memory<attention::Tiles<TestShape<__VA_ARGS__, threads, false>, ThroughMemory>>(a);              \
  }
LLMC_LANES_CASE(group_of_7, 512, 14, 2, 64, 64, true, false)
LLMC_LANES_CASE(partial_rope_96, 256, 6, 2, 96, 64, false, false)
#endif
#define LLMC_QUADS_CASE(name, threads, ...)                                        \
  LLMC_FORM(name, threads, _quads, through_quads, Decode, Quads, __VA_ARGS__)       \
  LLMC_TILES_QUADS(name, threads, __VA_ARGS__)
#if LLMC_WAVE == 32
#define LLMC_TILES_QUADS(name, threads, ...)                                            \
  LLMC_FORM(name, threads, _short_quads, through_quads, Short, Quads, __VA_ARGS__)      \
  LLMC_FORM(name, threads, _tiles_quads, through_quads, Tiles, Quads, __VA_ARGS__)
#else
#define LLMC_TILES_QUADS(...)
#endif
LLMC_QUADS_CASE(multi_query_128, 512, 8, 1, 128, 128, true, true)
LLMC_QUADS_CASE(partial_rope_96, 256, 6, 2, 96, 64, false, false)
#define LLMC_CASE(...)          \
  LLMC_TEAMS_CASE(__VA_ARGS__)  \
  LLMC_TILES_CASE(__VA_ARGS__)
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
