// Whole emitted GPU programs on the simulation, driven by the runtime's engine: the logits of a prompt processed in one go, of the same
// tokens decoded one by one at level op and at the program's own level, against float32 truth (../shared/goldens), and greedy text.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/build/build.h"
#include "compiler/emit/emit.h"
#include "compiler/model/model.h"
#include "compiler/pack/weight_pieces.h"
#include "compiler/target/target.h"
#include "runtime/engine.h"
#include "tests/kernels/host_device.h"

namespace llmc {
namespace {

constexpr u32 units = 3;

struct Case {
  const char* golden;
  u32 wave;
  Fuse fuse;
  double bar;  // NMSE over the prompt
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.golden << " wave " << c.wave << " " << fuse_name(c.fuse); }

class PackedHere : public WeightsSource {
 public:
  explicit PackedHere(const GgufFile& file) : file_(file) {}
  const void* place(Device& device, const Plan& plan) const override {
    const WeightPieces pieces(plan, file_);
    std::vector<u8> packed(pieces.bytes());
    for (size_t i = 0; i < pieces.count(); i++) pieces.pack(i, packed.data() + pieces.piece(i).offset);
    return device.place_weights(packed);
  }

 private:
  const GgufFile& file_;
};

double nmse(std::span<const float> got, std::span<const float> truth) {
  double error = 0, size = 0;
  for (size_t i = 0; i < truth.size(); i++) {
    error += (got[i] - truth[i]) * static_cast<double>(got[i] - truth[i]);
    size += truth[i] * static_cast<double>(truth[i]);
  }
  return error / size;
}

class Program : public testing::TestWithParam<Case> {};

TEST_P(Program, LogitsOfPromptAndDecodeMatchTheGoldens) {
  const std::string base = std::string(LLMC_SOURCE_DIR) + "/../shared/goldens/logits/" + GetParam().golden;
  std::ifstream about(base + ".json");
  if (!about) GTEST_SKIP() << base << ".json is not here";
  const nlohmann::json golden = nlohmann::json::parse(about);
  const auto prompt = golden["prompt"].get<std::vector<i32>>();
  const auto greedy_truth = golden["greedy"].get<std::vector<i32>>();
  const u32 vocab = golden["n_vocab"].get<u32>();
  std::vector<float> truth((prompt.size() + greedy_truth.size()) * vocab);
  std::ifstream(base + ".logits", std::ios::binary).read(reinterpret_cast<char*>(truth.data()), static_cast<long>(truth.size() * 4));
  const std::span<const float> prompt_truth(truth.data(), prompt.size() * vocab);

  const Model model = read_model(GgufFile::open(base + ".gguf"));
  const Target target = simulation_target(GetParam().wave);
  PlanOptions options;
  options.fuse = GetParam().fuse;
  options.ctx = 64;
  const Plan plan = make_plan(model, target, options);
  BuildRequest request;
  request.source = emit(plan);
  request.target = &target;
  request.defines = {fmt::format("LLMC_WAVE={}", target.wave)};
  request.opt_level = 1;
  const std::vector<u8> code = build_in_process(request).object;
  Engine engine(plan, open_simulation(plan, units), code, PackedHere(*model.file), {});

  std::vector<float> logits;
  const auto collect = [&](std::span<const float> row) { logits.insert(logits.end(), row.begin(), row.end()); };
  engine.feed(prompt, collect);
  EXPECT_LE(nmse(logits, prompt_truth), GetParam().bar) << "prompt in one go";
  fmt::print("{} wave {}: NMSE {:.2e} in one go", GetParam().golden, target.wave, nmse(logits, prompt_truth));

  std::vector<i32> text;
  const Generated made = engine.generate({.limit = 8}, [&](i32 token) {
    text.push_back(token);
    return true;
  });
  EXPECT_EQ(made.finish, abi::limit);
  EXPECT_EQ(text.size(), 8u);
  const bool exact = std::string(GetParam().golden).ends_with("F32");
  EXPECT_TRUE(!exact || std::equal(text.begin(), text.end(), greedy_truth.begin()));

  for (const auto* launches : {&plan.decode_op, &plan.decode}) {
    engine.rewind(0);
    logits.clear();
    for (const i32 token : prompt) collect(engine.step(token, *launches));
    fmt::print(", {:.2e} one by one at {}", nmse(logits, prompt_truth), launches == &plan.decode_op ? "op" : fuse_name(plan.fuse));
    EXPECT_LE(nmse(logits, prompt_truth), GetParam().bar) << "decode at level " << (launches == &plan.decode_op ? "op" : fuse_name(plan.fuse));
  }
  fmt::print("\n");
  // Decode at the program's level, fed with the text made above, must choose the same tokens: one path made it, another checks it.
  const auto argmax = [](std::span<const float> row) { return static_cast<i32>(std::max_element(row.begin(), row.end()) - row.begin()); };
  for (size_t i = 0; i + 1 < text.size(); i++) {
    const std::vector<float> row = engine.step(text[i], plan.decode);
    if (argmax(row) == text[i + 1]) continue;
    EXPECT_LT(row[static_cast<size_t>(argmax(row))] - row[static_cast<size_t>(text[i + 1])], 0.1f) << "token " << i + 1;
  }
}

// llama.cpp's NMSE times 1.2 (formats of 32 elements) or 0.8 (K types); fixed bars for float types.
INSTANTIATE_TEST_SUITE_P(Goldens, Program,
                         testing::Values(Case{"tiny-llama-F32", 32, Fuse::block, 1e-5}, Case{"tiny-llama-F16", 64, Fuse::model, 2e-5},
                                         Case{"tiny-llama-BF16", 32, Fuse::op, 1.2e-4}, Case{"tiny-llama-Q4_0", 64, Fuse::block, 1.2 * 1.4e-3},
                                         Case{"tiny-llama-Q4_1", 32, Fuse::op, 1.2 * 1.4e-3}, Case{"tiny-llama-Q5_0", 32, Fuse::op, 1.2 * 1.1e-3},
                                         Case{"tiny-llama-Q5_1", 64, Fuse::op, 1.2 * 1.3e-3}, Case{"tiny-llama-Q8_0", 32, Fuse::model, 1.2 * 1.2e-3},
                                         Case{"tiny-llama-Q2_K", 32, Fuse::op, 0.8 * 2.2e-3}, Case{"tiny-llama-Q3_K_M", 64, Fuse::op, 0.8 * 2.2e-3},
                                         Case{"tiny-llama-Q4_K_M", 64, Fuse::model, 0.8 * 2.2e-3}, Case{"tiny-llama-Q5_K_M", 32, Fuse::op, 0.8 * 2.2e-3},
                                         Case{"tiny-llama-Q6_K", 32, Fuse::block, 0.8 * 2.5e-3}, Case{"tiny-qwen2-Q4_K_M", 32, Fuse::block, 0.8 * 3.4e-3},
                                         Case{"tiny-qwen2-Q8_0", 64, Fuse::op, 1.2 * 1.2e-3}, Case{"tiny-qwen2-Q4_0", 32, Fuse::model, 1.2 * 1.4e-3}));

}  // namespace
}  // namespace llmc
