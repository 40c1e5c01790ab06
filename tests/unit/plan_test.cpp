// The plan's memory and numbers: where weights and buffers stand, the rotation of RoPE, what is refused, and the way through JSON.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <nlohmann/json.hpp>
#include "compiler/plan/layout.h"
#include "kernels/abi.h"
#include "tests/unit/plan_fixture.h"

namespace llmc {
namespace {

using test::model_file;
using test::plan_of;
using test::read_built;
using test::refusal;

const char* const arches[] = {"x86-64-v4", "sm_80", "sm_90", "gfx1100", "gfx906"};

TEST(Plan, BuffersAreAlignedAndDisjoint) {
  const Model model = read_built(model_file("llama"));
  for (const char* arch : arches) {
    for (const Fuse fuse : {Fuse::op, Fuse::model}) {
      const Plan plan = plan_of(model, arch, fuse);
      EXPECT_EQ(plan.buffers.front().name, "state");
      EXPECT_EQ(plan.buffers.front().offset, 0u);
      u64 end = 0;
      for (const Buffer& buffer : plan.buffers) {
        SCOPED_TRACE(buffer.name);
        EXPECT_EQ(buffer.offset % 256, 0u);
        EXPECT_GE(buffer.offset, end);
        end = buffer.offset + buffer.bytes;
        EXPECT_EQ(std::count_if(plan.buffers.begin(), plan.buffers.end(), [&](const Buffer& b) { return b.name == buffer.name; }), 1);
      }
      EXPECT_GE(plan.arena_bytes, end);
    }
  }
}

// Sizes by docs/architecture.md for 2 heads of 32, 1 KV head, widths 64 and 96, 50 tokens of vocabulary, a context of 100.
TEST(Plan, BuffersHoldWhatTheDocumentSays) {
  const Plan plan = plan_of(read_built(model_file("llama")), "gfx1100", Fuse::op, 100);
  EXPECT_EQ(plan.chunk, 100u);  // never more than the context
  const std::pair<const char*, u64> wanted[] = {
      {"state", sizeof(abi::State)}, {"barrier", 64 * 4}, {"tokens", 101 * 4}, {"x", 100 * 64 * 4}, {"qkv", 100 * 128 * 4}, {"att", 100 * 64 * 4},
      {"ffn", 100 * 96 * 4}, {"xq", 100 * 256}, {"xs", 100 * 8 * 8}, {"xf", 100 * 256 * 4}, {"logits", 64 * 4}, {"attn_part", 2 * 128 * 34 * 4},
      {"attn_count", 2 * 4}, {"sample", 1 << 20}};
  for (const auto& [name, bytes] : wanted) EXPECT_GE(plan.buffer(name).bytes, bytes) << name;
  EXPECT_EQ(plan.kv_bytes_per_position, 2u * 2 * 32 * 2);  // layers, K and V, f16
}

TEST(Plan, WeightsAreAlignedAndDisjoint) {
  for (const char* family : {"llama", "qwen2", "qwen3"}) {
    const Model model = read_built(model_file(family));
    for (const char* arch : arches) {
      const Plan plan = plan_of(model, arch);
      const Layout layout = plan.family == "x86" ? Layout::x86 : Layout::gpu;
      std::vector<std::pair<u64, u64>> pieces;  // of every row tile and vector
      for (const Weight& weight : plan.weights) {
        SCOPED_TRACE(std::string(arch) + " " + weight.tensor);
        if (weight.tiles == 0) {
          EXPECT_EQ(weight.offset % 64, 0u);
          pieces.emplace_back(weight.offset, weight.offset + weight.columns * 4);
          continue;
        }
        EXPECT_EQ(weight.tiles, ceil_div(weight.rows, tile_rows(layout)));
        EXPECT_EQ(weight.tile_bytes % (layout == Layout::gpu ? 16 : 64), 0u);
        for (u64 tile = 0; tile < weight.tiles; tile++) {
          const u64 begin = weight.offset + tile * weight.stride;
          pieces.emplace_back(begin, begin + weight.tile_bytes);
        }
      }
      std::sort(pieces.begin(), pieces.end());
      for (size_t i = 1; i < pieces.size(); i++) EXPECT_LE(pieces[i - 1].second, pieces[i].first);
      EXPECT_LE(pieces.back().second, plan.weight_bytes);
      for (int layer = 0; layer < 2; layer++) {
        const Weight *gate = plan.weight(Role::gate, layer), *up = plan.weight(Role::up, layer);
        EXPECT_EQ(up->offset, gate->offset + gate->tile_bytes);
        EXPECT_EQ(gate->stride, gate->tile_bytes + up->tile_bytes);
        EXPECT_EQ(up->stride, gate->stride);
      }
    }
  }
}

TEST(Plan, ATokenReadsTheOutputButOnlyARowOfTheEmbedding) {
  auto file = model_file("llama");
  const Plan tied = plan_of(read_built(file), "sm_90");
  const Plan untied = plan_of(read_built(file.tensor("output.weight", test::q4_0, {64, 50})), "sm_90");
  EXPECT_TRUE(tied.shape.tied);
  EXPECT_EQ(tied.weight(Role::output, -1), nullptr);
  EXPECT_EQ(untied.decode_bytes, tied.decode_bytes);
  EXPECT_GT(untied.weight_bytes, tied.weight_bytes);
  u64 sum = 0;
  for (const Phase& phase : tied.phases) sum += phase.weight_bytes;
  EXPECT_EQ(tied.decode_bytes, sum);
  const Weight* embedding = tied.weight(Role::token_embd, -1);
  EXPECT_EQ(tied.weight_bytes, align_up(embedding->offset + embedding->tiles * embedding->stride, 256));
}

TEST(Plan, LayersOfEqualTypesShareAVariant) {
  auto file = model_file("llama", {.layers = 3});
  file.remove_tensor("blk.1.attn_v.weight").tensor("blk.1.attn_v.weight", test::q8_0, {64, 32});
  const Plan plan = plan_of(read_built(file), "x86-64-v3");
  EXPECT_EQ(plan.layer_variant, (std::vector<u32>{0, 1, 0}));
  ASSERT_EQ(plan.variants.size(), 2u);
  EXPECT_EQ(plan.variants[0].v, TensorType::F16);
  EXPECT_EQ(plan.variants[1].v, TensorType::Q8_0);
}

// The turns are exact where double is: an error of 1e-12 turns at position 1 would be 1e-7 at the end of a context.
TEST(Plan, RopeTurnsAreTheAngles) {
  const Plan plan = plan_of(read_built(model_file("llama")), "x86-64-v3");
  ASSERT_EQ(plan.shape.rope_turns.size(), 16u);
  for (int i = 0; i < 16; i++) {
    const double turns = std::pow(5e5, -2.0 * i / 32) / (2 * std::numbers::pi);
    EXPECT_NEAR(std::ldexp(static_cast<double>(plan.shape.rope_turns[static_cast<size_t>(i)]), -64), turns, 1e-15) << i;
  }
}

TEST(Plan, RopeTurnsFollowFactorsAndScaling) {
  std::string factors;
  for (int i = 0; i < 16; i++) factors += test::raw(2.0f);
  auto file = model_file("llama");
  const u64 plain = plan_of(read_built(file), "x86-64-v3").shape.rope_turns[3];
  file.text("llama.rope.scaling.type", "linear").real("llama.rope.scaling.factor", 4).tensor("rope_freqs.weight", test::f32, {16}, factors);
  EXPECT_NEAR(static_cast<double>(plan_of(read_built(file), "x86-64-v3").shape.rope_turns[3]), static_cast<double>(plain) / 8, 1);
}

TEST(Plan, TheContextIsTheModelsUnlessAskedFor) {
  auto file = model_file("llama");
  EXPECT_EQ(plan_of(read_built(file), "x86-64-v3").ctx, 128u);
  EXPECT_EQ(plan_of(read_built(file), "x86-64-v3", Fuse::op, 17).ctx, 17u);
  file.remove("llama.context_length").uint("llama.context_length", 100000);
  EXPECT_EQ(plan_of(read_built(file), "x86-64-v3").ctx, 8192u);
  EXPECT_EQ(plan_of(read_built(file), "x86-64-v3", Fuse::op, 100000).ctx, 100000u);
  const std::string message = refusal(Exit::usage, [&] { plan_of(read_built(file), "x86-64-v3", Fuse::op, 100001); });
  EXPECT_NE(message.find("--ctx 100001"), std::string::npos) << message;
  EXPECT_NE(message.find("Use --ctx 100000 or less"), std::string::npos) << message;
}

TEST(Plan, AFloatMatrixTooWideForAProcessorIsRefused) {
  auto file = model_file("llama", {.layers = 1, .d_ff = 30016});
  const Model quantised = read_built(file);
  for (const char* arch : arches) EXPECT_NO_THROW(plan_of(quantised, arch)) << arch;
  const Model model = read_built(file.remove_tensor("blk.0.ffn_down.weight").tensor("blk.0.ffn_down.weight", test::f16, {30016, 64}));
  EXPECT_NO_THROW(plan_of(model, "x86-64-v3"));  // reads it from memory
  const std::string message = refusal(Exit::unsupported, [&] { plan_of(model, "gfx1100"); });
  for (const char* part : {"decode_down_v0", "gfx1100 has 65536", "a quantised model, which needs less"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  }
}

TEST(Plan, JsonGivesTheSamePlanBack) {
  const Plan plan = plan_of(read_built(model_file("qwen3")), "sm_90", Fuse::model);
  const nlohmann::json json = plan_to_json(plan);
  const Plan back = plan_from_json(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(plan_to_json(back), json);
  EXPECT_EQ(back.variants, plan.variants);
  EXPECT_EQ(back.shape.rope_turns, plan.shape.rope_turns);
  EXPECT_EQ(back.weights.back().role, Role::token_embd);
  EXPECT_EQ(back.weights.back().type, TensorType::Q4_0);
  EXPECT_EQ(back.fuse, Fuse::model);
}

TEST(Plan, DamagedJsonIsRefused) {
  const nlohmann::json good = plan_to_json(plan_of(read_built(model_file("llama")), "x86-64-v3"));
  const auto refused = [&](const std::string& pointer, const nlohmann::json& value, const std::string& part) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    const std::string message = refusal(Exit::bad_input, [&] { plan_from_json(bad); });
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  };
  refused("/variants/0/q", "Q9_9", "unknown tensor type 'Q9_9'");
  refused("/weights/0/role", "gate_norm\n", "unknown role 'gate_norm\\n'");
  refused("/fuse", "token", "unknown fusion level 'token'");
  refused("/fuse", 3, "damaged");
  refused("/weights/1/offset", "far", "damaged");
  refused("/layer_variant", nlohmann::json::array({0}), "do not agree");
  nlohmann::json missing = good;
  missing.erase("kv_bytes_per_position");
  EXPECT_NE(refusal(Exit::bad_input, [&] { plan_from_json(missing); }).find("kv_bytes_per_position"), std::string::npos);
}

}  // namespace
}  // namespace llmc
