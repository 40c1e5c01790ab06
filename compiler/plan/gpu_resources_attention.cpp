#include "compiler/plan/gpu_resources_attention.h"

#include <algorithm>

#include "common/error.h"
#include "compiler/plan/gpu_resources.h"
#include "kernels/abi.h"
#include "kernels/attn_split.h"
#include "kernels/gpu/workspace.h"

namespace llmc {
namespace {

// Lanes that read a row of K or V in 16-byte pieces.
u32 team_of(u32 head_dim) { return head_dim <= 32 ? 4 : head_dim <= 64 ? 8 : head_dim <= 128 ? 16 : 32; }

// prefill::Attention::Shared
u32 prefill_attention_bytes(u32 head_dim) {
  constexpr u32 keys = 32;
  const u32 rows = head_dim <= 64 ? 64 : head_dim <= 128 ? 32 : 16;
  return 4 * rows * (head_dim + 4) + 2 * 2 * keys * (head_dim + 8) + 4 * rows * (keys + 4) + 2 * 4 * rows;
}

// Two GemmBuffers: 64 rows and 64 tokens of 128 columns at a pitch of 144, with scales and offsets, and the tokens' scales and sums.
constexpr u32 prefill_gemm_bytes = 2 * (2 * 64 * 144 + 2 * (2 * 4 * 64 * 4) + 2 * (4 * 64 * 4));

// prim::lane_registers
u32 lane_registers(const Plan& plan) {
  const Target target = target_of(plan);
  if (target.family != "amd") return 128;
  return std::min(256u, target.register_file * target.simds_per_unit * target.units_per_processor * target.wave / plan.threads);
}

// Whether the processor has matrix instructions of f16 (prim::has_mma).
bool by_tiles(const Plan& plan) { return plan.family != "amd" && plan.wave == 32; }
u32 merge_bytes(u32 heads) { return 4 * heads * (attn_split::max_pieces + 1) + 4; }

// attention::Short::Shared
u32 short_bytes(const Plan& plan) {
  const u32 waves = plan.threads / plan.wave, width = 8 * team_of(plan.shape.head_dim);
  return 4 * width + 2 * 2 * width + 4 * waves * (width + 2);
}
// attention::Decode::Shared
u32 decode_bytes(const Plan& plan) {
  const Shape& s = plan.shape;
  const u32 waves = plan.threads / plan.wave, width = 8 * team_of(s.head_dim);
  const u32 heads = attn_split::heads_per_part(s.n_heads / s.n_kv_heads, attn_split::max_heads(s.head_dim, lane_registers(plan)));
  return 4 * heads * width + 2 * 2 * width + std::max(4 * waves * heads * (width + 2), merge_bytes(heads)) + 4 * heads * (waves + 2);
}
// attention::Tiles::Shared
u32 tiles_bytes(const Plan& plan, u32 tiles) {
  const Shape& s = plan.shape;
  const u32 waves = plan.threads / plan.wave, positions = 16 * tiles, heads = attn_split::heads_per_part(s.n_heads / s.n_kv_heads, attn_split::matrix_heads);
  return 2 * heads * (s.head_dim + 8) + 4 * s.head_dim + static_cast<u32>(align_up(std::max(2 * heads * (positions + 8), merge_bytes(heads)), 16)) +
         2 * 4 * waves * 8 + 2 * 2 * positions * s.head_dim;
}

}  // namespace

// 18, of heads of 128 elements the 17 that fit into 163 KB. With more the L1 cache has less than 92 KB left, and weights on their way do not find room
// there: an 8B model lost 0.4% by the step from 64 to 164 KB, 10% by that to 228 KB (docs/performance.md).
u32 attention_tiles(const Plan& plan) {
  constexpr u32 most = 18, most_bytes = 166912;
  const u32 limit = std::min(most_bytes, target_of(plan).lds_bytes);
  u32 tiles = most;
  while (tiles > 1 && input_offset + tiles_bytes(plan, tiles) > limit) tiles--;
  return tiles;
}

u32 attention_shared_bytes(const Plan& plan) {
  const u32 long_form = by_tiles(plan) ? input_offset + tiles_bytes(plan, attention_tiles(plan)) : scratch_bytes + decode_bytes(plan);
  return static_cast<u32>(align_up(std::max(scratch_bytes + short_bytes(plan), long_form), 16));
}

u32 sampling_shared_bytes(const Plan& plan) {
  constexpr u32 bins = 1024, candidates = 1024;
  const u32 waves = plan.threads / plan.wave;
  return static_cast<u32>(align_up(scratch_bytes + sizeof(abi::State) + 3 * 4 * bins + (8 + 4) * candidates + 8 * waves + 5 * 8 + 8 * 4, 16));
}

u32 prefill_shared_bytes(const Plan& plan, const Launch& launch) {
  if (launch.kernel == "prefill_attn") return prefill_attention_bytes(plan.shape.head_dim);
  const bool matrix = launch.kernel.find("_v") != std::string::npos;
  return matrix ? prefill_gemm_bytes : scratch_bytes;
}

}  // namespace llmc
