// What a GGUF file means: a dense transformer's shape and the role of each tensor. One file a family (families.def is the list);
// the shared checks (every role present, every shape as the metadata says, no unknown tensor) are in model.cpp.
// Faults: Error(bad_input) with key or tensor, expected and found; an unknown architecture is Error(unsupported) with the list.
#pragma once
#include <memory>
#include <string>
#include <vector>
#include "compiler/gguf/gguf.h"

namespace llmc {

enum class RopeOrder {
  interleaved,  // element pairs (2i, 2i+1): llama
  halves,       // element pairs (i, i + rope_dim/2): qwen2, qwen3 ("neox")
};

struct Layer {
  const TensorInfo* attn_norm = nullptr;  // [d_model] F32
  const TensorInfo* q = nullptr;          // [n_heads * head_dim, d_model]
  const TensorInfo* k = nullptr;          // [n_kv_heads * head_dim, d_model]
  const TensorInfo* v = nullptr;
  const TensorInfo* q_bias = nullptr;     // optional, F32
  const TensorInfo* k_bias = nullptr;
  const TensorInfo* v_bias = nullptr;
  const TensorInfo* q_norm = nullptr;     // optional, [head_dim] F32 (qwen3)
  const TensorInfo* k_norm = nullptr;
  const TensorInfo* o = nullptr;          // [d_model, n_heads * head_dim]
  const TensorInfo* ffn_norm = nullptr;
  const TensorInfo* gate = nullptr;       // [d_ff, d_model]
  const TensorInfo* up = nullptr;
  const TensorInfo* down = nullptr;       // [d_model, d_ff]
};

struct Model {
  std::shared_ptr<const GgufFile> file;  // owns what the pointers below point to
  std::string family;                    // one of families.def: "llama", "qwen2", "qwen3"
  u32 n_layers = 0, d_model = 0, d_ff = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0, vocab = 0, ctx_train = 0;
  u32 rope_dim = 0;                      // rotated elements of a head, even, at most head_dim
  double rope_base = 0;
  double rope_scale = 1;                 // linear scaling: positions are divided by it
  double rms_eps = 0;
  RopeOrder rope_order = RopeOrder::interleaved;
  std::vector<float> rope_freqs;         // [rope_dim/2] divisors of the frequencies; empty = all 1
  const TensorInfo* token_embd = nullptr;   // [vocab, d_model]
  const TensorInfo* output_norm = nullptr;  // [d_model] F32
  const TensorInfo* output = nullptr;       // [vocab, d_model]; == token_embd where tied
  bool tied() const { return output == token_embd; }
  std::vector<Layer> layers;
};

// Checks the file's tensor types, metadata and shapes. Norms and biases are F32 (F16 and BF16 are accepted too: plan/ widens them).
Model read_model(std::shared_ptr<const GgufFile> file);

}  // namespace llmc
