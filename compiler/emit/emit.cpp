#include "compiler/emit/emit.h"

#include <nlohmann/json.hpp>

#include "common/error.h"
#include "compiler/emit/flatten.h"

namespace llmc {
namespace {

using nlohmann::json;

json weight_offset(const Plan& plan, Role role, int layer) {
  const Weight* weight = plan.weight(role, layer);
  return weight ? weight->offset : 0;
}

std::string format_name(TensorType type) { return std::string(type_info(type).name); }

json layer_offsets(const Plan& plan, u32 layer) {
  json offsets;
#define X(name) \
  if (Role::name < Role::token_embd) offsets[#name] = weight_offset(plan, Role::name, static_cast<int>(layer));
  LLMC_ROLES(X)
#undef X
  offsets["last"] = layer + 1 == plan.shape.layers;
  return offsets;
}

}  // namespace

json shape_data(const Plan& plan) {
  const Shape& shape = plan.shape;
  json data = {
      {"version", plan.version},
      {"arch", plan.arch},
      {"fuse", fuse_name(plan.fuse)},
      {"layers", shape.layers},
      {"d_model", shape.d_model},
      {"d_ff", shape.d_ff},
      {"n_heads", shape.n_heads},
      {"n_kv_heads", shape.n_kv_heads},
      {"head_dim", shape.head_dim},
      {"vocab", shape.vocab},
      {"rope_dim", shape.rope_dim},
      {"rope_halves", shape.rope_halves ? "true" : "false"},
      {"qkv_bias", shape.qkv_bias ? "true" : "false"},
      {"qk_norm", shape.qk_norm ? "true" : "false"},
      {"rms_eps", static_cast<double>(shape.rms_eps)},
      {"ctx", plan.ctx},
      {"chunk", plan.chunk},
      {"threads", plan.threads},
      {"wave", plan.wave},
      {"fuse_block", plan.fuse == Fuse::block},
      {"fuse_model", plan.fuse == Fuse::model},
      {"layers_list", json::array()},
      {"variants", json::array()},
      {"buffers", json::array()},
      {"rope_turns", json::array()},
  };
  for (u32 i = 0; i < shape.layers; i++) {
    json offsets = layer_offsets(plan, i);
    offsets["variant"] = plan.layer_variant[i];
    data["layers_list"].push_back(offsets);
  }
  for (const Buffer& buffer : plan.buffers) data["buffers"].push_back({{"name", buffer.name}, {"offset", buffer.offset}});
  for (size_t i = 0; i < shape.rope_turns.size(); i++) data["rope_turns"].push_back({{"turns", shape.rope_turns[i]}});
  for (size_t i = 0; i < plan.variants.size(); i++) {
    const Variant& v = plan.variants[i];
    const auto layer = std::find(plan.layer_variant.begin(), plan.layer_variant.end(), i) - plan.layer_variant.begin();
    const Weight* gate = plan.weight(Role::gate, static_cast<int>(layer));
    data["variants"].push_back({{"index", i}, {"q", format_name(v.q)}, {"k", format_name(v.k)}, {"v", format_name(v.v)},
                                {"o", format_name(v.o)}, {"gate", format_name(v.gate)}, {"up", format_name(v.up)},
                                {"down", format_name(v.down)}, {"gate_up_stride", gate->stride}});
  }
  const Weight* embedding = plan.weight(Role::token_embd, -1);
  const Weight* output = plan.shape.tied ? embedding : plan.weight(Role::output, -1);
  data["token_embd"] = embedding->offset;
  data["output"] = output->offset;
  data["output_norm"] = weight_offset(plan, Role::output_norm, -1);
  data["embedding_format"] = format_name(embedding->type);
  data["output_format"] = format_name(output->type);
  return data;
}

std::string emit(const Plan& plan) {
  return flatten_includes(plan.family == "x86" ? emit_x86(plan) : emit_gpu(plan));
}

}  // namespace llmc
