// The GGUF harness on a plain random generator: well-formed files with a few bytes, fields or lengths changed. LLMC_FUZZ_SECONDS makes
// it run longer, LLMC_FUZZ_SEED repeats a run; the seed of a run is printed.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <gtest/gtest.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/fuzz/gguf_harness.h"
#include "tests/unit/gguf_builder.h"

namespace llmc {
namespace {

using Random = std::mt19937_64;

std::string small_model(const std::string& family) {
  test::GgufBuilder b;
  b.text("general.architecture", family).uint("general.alignment", 32);
  for (const auto& [key, value] : std::map<std::string, u32>{{"block_count", 1}, {"context_length", 64}, {"embedding_length", 32}, {"feed_forward_length", 32},
                                                             {"attention.head_count", 1}, {"attention.head_count_kv", 1}, {"rope.dimension_count", 32}}) {
    b.uint(family + "." + key, value);
  }
  b.real(family + ".attention.layer_norm_rms_epsilon", 1e-5f).real(family + ".rope.freq_base", 1e4f).text(family + ".rope.scaling.type", "linear");
  b.strings("tokenizer.ggml.tokens", {"a", "b", "c", "d"}).text("tokenizer.ggml.model", "gpt2").flag("tokenizer.ggml.add_bos_token", false);
  b.entry("nested", 9, test::raw<u32>(9) + test::raw<u64>(1) + test::raw<u32>(7) + test::raw<u64>(2) + std::string("\0\1", 2));
  b.tensor("token_embd.weight", 2, {32, 4}).tensor("output_norm.weight", 0, {32});
  for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}) b.tensor(fmt::format("blk.0.{}.weight", name), 8, {32, 32});
  for (const char* name : {"attn_norm", "ffn_norm"}) b.tensor(fmt::format("blk.0.{}.weight", name), 0, {32});
  if (family == "qwen3") {
    for (const char* name : {"attn_q_norm", "attn_k_norm"}) b.tensor(fmt::format("blk.0.{}.weight", name), 0, {32});
  }
  if (family == "qwen2") {
    for (const char* name : {"attn_q", "attn_k", "attn_v"}) b.tensor(fmt::format("blk.0.{}.bias", name), 0, {32});
  }
  return b.bytes();
}

u64 interesting_number(Random& random) {
  static constexpr u64 numbers[] = {0, 1, 2, 3, 4, 7, 8, 9, 12, 13, 31, 32, 33, 255, 256, 65535, 1ull << 31, (1ull << 32) - 1, 1ull << 32, (1ull << 61) + 1, 1ull << 62,
                                    1ull << 63, ~0ull, ~0ull - 31};
  return random() % 4 == 0 ? random() % 4096 : numbers[random() % std::size(numbers)];
}

// One change: a bit, a byte, a 4- or 8-byte field at any place, a piece removed, repeated or moved, or the end cut off.
void mutate(std::string& file, Random& random) {
  if (file.empty()) return;
  // The head is where the structure is; the data behind it takes most of the bytes.
  const size_t reach = random() % 8 == 0 ? file.size() : std::min<size_t>(file.size(), 2200);
  const size_t at = random() % reach;
  switch (random() % 8) {
    case 0: file[at] = static_cast<char>(file[at] ^ (1 << random() % 8)); break;
    case 1: file[at] = static_cast<char>(random()); break;
    case 2:
    case 3: {
      const u64 number = interesting_number(random);
      const size_t size = random() % 2 ? 4 : 8;
      std::memcpy(file.data() + at, &number, std::min(size, file.size() - at));
      break;
    }
    case 4: file.erase(at, random() % 64); break;
    case 5: file.insert(at, file.substr(random() % reach, random() % 64)); break;
    case 6: file.insert(at, std::string(random() % 16, static_cast<char>(random()))); break;
    case 7: file.resize(random() % 4 == 0 ? at : file.size() - random() % std::min<size_t>(file.size(), 64)); break;
  }
}

TEST(GgufFuzz, MutatedFilesEndInAModelOrAnError) {
  const char* fixed_seed = std::getenv("LLMC_FUZZ_SEED");
  const char* wanted_seconds = std::getenv("LLMC_FUZZ_SECONDS");
  const u64 seed = fixed_seed ? std::strtoull(fixed_seed, nullptr, 10) : std::random_device{}();
  const double seconds = wanted_seconds ? std::strtod(wanted_seconds, nullptr) : 0;
  std::printf("seed %llu (repeat with LLMC_FUZZ_SEED)\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  const std::string originals[] = {small_model("llama"), small_model("qwen2"), small_model("qwen3")};
  const int memory = memfd_create("mutated.gguf", 0);
  const std::string path = "/proc/self/fd/" + std::to_string(memory);
  const auto run = [&](const std::string& file) {
    EXPECT_EQ(ftruncate(memory, static_cast<off_t>(file.size())), 0);
    EXPECT_EQ(pwrite(memory, file.data(), file.size(), 0), static_cast<ssize_t>(file.size()));
    return std::string(fuzz::read_everything(path));
  };
  for (const std::string& original : originals) ASSERT_EQ(run(original), "model");
  std::map<std::string, u64> outcomes;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  for (u64 i = 0; i < 5000 || elapsed() < seconds; i++) {
    std::string file = originals[random() % std::size(originals)];
    for (u64 changes = 1 + random() % 4; changes > 0; changes--) mutate(file, random);
    outcomes[run(file)]++;
  }
  ::close(memory);
  for (const auto& [outcome, count] : outcomes) std::printf("%s: %llu\n", outcome.c_str(), static_cast<unsigned long long>(count));
  // Every depth of the reader was reached.
  EXPECT_GT(outcomes["refused"], 0u);
  EXPECT_GT(outcomes["metadata"], 0u);
  EXPECT_GT(outcomes["model"], 0u);
}

}  // namespace
}  // namespace llmc
