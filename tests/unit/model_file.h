// A small model as a GGUF in memory: weights of zeros, Q4_0 but for attn_v, which is F16.
#pragma once
#include <fmt/format.h>
#include "compiler/model/model.h"
#include "tests/unit/gguf_builder.h"

namespace llmc::test {

// ggml's type numbers.
constexpr u32 f32 = 0, q4_0 = 2, f16 = 1, q8_0 = 8;

struct FileShape {
  u32 layers = 2, d_model = 64, d_ff = 96, heads = 2, kv_heads = 1, head_dim = 32, vocab = 50;
};

inline GgufBuilder model_file(const std::string& family, const FileShape& s = {}) {
  GgufBuilder b;
  b.text("general.architecture", family).uint(family + ".block_count", s.layers).uint(family + ".context_length", 128);
  b.uint(family + ".embedding_length", s.d_model).uint(family + ".feed_forward_length", s.d_ff);
  b.uint(family + ".attention.head_count", s.heads).uint(family + ".attention.head_count_kv", s.kv_heads);
  b.uint(family + ".attention.key_length", s.head_dim).uint(family + ".attention.value_length", s.head_dim);
  b.real(family + ".attention.layer_norm_rms_epsilon", 1e-5f).real(family + ".rope.freq_base", 5e5f);
  b.tensor("token_embd.weight", q4_0, {s.d_model, s.vocab}).tensor("output_norm.weight", f32, {s.d_model});
  for (u32 i = 0; i < s.layers; i++) {
    const std::string p = fmt::format("blk.{}.", i);
    const u32 q = s.heads * s.head_dim, kv = s.kv_heads * s.head_dim;
    b.tensor(p + "attn_norm.weight", f32, {s.d_model}).tensor(p + "ffn_norm.weight", f32, {s.d_model});
    b.tensor(p + "attn_q.weight", q4_0, {s.d_model, q}).tensor(p + "attn_k.weight", q4_0, {s.d_model, kv}).tensor(p + "attn_v.weight", f16, {s.d_model, kv});
    b.tensor(p + "attn_output.weight", q4_0, {q, s.d_model});
    b.tensor(p + "ffn_gate.weight", q4_0, {s.d_model, s.d_ff}).tensor(p + "ffn_up.weight", q4_0, {s.d_model, s.d_ff}).tensor(p + "ffn_down.weight", q4_0, {s.d_ff, s.d_model});
    if (family == "qwen2") {
      b.tensor(p + "attn_q.bias", f32, {q}).tensor(p + "attn_k.bias", f32, {kv}).tensor(p + "attn_v.bias", f32, {kv});
    }
    if (family == "qwen3") b.tensor(p + "attn_q_norm.weight", f32, {s.head_dim}).tensor(p + "attn_k_norm.weight", f32, {s.head_dim});
  }
  return b;
}

inline Model read_built(const GgufBuilder& builder) {
  const TemporaryFile file(builder.bytes());
  return read_model(GgufFile::open(file.path()));
}

}  // namespace llmc::test
