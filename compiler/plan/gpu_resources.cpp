#include "compiler/plan/gpu_resources.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "common/error.h"
#include "compiler/plan/gpu_resources_attention.h"
#include "compiler/plan/layout.h"
#include "kernels/gpu/workspace.h"

namespace llmc {

InputForms input_form(TensorType type) {
  switch (type) {
#define LLMC_FORMAT(name, columns, bytes, form) \
  case TensorType::name: return form;
#include "kernels/formats/formats.def"
#undef LLMC_FORMAT
  }
  throw InternalError("a tensor type without a format");
}

namespace {

u32 gemv_bytes(u32 columns, std::initializer_list<TensorType> types) {
  InputForms forms{};
  for (const TensorType type : types) forms = forms | input_form(type);
  return workspace(columns, forms).bytes;
}

u32 qkv_bytes(const Plan& plan, const Variant& v) { return gemv_bytes(plan.shape.d_model, {v.q, v.k, v.v}); }
u32 o_bytes(const Plan& plan, const Variant& v) { return gemv_bytes(plan.shape.n_heads * plan.shape.head_dim, {v.o}); }
u32 gateup_bytes(const Plan& plan, const Variant& v) { return gemv_bytes(plan.shape.d_model, {v.gate, v.up}); }
u32 down_bytes(const Plan& plan, const Variant& v) { return gemv_bytes(plan.shape.d_ff, {v.down}); }
u32 matrices_bytes(const Plan& plan, const Variant& v) {
  return std::max({qkv_bytes(plan, v), o_bytes(plan, v), gateup_bytes(plan, v), down_bytes(plan, v)});
}
u32 block_bytes(const Plan& plan, const Variant& v) { return std::max(matrices_bytes(plan, v), attention_shared_bytes(plan)); }
u32 head_bytes(const Plan& plan) {
  const Weight* output = plan.weight(plan.shape.tied ? Role::token_embd : Role::output, -1);
  return gemv_bytes(plan.shape.d_model, {output->type});
}
u32 model_bytes(const Plan& plan) {
  u32 bytes = std::max(head_bytes(plan), sampling_shared_bytes(plan));
  for (const Variant& variant : plan.variants) bytes = std::max(bytes, block_bytes(plan, variant));
  return bytes;
}

struct VariantKernel {
  std::string_view name;
  u32 (*bytes)(const Plan&, const Variant&);
};
constexpr VariantKernel variant_kernels[] = {
    {"decode_qkv", qkv_bytes}, {"decode_o", o_bytes}, {"decode_gateup", gateup_bytes}, {"decode_down", down_bytes}, {"decode_block", block_bytes}};

// The N of a kernel's name that ends in _vN.
const Variant& variant_of(const Plan& plan, std::string_view kernel) {
  const std::string_view digits = kernel.substr(kernel.rfind("_v") + 2);
  u32 index = ~0u;
  std::from_chars(digits.data(), digits.data() + digits.size(), index);
  require(index < plan.variants.size(), "a kernel's name holds a variant of the plan");
  return plan.variants[index];
}

u32 slots_bytes(const Plan& plan, u32 slot_bytes) {
  constexpr u32 group_lanes = 32;
  return plan.threads / group_lanes * slot_bytes;
}
u32 staged_model_bytes(const Plan& plan) {
  const StagingShape staging = staging_shape(plan);
  return std::max(model_bytes(plan), staging.slot_bytes == 0 ? 0 : staging.offset + slots_bytes(plan, staging.slot_bytes));
}

u32 bytes_of(const Plan& plan, const Launch& launch) {
  const std::string_view kernel = launch.kernel;
  if (kernel.starts_with("prefill_")) return prefill_shared_bytes(plan, launch);
  if (kernel == "decode_embed") return 0;
  if (kernel == "decode_attn") return attention_shared_bytes(plan);
  if (kernel == "decode_model") return staged_model_bytes(plan);
  if (kernel == "head_logits") return head_bytes(plan);
  if (kernel == "sample") return sampling_shared_bytes(plan);
  for (const VariantKernel& k : variant_kernels) {
    if (kernel.starts_with(k.name) && kernel.substr(k.name.size()).starts_with("_v")) return k.bytes(plan, variant_of(plan, kernel));
  }
  throw InternalError(fmt::format("no shared memory is known for kernel '{}'", kernel));
}

}  // namespace

Target target_of(const Plan& plan) {
  return plan.family == "host" ? simulation_target(plan.wave) : find_target(plan.arch + ":" + plan.product);
}

// Only where a layer has matrices of floats, and room beside what their phases need. Attention, in between, uses the slots' memory as well.
StagingShape staging_shape(const Plan& plan) {
  constexpr u32 slot_bytes = 4096;
  const Target target = target_of(plan);
  u32 offset = 0;
  for (const Variant& variant : plan.variants) offset = std::max(offset, matrices_bytes(plan, variant));
  offset = static_cast<u32>(align_up(offset, 128));
  const bool floats = std::any_of(plan.variants.begin(), plan.variants.end(),
                                  [](const Variant& v) { return is_float(v.o) || is_float(v.down) || (is_float(v.gate) && is_float(v.up)); });
  const bool fits = offset + slots_bytes(plan, slot_bytes) <= target.lds_bytes;
  return {offset, target.bulk_copy && floats && fits ? slot_bytes : 0};
}

u32 gpu_shared_bytes(const Plan& plan, const Launch& launch) {
  const u32 bytes = bytes_of(plan, launch);
  const u32 limit = target_of(plan).lds_bytes;
  if (bytes > limit) {
    fail(Exit::unsupported,
         "kernel {} needs {} bytes of shared memory a workgroup, {} has {}: the input of its matrices is too wide for it. "
         "Use another target, or a quantised model, which needs less.",
         launch.kernel, bytes, plan.arch, limit);
  }
  return bytes;
}

}  // namespace llmc
