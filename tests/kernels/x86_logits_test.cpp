// Whole models on x86 against the golden logits: NMSE of the 32 prompt positions through the prompt's kernels and through those that
// decode. Every type with AVX-512 at level block; elsewhere, where only what is around the products differs, one mixed and one float model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/bench/x86_program.h"
#include "tests/kernels/x86_module.h"

namespace llmc {
namespace {

struct Golden {
  const char* name;
  double limit;  // NMSE, from llama.cpp's own error
};
// 1.2 times llama.cpp's for the types with blocks of 32, 0.8 times for the K types.
const Golden goldens[] = {
    {"tiny-llama-F32", 1e-5},           {"tiny-llama-F16", 2e-5},           {"tiny-llama-BF16", 1.2e-4},        {"tiny-llama-Q8_0", 1.2 * 1.2e-3},
    {"tiny-llama-Q4_0", 1.2 * 1.4e-3},  {"tiny-llama-Q4_1", 1.2 * 1.4e-3},  {"tiny-llama-Q5_0", 1.2 * 1.1e-3},  {"tiny-llama-Q5_1", 1.2 * 1.3e-3},
    {"tiny-llama-Q2_K", 0.8 * 2.2e-3},  {"tiny-llama-Q3_K_M", 0.8 * 2.2e-3}, {"tiny-llama-Q4_K_M", 0.8 * 2.2e-3}, {"tiny-llama-Q5_K_M", 0.8 * 2.2e-3},
    {"tiny-llama-Q6_K", 0.8 * 2.5e-3},  {"tiny-qwen2-Q4_0", 1.2 * 1.4e-3},  {"tiny-qwen2-Q8_0", 1.2 * 1.2e-3},  {"tiny-qwen2-Q4_K_M", 0.8 * 3.4e-3},
};

double nmse(const std::vector<float>& measured, const float* truth) {
  double error = 0, power = 0;
  for (size_t i = 0; i < measured.size(); i++) {
    error += (measured[i] - truth[i]) * static_cast<double>(measured[i] - truth[i]);
    power += static_cast<double>(truth[i]) * truth[i];
  }
  return error / power;
}

using Parameter = std::tuple<const char*, Fuse>;
class X86Logits : public testing::TestWithParam<Parameter> {};

TEST_P(X86Logits, GoldenModels) {
  const auto [arch, fuse] = GetParam();
  const std::filesystem::path folder = std::filesystem::path(LLMC_SOURCE_DIR) / "../shared/goldens/logits";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no golden data at " << folder;
  if (!runs_here(arch)) GTEST_SKIP() << "this machine does not run " << arch;
  for (const Golden& golden : goldens) {
    SCOPED_TRACE(golden.name);
    const bool everywhere = std::string(golden.name) == "tiny-qwen2-Q4_K_M" || std::string(golden.name) == "tiny-llama-F16";
    if (!everywhere && !(fuse == Fuse::block && std::string(arch) == "x86-64-v4")) continue;
    const std::string path = (folder / golden.name).string();
    std::ifstream json_file(path + ".json");
    std::ifstream logits_file(path + ".logits", std::ios::binary);
    const nlohmann::json json = nlohmann::json::parse(json_file);
    const std::vector<int> prompt = json.at("prompt").get<std::vector<int>>();
    const std::vector<char> bytes((std::istreambuf_iterator<char>(logits_file)), {});
    ASSERT_EQ(bytes.size(), 48u * 512 * sizeof(float));
    std::vector<float> truth(48 * 512);
    std::memcpy(truth.data(), bytes.data(), bytes.size());

    X86Program program(path + ".gguf", arch, fuse, 64, 0);
    std::vector<float> rows;
    program.prompt(prompt, &rows);
    ASSERT_EQ(rows.size(), 32u * 512);
    const double prompt_error = nmse(rows, truth.data());
    EXPECT_LE(prompt_error, golden.limit) << "prompt";
    // The same tokens through the decoding kernels: start at position 0 and feed the prompt one by one.
    std::vector<float> decoded;
    for (size_t i = 0; i < prompt.size(); i++) {
      program.place(prompt[i], static_cast<int>(i));
      program.decode(1);
      const std::vector<float> row = program.logits();
      decoded.insert(decoded.end(), row.begin(), row.end());
    }
    const double decode_error = nmse(decoded, truth.data());
    EXPECT_LE(decode_error, golden.limit) << "decode";
    std::printf("%-20s %s %-6s prompt %.2e decode %.2e (limit %.2e)\n", golden.name, arch, fuse_name(fuse), prompt_error, decode_error, golden.limit);
  }
}

INSTANTIATE_TEST_SUITE_P(All, X86Logits, testing::Combine(testing::Values("x86-64-v3", "x86-64-v4"), testing::Values(Fuse::op, Fuse::block, Fuse::model)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)).substr(7) + "_" + fuse_name(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace llmc
