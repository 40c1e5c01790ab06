#include "compiler/plan/launches.h"

#include <fmt/format.h>

#include "compiler/plan/gpu_resources.h"

namespace llmc {
namespace {

constexpr u32 prefill_threads = 256;

class Lists {
 public:
  explicit Lists(const Plan& plan) : plan_(plan) {}

  Launch launch(const std::string& kernel, int layer, u32 threads, bool resident = false) const {
    Launch launch{kernel, layer, 0, threads, 0, resident};
    if (plan_.family != "x86") launch.shared = gpu_shared_bytes(plan_, launch);
    return launch;
  }
  Launch decode(const std::string& kernel, int layer = -1, bool resident = false) const {
    return launch(kernel, layer, plan_.threads, resident);
  }
  std::string variant(const char* kernel, u32 layer) const { return fmt::format("{}_v{}", kernel, plan_.layer_variant[layer]); }

  std::vector<Launch> decode_op() const {
    std::vector<Launch> list = {decode("decode_embed")};
    for (u32 i = 0; i < plan_.shape.layers; i++) {
      const int layer = static_cast<int>(i);
      list.push_back(decode(variant("decode_qkv", i), layer));
      list.push_back(decode("decode_attn", layer));
      list.push_back(decode(variant("decode_o", i), layer));
      list.push_back(decode(variant("decode_gateup", i), layer));
      list.push_back(decode(variant("decode_down", i), layer));
    }
    list.push_back(decode("head_logits"));
    list.push_back(decode("sample"));
    return list;
  }

  std::vector<Launch> decode_block() const {
    std::vector<Launch> list = {decode("decode_embed")};
    for (u32 i = 0; i < plan_.shape.layers; i++) list.push_back(decode(variant("decode_block", i), static_cast<int>(i), true));
    list.push_back(decode("head_logits"));
    list.push_back(decode("sample"));
    return list;
  }

  std::vector<Launch> prefill() const {
    const auto add = [this](std::vector<Launch>& list, const std::string& kernel, int layer) {
      list.push_back(launch(kernel, layer, prefill_threads));
    };
    std::vector<Launch> list;
    add(list, "prefill_embed", -1);
    for (u32 i = 0; i < plan_.shape.layers; i++) {
      const int layer = static_cast<int>(i);
      add(list, "prefill_norm_attn", layer);
      add(list, variant("prefill_qkv", i), layer);
      add(list, "prefill_rope", layer);
      add(list, "prefill_attn", layer);
      add(list, "prefill_quant_o", layer);
      add(list, variant("prefill_o", i), layer);
      add(list, "prefill_norm_ffn", layer);
      add(list, variant("prefill_gateup", i), layer);
      add(list, "prefill_quant_down", layer);
      add(list, variant("prefill_down", i), layer);
    }
    return list;
  }

 private:
  const Plan& plan_;
};

u64 bytes_of(const Plan& plan, std::initializer_list<Role> roles) {
  u64 bytes = 0;
  for (const Weight& weight : plan.weights) {
    for (const Role role : roles) {
      if (weight.role == role) bytes += weight.tiles ? u64{weight.tiles} * weight.tile_bytes : u64{weight.columns} * sizeof(float);
    }
  }
  return bytes;
}

}  // namespace

void place_launches(Plan& plan) {
  const Lists lists(plan);
  plan.decode_op = lists.decode_op();
  plan.prefill = lists.prefill();
  plan.head = {lists.decode("head_logits")};
  plan.sample = {lists.decode("sample")};
  switch (plan.fuse) {
    case Fuse::op: plan.decode = plan.decode_op; break;
    case Fuse::block: plan.decode = lists.decode_block(); break;
    case Fuse::model: plan.decode = {lists.decode("decode_model", -1, true)}; break;
  }

  const u32 layers = plan.shape.layers;
  const Weight* embedding = plan.weight(Role::token_embd, -1);
  const u64 embedding_row = embedding->tile_bytes * embedding->tiles / embedding->rows;
  plan.phases = {
      {"embed", embedding_row, 1},
      {"qkv", bytes_of(plan, {Role::attn_norm, Role::q, Role::k, Role::v, Role::q_bias, Role::k_bias, Role::v_bias}), layers},
      {"attn", bytes_of(plan, {Role::q_norm, Role::k_norm}), layers},
      {"o", bytes_of(plan, {Role::o}), layers},
      {"gateup", bytes_of(plan, {Role::ffn_norm, Role::gate, Role::up}), layers},
      {"down", bytes_of(plan, {Role::down}), layers},
      {"head", bytes_of(plan, {Role::output_norm, plan.shape.tied ? Role::token_embd : Role::output}), 1},
      {"sample", 0, 1},
  };
  plan.decode_bytes = 0;
  for (const Phase& phase : plan.phases) plan.decode_bytes += phase.weight_bytes;
}

}  // namespace llmc
