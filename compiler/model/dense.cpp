// The parts that every dense transformer of the llama kind has.
#include <cmath>
#include "compiler/model/reader.h"

namespace llmc {
namespace {

// Bounds that keep every later product far inside 64 bits and every loop short. No published dense model comes near them.
constexpr u64 most_layers = 512, most_width = 1 << 16, most_ff = 1 << 20, most_heads = 1024, most_context = 1 << 28, most_vocab = 1 << 18;

}  // namespace

void ModelReader::read_shape() {
  model.n_layers = required_uint("block_count", 1, most_layers);
  model.ctx_train = required_uint("context_length", 1, most_context);
  model.d_model = required_uint("embedding_length", 1, most_width);
  model.d_ff = required_uint("feed_forward_length", 1, most_ff);
  model.n_heads = required_uint("attention.head_count", 1, most_heads);
  model.n_kv_heads = optional_uint("attention.head_count_kv", model.n_heads, 1, model.n_heads);
  if (model.n_heads % model.n_kv_heads != 0) {
    refuse(Exit::bad_input, "key '{}' is {}, which does not divide '{}', {}. The file is broken.", key("attention.head_count_kv"), model.n_kv_heads,
           key("attention.head_count"), model.n_heads);
  }
  if (!has("attention.key_length") && model.d_model % model.n_heads != 0) {
    refuse(Exit::bad_input, "key '{}' is {}, which does not divide '{}', {}, and '{}' is absent. The file is broken.", key("attention.head_count"), model.n_heads,
           key("embedding_length"), model.d_model, key("attention.key_length"));
  }
  model.head_dim = optional_uint("attention.key_length", model.d_model / model.n_heads, 1, most_width);
  const u32 value_dim = optional_uint("attention.value_length", model.head_dim, 1, most_width);
  if (value_dim != model.head_dim) {
    refuse(Exit::unsupported, "heads of {} elements for keys and {} for values; llmc supports models where both are the same.", model.head_dim, value_dim);
  }
  if (model.head_dim % 32 != 0 || model.head_dim < 32 || model.head_dim > 256) {
    refuse(Exit::unsupported, "heads of {} elements; llmc supports multiples of 32 from 32 to 256.", model.head_dim);
  }
  if (model.d_model % 32 != 0 || model.d_ff % 32 != 0) {
    refuse(Exit::unsupported, "an embedding of {} and a feed-forward width of {}; llmc supports multiples of 32.", model.d_model, model.d_ff);
  }
  model.rms_eps = required_float("attention.layer_norm_rms_epsilon", 0, 1);
  model.rope_dim = optional_uint("rope.dimension_count", model.head_dim, 2, model.head_dim);
  if (model.rope_dim % 2 != 0) refuse(Exit::bad_input, "key '{}' is {}; it must be even. The file is broken.", key("rope.dimension_count"), model.rope_dim);
  model.rope_base = optional_float("rope.freq_base", 10000, 0, 1e12);
  read_rope_scaling();
  refuse_unknown_arithmetic();
}

// Linear scaling divides positions by a factor; files from before rope.scaling.type existed have only the factor. Other kinds (yarn,
// longrope, dynamic) change frequencies or attention in their own way.
void ModelReader::read_rope_scaling() {
  const std::string type(file_.get_string(key("rope.scaling.type")).value_or("linear"));
  if (type == "none") return;
  if (type != "linear") {
    refuse(Exit::unsupported, "RoPE scaling '{}' (key '{}'); llmc supports 'none' and 'linear'. Use the model without context extension.", printable(type),
           key("rope.scaling.type"));
  }
  for (const char* name : {"rope.scaling.factor", "rope.scale_linear"}) {
    if (!has(name)) continue;
    const double factor = file_.get_float(key(name)).value_or(0);
    if (factor != 0) model.rope_scale = check_range(name, factor, 0, 1e6);  // llama.cpp writes 0 for "not scaled"
    return;
  }
}

void ModelReader::read_rope_freqs() {
  const TensorInfo* tensor = optional_vector("rope_freqs.weight", model.rope_dim / 2);
  if (!tensor) return;
  model.rope_freqs.resize(model.rope_dim / 2);
  dequantize(tensor->type(), tensor->data, model.rope_freqs.data(), model.rope_freqs.size());
  for (size_t i = 0; i < model.rope_freqs.size(); i++) {
    if (!std::isfinite(model.rope_freqs[i]) || model.rope_freqs[i] <= 0) {
      refuse(Exit::bad_input, "tensor 'rope_freqs.weight' holds {} at {}; frequency factors must be positive. The file is broken.", model.rope_freqs[i], i);
    }
  }
}

void ModelReader::read_embeddings() {
  const TensorInfo* tensor = file_.tensor("token_embd.weight");
  if (!tensor) refuse(Exit::bad_input, "tensor 'token_embd.weight' is missing: the file holds no model{}.", file_.tensors().empty() ? ", only a vocabulary" : "");
  const u64 rows = tensor->rows();
  if (rows > most_vocab) refuse(Exit::unsupported, "a vocabulary of {} tokens; llmc supports up to {}.", rows, most_vocab);
  model.vocab = static_cast<u32>(rows);
  model.token_embd = matrix("token_embd.weight", model.d_model, model.vocab);
  for (const auto& [name, size] : {std::pair{key("vocab_size"), file_.get_uint(key("vocab_size"))}, {std::string("tokenizer.ggml.tokens"), file_.array_size("tokenizer.ggml.tokens")}}) {
    if (size && *size != rows) {
      refuse(Exit::bad_input, "'{}' calls for a vocabulary of {} tokens; tensor 'token_embd.weight' has {} rows. The file is broken.", name, *size, rows);
    }
  }
  model.output_norm = vector("output_norm.weight", model.d_model);
  model.output = file_.tensor("output.weight") ? matrix("output.weight", model.d_model, model.vocab) : model.token_embd;
}

void ModelReader::read_layers(Biases biases, HeadNorms head_norms) {
  const u64 q_rows = u64{model.n_heads} * model.head_dim, kv_rows = u64{model.n_kv_heads} * model.head_dim;
  for (u32 i = 0; i < model.n_layers; i++) {
    const auto name = [&](const char* part) { return fmt::format("blk.{}.{}", i, part); };
    const auto bias = [&](const char* part, u64 size) { return biases == Biases::required ? vector(name(part), size) : optional_vector(name(part), size); };
    Layer layer;
    layer.attn_norm = vector(name("attn_norm.weight"), model.d_model);
    layer.q = matrix(name("attn_q.weight"), model.d_model, q_rows);
    layer.k = matrix(name("attn_k.weight"), model.d_model, kv_rows);
    layer.v = matrix(name("attn_v.weight"), model.d_model, kv_rows);
    layer.q_bias = bias("attn_q.bias", q_rows);
    layer.k_bias = bias("attn_k.bias", kv_rows);
    layer.v_bias = bias("attn_v.bias", kv_rows);
    if (head_norms == HeadNorms::required) {
      layer.q_norm = vector(name("attn_q_norm.weight"), model.head_dim);
      layer.k_norm = vector(name("attn_k_norm.weight"), model.head_dim);
    }
    layer.o = matrix(name("attn_output.weight"), q_rows, model.d_model);
    layer.ffn_norm = vector(name("ffn_norm.weight"), model.d_model);
    layer.gate = matrix(name("ffn_gate.weight"), model.d_model, model.d_ff);
    layer.up = matrix(name("ffn_up.weight"), model.d_model, model.d_ff);
    layer.down = matrix(name("ffn_down.weight"), model.d_ff, model.d_model);
    model.layers.push_back(layer);
  }
}

void ModelReader::refuse_unknown_arithmetic() const {
  if (optional_uint("expert_count", 0, 0, 1 << 16) != 0) refuse(Exit::unsupported, "a mixture of {} experts; llmc supports dense models.", optional_uint("expert_count", 0, 0, 1 << 16));
  if (!file_.get_bool(key("attention.causal")).value_or(true)) refuse(Exit::unsupported, "attention that is not causal; llmc supports models that generate text.");
  const u64 window = optional_uint("attention.sliding_window", 0, 0, UINT32_MAX);
  if (window != 0 && window < model.ctx_train) {
    refuse(Exit::unsupported, "a sliding attention window of {} tokens (key '{}'); llmc supports full attention.", window, key("attention.sliding_window"));
  }
  struct Scale {
    const char* name;
    double neutral;
  };
  for (const Scale& scale : {Scale{"logit_scale", 1}, {"residual_scale", 1}, {"embedding_scale", 1}, {"rope.scaling.attn_factor", 1}, {"attention.scale", 0},
                             {"attn_logit_softcapping", 0}, {"final_logit_softcapping", 0}, {"attention.clamp_kqv", 0}, {"attention.max_alibi_bias", 0}}) {
    const auto value = file_.get_float(key(scale.name));
    if (value && *value != 0 && *value != scale.neutral) {
      refuse(Exit::unsupported, "key '{}' is {}; llmc supports {} models without it.", key(scale.name), *value, architecture_);
    }
  }
}

void ModelReader::refuse_unclaimed_tensors() const {
  for (const TensorInfo& tensor : file_.tensors()) {
    if (claimed_.contains(&tensor)) continue;
    refuse(Exit::bad_input, "tensor '{}' has no place in a {} model of {} blocks as llmc knows it; computing without it would give wrong results.", printable(tensor.name),
           architecture_, model.n_layers);
  }
}

}  // namespace llmc
