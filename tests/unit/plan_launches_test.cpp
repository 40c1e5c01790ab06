// The launch lists, against the table of docs/architecture.md.
#include "compiler/plan/gpu_resources.h"
#include "compiler/plan/gpu_resources_attention.h"
#include "tests/unit/plan_fixture.h"

namespace llmc {
namespace {

using test::model_file;
using test::plan_of;
using test::read_built;

using Step = std::pair<std::string, int>;  // kernel, layer

std::vector<Step> steps(const std::vector<Launch>& launches) {
  std::vector<Step> list;
  for (const Launch& launch : launches) list.emplace_back(launch.kernel, launch.layer);
  return list;
}

// Two layers, the second with another type in ffn_down: two variants.
Model two_variants() {
  auto file = model_file("llama");
  return read_built(file.remove_tensor("blk.1.ffn_down.weight").tensor("blk.1.ffn_down.weight", test::q8_0, {96, 64}));
}

const std::vector<Step> op_list = {{"decode_embed", -1},
                                   {"decode_qkv_v0", 0}, {"decode_attn", 0}, {"decode_o_v0", 0}, {"decode_gateup_v0", 0}, {"decode_down_v0", 0},
                                   {"decode_qkv_v1", 1}, {"decode_attn", 1}, {"decode_o_v1", 1}, {"decode_gateup_v1", 1}, {"decode_down_v1", 1},
                                   {"head_logits", -1}, {"sample", -1}};

class Launches : public testing::TestWithParam<const char*> {};

TEST_P(Launches, EveryLevelHasItsDecodeList) {
  const Model model = two_variants();
  EXPECT_EQ(steps(plan_of(model, GetParam(), Fuse::op).decode), op_list);
  EXPECT_EQ(steps(plan_of(model, GetParam(), Fuse::block).decode),
            (std::vector<Step>{{"decode_embed", -1}, {"decode_block_v0", 0}, {"decode_block_v1", 1}, {"head_logits", -1}, {"sample", -1}}));
  EXPECT_EQ(steps(plan_of(model, GetParam(), Fuse::model).decode), (std::vector<Step>{{"decode_model", -1}}));
}

TEST_P(Launches, TheOtherListsAreTheSameAtEveryLevel) {
  const Model model = two_variants();
  std::vector<Step> prompt = {{"prefill_embed", -1}};
  for (int layer = 0; layer < 2; layer++) {
    const std::string v = "_v" + std::to_string(layer);
    for (const std::string& kernel : {std::string("norm_attn"), "qkv" + v, std::string("rope"), std::string("attn"), std::string("quant_o"), "o" + v,
                                      std::string("norm_ffn"), "gateup" + v, std::string("quant_down"), "down" + v}) {
      prompt.emplace_back("prefill_" + kernel, layer);
    }
  }
  for (const Fuse fuse : {Fuse::op, Fuse::block, Fuse::model}) {
    const Plan plan = plan_of(model, GetParam(), fuse);
    EXPECT_EQ(steps(plan.decode_op), op_list);
    EXPECT_EQ(steps(plan.head), (std::vector<Step>{{"head_logits", -1}}));
    EXPECT_EQ(steps(plan.sample), (std::vector<Step>{{"sample", -1}}));
    EXPECT_EQ(steps(plan.prefill), prompt);
  }
}

// What waits for other workgroups must have them all on the device; what does not need not.
TEST_P(Launches, OnlyKernelsWithGridBarriersAreResident) {
  const Model model = two_variants();
  for (const Fuse fuse : {Fuse::op, Fuse::block, Fuse::model}) {
    const Plan plan = plan_of(model, GetParam(), fuse);
    for (const auto* list : {&plan.prefill, &plan.head, &plan.sample, &plan.decode, &plan.decode_op}) {
      for (const Launch& launch : *list) {
        EXPECT_EQ(launch.resident, launch.kernel.starts_with("decode_block") || launch.kernel == "decode_model") << launch.kernel;
      }
    }
  }
}

TEST_P(Launches, SharedMemoryIsWithinTheProcessor) {
  const Target target = find_target(GetParam());
  for (const Fuse fuse : {Fuse::op, Fuse::block, Fuse::model}) {
    const Plan plan = plan_of(two_variants(), GetParam(), fuse);
    for (const auto* list : {&plan.prefill, &plan.decode, &plan.decode_op}) {
      for (const Launch& launch : *list) {
        EXPECT_LE(launch.shared, target.lds_bytes) << launch.kernel;
        // A matrix phase holds at least its rounded input, one byte an element.
        if (launch.kernel.starts_with("decode_down") && target.is_gpu()) {
          EXPECT_GE(launch.shared, plan.shape.d_ff);
        }
      }
    }
  }
}

// Slots for the first weights stand behind all that the phases of matrices hold; only for floats, and where the processor has bulk copies.
TEST(Staging, SlotsStandBehindThePhases) {
  auto file = model_file("llama");
  EXPECT_EQ(staging_shape(plan_of(read_built(file), "sm_90", Fuse::model)).slot_bytes, 0u) << "all of Q4_0";
  const Model model = read_built(file.remove_tensor("blk.1.ffn_down.weight").tensor("blk.1.ffn_down.weight", test::f16, {96, 64}));
  const Plan plan = plan_of(model, "sm_90", Fuse::model);
  const StagingShape staging = staging_shape(plan);
  ASSERT_EQ(staging.slot_bytes, 4096u);
  ASSERT_EQ(plan.decode.size(), 1u);
  EXPECT_GE(plan.decode[0].shared, staging.offset + plan.threads / 32 * staging.slot_bytes);
  for (const Launch& launch : plan.decode_op) {
    const bool of_matrices = launch.kernel != "decode_attn" && launch.kernel != "sample" && launch.kernel != "head_logits";
    EXPECT_GE(of_matrices ? staging.offset : plan.decode[0].shared, launch.shared) << launch.kernel;
  }
  for (const char* arch : {"sm_80", "gfx1100"}) EXPECT_EQ(staging_shape(plan_of(model, arch, Fuse::model)).slot_bytes, 0u) << arch;
}

// Attention's tiles of K and V: as many as pay, fewer where a workgroup has less shared memory.
TEST(AttentionTiles, FitIntoSharedMemory) {
  const Model model = read_built(model_file("llama"));
  for (const char* arch : {"sm_80", "sm_86", "sm_90"}) {
    Plan plan = plan_of(model, arch, Fuse::op);
    plan.shape.head_dim = 64;
    EXPECT_EQ(attention_tiles(plan), 18u) << arch;
    plan.shape.head_dim = 128;
    for (const u32 heads : {1u, 4u, 7u, 8u}) {
      plan.shape.n_heads = heads * plan.shape.n_kv_heads;
      EXPECT_LE(attention_shared_bytes(plan), find_target(arch).lds_bytes) << arch;
    }
    plan.shape.head_dim = 256;
    const u32 tiles = attention_tiles(plan), limit = std::min(166912u, find_target(arch).lds_bytes);
    EXPECT_GE(tiles, 4u) << arch;
    EXPECT_LE(attention_shared_bytes(plan), limit) << arch;
    EXPECT_GT(attention_shared_bytes(plan) + 2 * 16 * 256 * 2, limit) << arch << ": one more would fit";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Launches, testing::Values("x86-64-v3", "sm_80", "sm_90", "gfx1100", "gfx90a"), [](const auto& param) {
  std::string name = param.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace llmc
