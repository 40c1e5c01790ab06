// Whole emitted GPU programs on the simulation, driven by the runtime's engine: the logits of a prompt processed in two chunks, and of the
// same tokens decoded one by one at level op and at the program's own level, against the truth, and greedy text. The truth is float32
// goldens (../shared/goldens, every type) or the float64 reference (tests/reference, every shape).
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
  const char* name;
  u32 wave;
  Fuse fuse;
  double bar;                  // NMSE over the prompt
  const char* model = nullptr;  // options of tests/reference/make_model.py; null: a golden model
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name << " wave " << c.wave << " " << fuse_name(c.fuse); }

// A model and what it answers: BASE.gguf, BASE.json, BASE.logits.
struct Truth {
  std::string gguf;
  std::vector<i32> prompt, greedy;
  std::vector<float> logits;  // of the prompt's positions, then of each greedy token
};

Truth read_truth(const std::string& base) {
  std::ifstream about(base + ".json");
  const nlohmann::json json = nlohmann::json::parse(about);
  Truth truth{base + ".gguf", json["prompt"].get<std::vector<i32>>(), json["greedy"].get<std::vector<i32>>(), {}};
  truth.logits.resize((truth.prompt.size() + truth.greedy.size()) * json["n_vocab"].get<u32>());
  std::ifstream(base + ".logits", std::ios::binary).read(reinterpret_cast<char*>(truth.logits.data()), static_cast<long>(truth.logits.size() * 4));
  return truth;
}

// A model of the generator and its float64 forward pass, in a folder of this test.
Truth make_truth(const Case& c) {
  const std::string base = testing::TempDir() + "llmc-program-" + c.name;
  const std::string tools = std::string("/usr/bin/python3 ") + LLMC_SOURCE_DIR + "/tests/reference/";
  std::string tokens;
  for (int i = 0; i < 33; i++) tokens += (i ? "," : "") + std::to_string((i * i * 7 + 3) % 256);
  const std::string make = fmt::format("{}make_model.py {}.gguf --vocab 260 --ctx 256 --tokenizer none {}", tools, base, c.model);
  const std::string run = fmt::format("{0}forward.py {1}.gguf --tokens {2} -n 8 -o {1}.logits > {1}.json", tools, base, tokens);
  if (std::system(make.c_str()) != 0 || std::system(run.c_str()) != 0) throw std::runtime_error(make + "\n" + run);
  return read_truth(base);
}

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

TEST_P(Program, LogitsOfPromptAndDecodeMatchTheReference) {
  const std::string golden = std::string(LLMC_SOURCE_DIR) + "/../shared/goldens/logits/" + GetParam().name;
  if (!GetParam().model && !std::ifstream(golden + ".json")) GTEST_SKIP() << golden << ".json is not here";
  const Truth truth = GetParam().model ? make_truth(GetParam()) : read_truth(golden);
  const std::vector<i32>& prompt = truth.prompt;
  const Model model = read_model(GgufFile::open(truth.gguf));
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
  const std::span<const float> prompt_truth(truth.logits.data(), prompt.size() * plan.shape.vocab);
  Engine engine(plan, open_simulation(plan, units), code, PackedHere(*model.file), {});

  std::vector<float> logits;
  const auto collect = [&](std::span<const float> row) { logits.insert(logits.end(), row.begin(), row.end()); };
  engine.feed(std::span(prompt).first(11), collect);  // a chunk that ends inside every tile
  engine.feed(std::span(prompt).subspan(11), collect);
  EXPECT_LE(nmse(logits, prompt_truth), GetParam().bar) << "prompt in two chunks";
  fmt::print("{} wave {}: NMSE {:.2e} in two chunks", GetParam().name, target.wave, nmse(logits, prompt_truth));

  std::vector<i32> text;
  const Generated made = engine.generate({.limit = 8}, [&](i32 token) {
    text.push_back(token);
    return true;
  });
  EXPECT_EQ(made.finish, abi::limit);
  EXPECT_EQ(text.size(), 8u);
  const bool exact = std::string(GetParam().name).ends_with("F32");
  EXPECT_TRUE(!exact || std::equal(text.begin(), text.end(), truth.greedy.begin()));

  // Level op on the first positions only: most of a program's own level is the same code.
  constexpr size_t op_tokens = 12;
  const auto decode = [&](std::span<const i32> tokens, std::span<const Launch> launches, const char* level) {
    engine.rewind(0);
    logits.clear();
    for (const i32 token : tokens) collect(engine.step(token, launches));
    const double error = nmse(logits, prompt_truth.first(logits.size()));
    fmt::print(", {:.2e} one by one at {}", error, level);
    EXPECT_LE(error, GetParam().bar) << "decode at level " << level;
  };
  if (plan.fuse != Fuse::op) decode(std::span(prompt).first(op_tokens), plan.decode_op, "op");
  decode(prompt, plan.decode, fuse_name(plan.fuse));
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
                         testing::Values(Case{"tiny-llama-F32", 32, Fuse::block, 1e-5}, Case{"tiny-llama-F16", 32, Fuse::model, 2e-5},
                                         Case{"tiny-llama-BF16", 64, Fuse::model, 1.2e-4}, Case{"tiny-llama-Q4_0", 64, Fuse::block, 1.2 * 1.4e-3},
                                         Case{"tiny-llama-Q4_1", 32, Fuse::op, 1.2 * 1.4e-3}, Case{"tiny-llama-Q5_0", 32, Fuse::op, 1.2 * 1.1e-3},
                                         Case{"tiny-llama-Q5_1", 64, Fuse::op, 1.2 * 1.3e-3}, Case{"tiny-llama-Q8_0", 32, Fuse::model, 1.2 * 1.2e-3},
                                         Case{"tiny-llama-Q2_K", 32, Fuse::op, 0.8 * 2.2e-3}, Case{"tiny-llama-Q3_K_M", 64, Fuse::op, 0.8 * 2.2e-3},
                                         Case{"tiny-llama-Q4_K_M", 64, Fuse::model, 0.8 * 2.2e-3}, Case{"tiny-llama-Q5_K_M", 32, Fuse::op, 0.8 * 2.2e-3},
                                         Case{"tiny-llama-Q6_K", 32, Fuse::block, 0.8 * 2.5e-3}, Case{"tiny-qwen2-Q4_K_M", 32, Fuse::block, 0.8 * 3.4e-3},
                                         Case{"tiny-qwen2-Q8_0", 64, Fuse::op, 1.2 * 1.2e-3}, Case{"tiny-qwen2-Q4_0", 32, Fuse::model, 1.2 * 1.4e-3}));

