// `llmc inspect` on a file with hostile text, a type llmc does not know, and every kind of value.
#include "compiler/inspect.h"
#include <memory>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include "tests/unit/gguf_builder.h"
#include "tests/unit/model_file.h"

namespace llmc {
namespace {

using test::GgufBuilder;
using test::TemporaryFile;

std::string inspected(const GgufBuilder& builder, bool json) {
  const TemporaryFile file(builder.bytes());
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  inspect(file.path(), json, out);
  std::fclose(out);
  const std::string result(text, size);
  std::free(text);
  return result;
}

GgufBuilder sample() {
  GgufBuilder b;
  b.text("general.architecture", "odd\x1b[31m").uint("odd.blocks", 7).real("odd.eps", 1e-6f).flag("odd.flag", true);
  b.strings("tokenizer.ggml.tokens", {"a", "b", "\xff"}).text("bad\nkey", "\xfe\xff");
  b.tensor("a.weight", 2, {64, 3}).tensor("b\tweight", 20, {32, 2}, std::string(36, 'x')).tensor("norm", 0, {16});
  return b;
}

TEST(Inspect, TextIsSafeAndComplete) {
  const std::string text = inspected(sample(), false);
  for (const char* part : {"odd\\x1b[31m", "odd.blocks", "1e-06", "true", "[3 x string]", "bad\\nkey", "\\xfe\\xff", "a.weight", "64 x 3", "IQ4_NL", "b\\tweight",
                           "272 parameters in 3 tensors", "llmc cannot compile it"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  }
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
}

TEST(Inspect, Json) {
  const nlohmann::json json = nlohmann::json::parse(inspected(sample(), true));
  EXPECT_EQ(json["version"], 3);
  EXPECT_EQ(json["parameters"], 64 * 3 + 64 + 16);
  EXPECT_EQ(json["supported"], false);
  EXPECT_EQ(json["metadata"]["odd.blocks"], 7);
  EXPECT_EQ(json["metadata"]["odd.flag"], true);
  EXPECT_EQ(json["metadata"]["general.architecture"], "odd\x1b[31m");
  EXPECT_EQ(json["metadata"]["tokenizer.ggml.tokens"]["length"], 3);
  EXPECT_EQ(json["types"]["Q4_0"]["bytes"], 3 * 2 * 18);
  EXPECT_EQ(json["tensors"][1]["type"], "IQ4_NL");
  EXPECT_EQ(json["tensors"][0]["shape"], (std::vector<int>{64, 3}));
}

TEST(Inspect, ATokenizerThatIsNotKnownIsWhyTheModelCannotBeCompiled) {
  EXPECT_EQ(nlohmann::json::parse(inspected(test::model_file("llama"), true))["supported"], true);
  const nlohmann::json json = nlohmann::json::parse(inspected(test::model_file("llama").text("tokenizer.ggml.model", "rwkv"), true));
  EXPECT_EQ(json["supported"], false);
  EXPECT_NE(json["reason"].get<std::string>().find("rwkv"), std::string::npos) << json["reason"];
}

}  // namespace
}  // namespace llmc
