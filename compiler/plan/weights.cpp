#include "compiler/plan/weights.h"

#include <algorithm>

#include "compiler/model/model.h"
#include "compiler/plan/layout.h"

namespace llmc {
namespace {

constexpr u64 alignment = 256;  // of every tensor: a cache line of any target, and a multiple of every tile's

class Placer {
 public:
  explicit Placer(Plan& plan) : plan_(plan), layout_(plan.family == "x86" ? Layout::x86 : Layout::gpu) {}

  void vector(Role role, int layer, const TensorInfo* tensor) {
    if (!tensor) return;
    const u32 n = static_cast<u32>(tensor->columns());
    Weight weight{role, layer, TensorType::F32, 1, n, take(u64{n} * sizeof(float)), 0, 0, 0, tensor->name};
    plan_.weights.push_back(std::move(weight));
  }

  void matrix(Role role, int layer, const TensorInfo* tensor) {
    Weight weight = describe(role, layer, *tensor);
    weight.stride = weight.tile_bytes;
    weight.offset = take(weight.stride * weight.tiles);
    plan_.weights.push_back(std::move(weight));
  }

  // Two matrices of equal shape whose row tiles alternate.
  void alternating(Role first_role, const TensorInfo* first, Role second_role, const TensorInfo* second, int layer) {
    Weight a = describe(first_role, layer, *first), b = describe(second_role, layer, *second);
    a.stride = b.stride = a.tile_bytes + b.tile_bytes;
    a.offset = take(a.stride * a.tiles);
    b.offset = a.offset + a.tile_bytes;
    plan_.weights.push_back(std::move(a));
    plan_.weights.push_back(std::move(b));
  }

  u64 end() const { return end_; }

 private:
  Weight describe(Role role, int layer, const TensorInfo& tensor) const {
    const u32 rows = static_cast<u32>(tensor.rows()), columns = static_cast<u32>(tensor.columns());
    const u64 tile_bytes = row_tile_bytes(layout_, tensor.type(), columns);
    return {role, layer, tensor.type(), rows, columns, 0, 0, tile_bytes, static_cast<u32>(ceil_div(rows, tile_rows(layout_))), tensor.name};
  }

  u64 take(u64 bytes) {
    const u64 offset = end_;
    end_ = align_up(end_ + bytes, alignment);
    return offset;
  }

  Plan& plan_;
  Layout layout_;
  u64 end_ = 0;
};

u32 variant_index(std::vector<Variant>& variants, const Layer& layer) {
  const Variant variant{layer.q->type(), layer.k->type(), layer.v->type(), layer.o->type(),
                        layer.gate->type(), layer.up->type(), layer.down->type()};
  const auto found = std::find(variants.begin(), variants.end(), variant);
  if (found != variants.end()) return static_cast<u32>(found - variants.begin());
  variants.push_back(variant);
  return static_cast<u32>(variants.size() - 1);
}

}  // namespace

void place_weights(const Model& model, Plan& plan) {
  Placer placer(plan);
  for (u32 i = 0; i < model.n_layers; i++) {
    const Layer& layer = model.layers[i];
    const int index = static_cast<int>(i);
    placer.vector(Role::attn_norm, index, layer.attn_norm);
    placer.matrix(Role::q, index, layer.q);
    placer.matrix(Role::k, index, layer.k);
    placer.matrix(Role::v, index, layer.v);
    placer.vector(Role::q_bias, index, layer.q_bias);
    placer.vector(Role::k_bias, index, layer.k_bias);
    placer.vector(Role::v_bias, index, layer.v_bias);
    placer.vector(Role::q_norm, index, layer.q_norm);
    placer.vector(Role::k_norm, index, layer.k_norm);
    placer.matrix(Role::o, index, layer.o);
    placer.vector(Role::ffn_norm, index, layer.ffn_norm);
    placer.alternating(Role::gate, layer.gate, Role::up, layer.up, index);
    placer.matrix(Role::down, index, layer.down);
    plan.layer_variant.push_back(variant_index(plan.variants, layer));
  }
  placer.vector(Role::output_norm, -1, model.output_norm);
  if (!model.tied()) placer.matrix(Role::output, -1, model.output);
  placer.matrix(Role::token_embd, -1, model.token_embd);
  plan.weight_bytes = placer.end();
}

}  // namespace llmc
