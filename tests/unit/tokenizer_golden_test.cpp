// Whole vocabularies of published models against ids made by llama.cpp, where the golden data lies beside the project.
#include <filesystem>
#include <fstream>
#include <sstream>
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(LLMC_SOURCE_DIR).parent_path() / "shared/goldens/tokenizers";

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Every text is followed by the separator.
std::vector<std::string> texts_of(const std::string& input) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  for (size_t at = 0, end; (end = input.find(separator, at)) != std::string::npos; at = end + separator.size()) {
    texts.push_back(input.substr(at, end - at));
  }
  return texts;
}

class TokenizerGolden : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerGolden, Exact) {
  const std::filesystem::path model = kGoldens / (std::string("ggml-vocab-") + GetParam() + ".gguf");
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "the golden vocabulary " << model << " is not there";
  const auto tokenizer = tokenizer_from_gguf(*GgufFile::open(model.string()));
  const std::string section = tokenizer->serialize();
  const auto reopened = tokenizer_from_section(section);
  const std::vector<std::string> texts = texts_of(read_file(model.string() + ".inp"));
  std::istringstream expected(read_file(model.string() + ".out"));
  ASSERT_GE(texts.size(), 40u);
  for (const std::string& text : texts) {
    std::string line;
    ASSERT_TRUE(std::getline(expected, line));
    std::istringstream numbers(line);
    const std::vector<i32> ids{std::istream_iterator<i32>(numbers), {}};
    EXPECT_EQ(tokenizer->encode(text, false), ids) << "text: [" << text << "]";
    EXPECT_EQ(reopened->encode(text, false), ids) << "text: [" << text << "]";
  }
  std::string line;
  EXPECT_FALSE(std::getline(expected, line)) << "ids without a text: " << line;
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, TokenizerGolden, testing::Values("gpt-2", "qwen2", "llama-spm"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace llmc
