// read_model: what a file means, for files of every family, and what is refused (the broken files are in tests/error).
#include "compiler/model/model.h"
#include <filesystem>
#include <gtest/gtest.h>
#include "common/error.h"
#include "tests/unit/model_file.h"

namespace llmc {
namespace {

using test::GgufBuilder;
using test::f16;
using test::f32;
using test::model_file;

Model read(const GgufBuilder& builder) { return test::read_built(builder); }

// The error of reading the file: its code, and that its text names what it must.
void expect_refused(const GgufBuilder& builder, Exit code, const std::string& text) {
  try {
    read(builder);
    ADD_FAILURE() << "accepted, though it should be refused for: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << "'" << text << "' is not in: " << error.what();
  }
}

TEST(Model, Llama) {
  const Model m = read(model_file("llama"));
  EXPECT_EQ(m.family, "llama");
  EXPECT_EQ(m.n_layers, 2u);
  EXPECT_EQ(m.d_model, 64u);
  EXPECT_EQ(m.d_ff, 96u);
  EXPECT_EQ(m.n_heads, 2u);
  EXPECT_EQ(m.n_kv_heads, 1u);
  EXPECT_EQ(m.head_dim, 32u);
  EXPECT_EQ(m.rope_dim, 32u);
  EXPECT_EQ(m.vocab, 50u);
  EXPECT_EQ(m.ctx_train, 128u);
  EXPECT_EQ(m.rope_base, 5e5);
  EXPECT_EQ(m.rope_scale, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(m.rms_eps), 1e-5f);
  EXPECT_EQ(m.rope_order, RopeOrder::interleaved);
  EXPECT_TRUE(m.tied());
  EXPECT_TRUE(m.rope_freqs.empty());
  ASSERT_EQ(m.layers.size(), 2u);
  EXPECT_EQ(m.layers[1].down->name, "blk.1.ffn_down.weight");
  EXPECT_EQ(m.layers[1].v->type(), TensorType::F16);
  EXPECT_EQ(m.layers[0].q_bias, nullptr);
  EXPECT_EQ(m.layers[0].q_norm, nullptr);
}

TEST(Model, LlamaMayHaveBiases) {
  GgufBuilder b = model_file("llama");
  for (const char* layer : {"blk.0.", "blk.1."}) {
    b.tensor(std::string(layer) + "attn_q.bias", f32, {64}).tensor(std::string(layer) + "attn_k.bias", f32, {32}).tensor(std::string(layer) + "attn_v.bias", f32, {32});
  }
  EXPECT_EQ(read(b).layers[1].k_bias->name, "blk.1.attn_k.bias");
}

TEST(Model, Qwen2NeedsBiases) {
  const Model m = read(model_file("qwen2"));
  EXPECT_EQ(m.rope_order, RopeOrder::halves);
  EXPECT_EQ(m.layers[0].v_bias->columns(), 32u);
  expect_refused(model_file("qwen2").remove_tensor("blk.1.attn_k.bias"), Exit::bad_input, "'blk.1.attn_k.bias' is missing");
}

TEST(Model, Qwen3NeedsHeadNorms) {
  const Model m = read(model_file("qwen3"));
  EXPECT_EQ(m.rope_order, RopeOrder::halves);
  EXPECT_EQ(m.layers[1].k_norm->columns(), 32u);
  expect_refused(model_file("qwen3").remove_tensor("blk.0.attn_q_norm.weight"), Exit::bad_input, "'blk.0.attn_q_norm.weight' is missing");
}

TEST(Model, HeadCountsAndSizes) {
  for (u32 head_dim : {32u, 64u, 96u, 128u, 256u}) {
    for (u32 kv_heads : {1u, 2u, 4u}) {
      const Model m = read(model_file("llama", {.layers = 1, .d_model = 96, .heads = 4, .kv_heads = kv_heads, .head_dim = head_dim}));
      EXPECT_EQ(m.head_dim, head_dim);
      EXPECT_EQ(m.layers[0].k->rows(), kv_heads * head_dim);
      EXPECT_EQ(m.layers[0].o->columns(), 4 * head_dim);
    }
  }
  expect_refused(model_file("llama", {.head_dim = 16}), Exit::unsupported, "heads of 16 elements");
  expect_refused(model_file("llama", {.head_dim = 288}), Exit::unsupported, "heads of 288 elements");
  expect_refused(model_file("llama", {.heads = 4, .kv_heads = 3}), Exit::bad_input, "llama.attention.head_count_kv");
}

TEST(Model, HeadSizeDefaultsToTheWidthPerHead) {
  GgufBuilder b = model_file("llama", {.d_model = 64, .heads = 2, .head_dim = 32});
  EXPECT_EQ(read(b.remove("llama.attention.key_length").remove("llama.attention.value_length")).head_dim, 32u);
}

TEST(Model, UntiedOutput) {
  const Model m = read(model_file("llama").tensor("output.weight", f16, {64, 50}));
  EXPECT_FALSE(m.tied());
  EXPECT_EQ(m.output->type(), TensorType::F16);
}

TEST(Model, RopeFrequencyFactors) {
  std::string factors;
  for (int i = 0; i < 16; i++) factors += test::raw(1.0f + static_cast<float>(i));
  const Model m = read(model_file("llama").tensor("rope_freqs.weight", f32, {16}, factors));
  ASSERT_EQ(m.rope_freqs.size(), 16u);
  EXPECT_EQ(m.rope_freqs[15], 16.0f);
  expect_refused(model_file("llama").tensor("rope_freqs.weight", f32, {16}), Exit::bad_input, "rope_freqs.weight");  // zeros
  expect_refused(model_file("llama").tensor("rope_freqs.weight", f32, {32}, factors + factors), Exit::bad_input, "has shape [32]");
}

TEST(Model, RopeScaling) {
  EXPECT_EQ(read(model_file("llama").text("llama.rope.scaling.type", "none").real("llama.rope.scaling.factor", 4)).rope_scale, 1);
  EXPECT_EQ(read(model_file("llama").text("llama.rope.scaling.type", "linear").real("llama.rope.scaling.factor", 4)).rope_scale, 4);
  EXPECT_EQ(read(model_file("llama").real("llama.rope.scale_linear", 2)).rope_scale, 2);
  expect_refused(model_file("llama").text("llama.rope.scaling.type", "yarn"), Exit::unsupported, "'yarn'");
}

TEST(Model, ArithmeticThatWouldBeIgnoredIsRefused) {
  expect_refused(model_file("llama").uint("llama.expert_count", 8), Exit::unsupported, "8 experts");
  expect_refused(model_file("llama").real("llama.logit_scale", 0.5f), Exit::unsupported, "llama.logit_scale");
  expect_refused(model_file("llama").uint("llama.attention.sliding_window", 64), Exit::unsupported, "sliding");
  expect_refused(model_file("llama").uint("split.count", 3), Exit::unsupported, "split into 3");
  EXPECT_EQ(read(model_file("llama").real("llama.logit_scale", 1)).n_layers, 2u);
}

TEST(Model, AVocabularyOnlyFileIsNoModel) {
  GgufBuilder b;
  b.text("general.architecture", "llama").strings("tokenizer.ggml.tokens", {"a", "b"});
  expect_refused(b, Exit::bad_input, "llama.block_count");
}

// Real files: one of each family, made by other programs.
TEST(Model, GoldenFiles) {
  const std::filesystem::path folder = std::filesystem::path(LLMC_SOURCE_DIR) / "../shared/goldens/logits";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  int read_files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".gguf") continue;
    const std::string name = file.path().filename().string();
    if (name.find("-IQ4_") != std::string::npos) {
      try {
        read_model(GgufFile::open(file.path().string()));
        ADD_FAILURE() << name << " was accepted";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Exit::unsupported);
        EXPECT_NE(std::string(error.what()).find("IQ4_"), std::string::npos) << error.what();
      }
      continue;
    }
    const Model m = read_model(GgufFile::open(file.path().string()));
    EXPECT_EQ(m.layers.size(), 2u);
    EXPECT_EQ(m.tied(), name.starts_with("tiny-qwen2"));
    read_files++;
  }
  EXPECT_GE(read_files, 10);
}

}  // namespace
}  // namespace llmc
