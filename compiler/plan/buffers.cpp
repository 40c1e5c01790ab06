#include "compiler/plan/buffers.h"

#include <algorithm>

#include "kernels/abi.h"
#include "kernels/attn_split.h"
#include "kernels/phase_marks.h"

namespace llmc {
void place_buffers(Plan& plan) {
  const Shape& s = plan.shape;
  const u64 q = u64{s.n_heads} * s.head_dim, kv = u64{s.n_kv_heads} * s.head_dim, chunk = plan.chunk;
  const u64 widest = align_up(std::max({u64{s.d_model}, u64{s.d_ff}, q}), 256);
  const bool any_float = std::any_of(plan.weights.begin(), plan.weights.end(),
                                     [](const Weight& weight) { return weight.tiles != 0 && is_float(weight.type); });
  u64 end = 0;
  const auto add = [&](const char* name, u64 bytes) {
    plan.buffers.push_back({name, end, bytes});
    end = align_up(end + bytes, 256);
  };
  add("state", sizeof(abi::State));
  add("barrier", 64 * sizeof(u32));
  add("tokens", (u64{plan.ctx} + 1) * sizeof(i32));
  add("x", chunk * s.d_model * sizeof(float));
  add("qkv", chunk * (q + 2 * kv) * sizeof(float));
  add("att", chunk * q * sizeof(float));
  add("ffn", chunk * s.d_ff * sizeof(float));
  add("xq", chunk * widest);
  add("xs", chunk * widest / 32 * (plan.family == "x86" ? 16 : 8));  // x86 keeps the sums as floats: kernels/x86/format.h
  add("xf", any_float ? chunk * widest * sizeof(float) : 0);
  add("logits", align_up(s.vocab, 64) * sizeof(float));
  const u64 part_word = plan.fuse == Fuse::model && plan.family != "x86" ? 8 : 4;  // attention_pieces.h: 16 bytes for two elements
  add("attn_part", u64{s.n_heads} * attn_split::max_pieces * (s.head_dim + 2) * part_word);
  add("attn_count", u64{s.n_heads} * sizeof(u32));
  add("sample", u64{1} << 20);
  const u64 marks = u64{phase_marks::max_workers} * phase_marks::per_worker(s.layers) * sizeof(u64);
  if (plan.family != "x86") add("times", plan.fuse == Fuse::model ? marks : 0);
  if (plan.fuse == Fuse::model && plan.family != "x86") {
    add("residual", s.d_model * sizeof(float));
    add("packets_x", s.d_model * sizeof(float));
    add("packets_qkv", (q + 2 * kv) * sizeof(float));
    add("packets_att", q * sizeof(float));
    add("packets_ffn", s.d_ff * sizeof(float));
  }
  plan.arena_bytes = end;
  plan.kv_bytes_per_position = u64{s.layers} * 2 * kv * sizeof(u16);
}

}  // namespace llmc