constexpr double q8_bar = 1.2 * 1.2e-3, k_bar = 0.8 * 2.2e-3;
INSTANTIATE_TEST_SUITE_P(
    Shapes, Program,
    testing::Values(Case{"width-768", 32, Fuse::op, k_bar, "--type Q4_K_M --width 768 --heads 6 --kv-heads 2 --head-dim 128"},
                    Case{"width-896", 64, Fuse::block, q8_bar, "--family qwen2 --type Q4_K_M --width 896 --heads 14 --kv-heads 2 --tied"},
                    Case{"head-32-mqa", 32, Fuse::model, q8_bar, "--type Q8_0 --heads 8 --kv-heads 1 --head-dim 32"},
                    Case{"head-128-mha", 64, Fuse::op, 1.2 * 1.4e-3, "--type Q4_0 --heads 2 --head-dim 128"},
                    Case{"head-256", 32, Fuse::op, 1.2 * 1.3e-3, "--type Q5_1 --width 768 --heads 4 --kv-heads 2 --head-dim 256"},
                    Case{"qwen3", 64, Fuse::block, q8_bar, "--family qwen3 --type Q8_0 --heads 4 --kv-heads 2 --head-dim 128 --tied"},
                    Case{"rope-freqs-F32", 32, Fuse::op, 1e-5, "--type F32 --rope-freqs --rope-base 500000 --heads 4 --kv-heads 2"},
                    Case{"mixed-types", 32, Fuse::model, 1.2 * 1.4e-3, "--type Q4_0,F16,Q6_K,Q8_0,BF16,Q3_K,F32 --heads 4 --kv-heads 2"},
                    Case{"wide-ff", 32, Fuse::model, q8_bar, "--type Q8_0 --ff 8704 --heads 4 --kv-heads 2 --layers 1"},
                    Case{"odd-vocabulary", 64, Fuse::model, q8_bar, "--type Q8_0 --vocab 259 --heads 4 --kv-heads 2 --biases"}));

// Vectors that travel as quads (kernels/gpu/quads.h).
INSTANTIATE_TEST_SUITE_P(
    Wide, Program,
    testing::Values(Case{"wide-heads", 64, Fuse::model, k_bar, "--type Q4_K --heads 64 --kv-heads 8 --head-dim 64 --layers 1"},
                    Case{"wide-x", 32, Fuse::model, q8_bar, "--type Q8_0 --width 4096 --ff 512 --heads 4 --kv-heads 2 --head-dim 32 --layers 1"}));

}  // namespace
}  // namespace llmc
