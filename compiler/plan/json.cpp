// The plan as JSON and back. One list of fields per struct serves both directions.
#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/text.h"
#include "compiler/plan/plan.h"

namespace llmc {

using nlohmann::json;

namespace {

// The enumerator of the name that stands in the JSON.
template <class Enum, size_t count>
Enum from_name(const json& j, const std::pair<std::string_view, Enum> (&names)[count], const char* kind) {
  const auto name = j.get<std::string>();
  for (const auto& [known, value] : names) {
    if (name == known) return value;
  }
  fail(Exit::bad_input, "plan: unknown {} '{}'", kind, printable(name));
}

constexpr std::pair<std::string_view, TensorType> tensor_types[] = {
#define X(name, number, elements, bytes) {#name, TensorType::name},
    LLMC_TENSOR_TYPES(X)
#undef X
};
constexpr std::pair<std::string_view, Role> roles[] = {
#define X(name) {#name, Role::name},
    LLMC_ROLES(X)
#undef X
};
const std::pair<std::string_view, Fuse> levels[] = {
    {fuse_name(Fuse::op), Fuse::op}, {fuse_name(Fuse::block), Fuse::block}, {fuse_name(Fuse::model), Fuse::model}};

}  // namespace

void to_json(json& j, TensorType type) { j = type_info(type).name; }
void from_json(const json& j, TensorType& type) { type = from_name(j, tensor_types, "tensor type"); }

void to_json(json& j, Role role) { j = role_name(role); }
void from_json(const json& j, Role& role) { role = from_name(j, roles, "role"); }

void to_json(json& j, Fuse fuse) { j = fuse_name(fuse); }
void from_json(const json& j, Fuse& fuse) { fuse = from_name(j, levels, "fusion level"); }

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Weight, role, layer, type, rows, columns, offset, stride, tile_bytes, tiles, tensor)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Variant, q, k, v, o, gate, up, down)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Buffer, name, offset, bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Launch, kernel, layer, grid, threads, shared, resident)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Phase, name, weight_bytes, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Shape, family, layers, d_model, d_ff, n_heads, n_kv_heads, head_dim, vocab, rope_dim, rope_halves, qkv_bias,
                                   qk_norm, tied, rms_eps, rope_turns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Plan, version, family, arch, product, wave, shape, fuse, ctx, chunk, threads, blocks_per_unit, weights,
                                   weight_bytes, variants, layer_variant, buffers, arena_bytes, kv_bytes_per_position, prefill, head, sample,
                                   decode, decode_op, phases, decode_bytes, bandwidth_gb_s, extern_weights)

nlohmann::json plan_to_json(const Plan& plan) { return plan; }

Plan plan_from_json(const nlohmann::json& j) {
  try {
    Plan plan = j.get<Plan>();
    const bool consistent = plan.shape.layers != 0 && plan.layer_variant.size() == plan.shape.layers && !plan.buffers.empty() &&
                            plan.buffers.front().name == "state" && plan.ctx != 0 && plan.chunk != 0;
    if (!consistent) fail(Exit::bad_input, "plan: its parts do not agree. The file is damaged; compile the model again.");
    return plan;
  } catch (const json::exception& error) {
    fail(Exit::bad_input, "plan: {}. The file is damaged; compile the model again.", error.what());
  }
}

}  // namespace llmc
