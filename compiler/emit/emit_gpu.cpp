#include "compiler/emit/emit_gpu.h"

#include <nlohmann/json.hpp>

#include "compiler/emit/emit.h"
#include "compiler/emit/render.h"
#include "compiler/plan/gpu_resources.h"
#include "compiler/plan/gpu_resources_attention.h"

namespace llmc {

nlohmann::json gpu_data(const Plan& plan) {
  const Target target = target_of(plan);
  nlohmann::json data = shape_data(plan);
  data["workers"] = target.units / target.units_per_processor * plan.blocks_per_unit;
  data["bulk_copies"] = target.bulk_copy ? "true" : "false";
  data["attention_tiles"] = attention_tiles(plan);
  data["attention_shared"] = attention_shared_bytes(plan);
  const StagingShape staging = staging_shape(plan);
  data["staging_offset"] = staging.offset;
  data["staging_bytes"] = staging.slot_bytes;
  data["sampling_shared"] = sampling_shared_bytes(plan);
  for (const Launch& launch : plan.prefill) {
    if (launch.kernel == "prefill_attn") data["prefill_attention_shared"] = launch.shared;
    if (launch.kernel.starts_with("prefill_qkv")) data["gemm_shared"] = launch.shared;
  }
  data["variants"].back()["last"] = true;
  return data;
}

std::string emit_gpu(const Plan& plan) { return render("gpu", gpu_data(plan)); }

}  // namespace llmc
