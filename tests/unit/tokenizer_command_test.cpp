// The body of `llmc tokenize`.
#include "compiler/tokenize.h"
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

using test::BytePairs;
using test::TemporaryFile;

const BytePairs kVocabulary{{{"a", "b"}}, {{"<|begin|>", 3}, {"<|stop|>", 3}}};

std::string run(TokenizeOptions options, const test::GgufBuilder& builder) {
  const TemporaryFile model(builder.bytes());
  options.model = model.path();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(), &std::fclose);
  tokenize(options, out.get());
  std::rewind(out.get());
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), out.get()));
  return text;
}

test::GgufBuilder model(const char* architecture = "qwen2") {
  auto builder = kVocabulary.builder("qwen2");
  builder.remove("general.architecture").text("general.architecture", architecture);
  builder.uint("tokenizer.ggml.bos_token_id", 257).uint("tokenizer.ggml.eos_token_id", 258).flag("tokenizer.ggml.add_bos_token", true);
  return builder;
}

TEST(TokenizeCommand, IdsOnOneLine) {
  EXPECT_EQ(run({.text = "abb"}, model()), "257 256 98\n");
  EXPECT_EQ(run({.text = "abb", .no_bos = true}, model()), "256 98\n");
  EXPECT_EQ(run({.text = ""}, model()), "257\n");
  EXPECT_EQ(run({.text = "", .no_bos = true}, model()), "\n");
  EXPECT_EQ(run({.text = "b<|stop|>", .no_bos = true, .special = true}, model()), "98 258\n");
  EXPECT_EQ(run({.text = "<|stop", .no_bos = true, .special = true}, model()), "60 124 115 116 111 112\n");
  EXPECT_EQ(run({.text = "b", .no_bos = true}, model().flag("tokenizer.ggml.add_eos_token", true)), "98 258\n");
}

TEST(TokenizeCommand, AnyArchitecture) { EXPECT_EQ(run({.text = "b"}, model("mamba")), "257 98\n"); }

TEST(TokenizeCommand, TheFilesBytesVerbatim) {
  const TemporaryFile text(std::string("a\r\n\0\xFF\n", 6));
  EXPECT_EQ(run({.file = text.path(), .no_bos = true}, model()), "97 13 10 0 255 10\n");
}

TEST(TokenizeCommand, Faults) {
  test::expect_error(Exit::bad_input, "there-is-no-such-file", [] { run({.file = "/there-is-no-such-file"}, model()); });
  test::expect_error(Exit::bad_input, "cannot be read", [] { run({.file = "/"}, model()); });
  test::expect_error(Exit::bad_input, "-f", [] { run({.file = ""}, model()); });
  test::expect_error(Exit::unsupported, "no tokenizer", [] { run({.text = "a"}, model().remove("tokenizer.ggml.model")); });
}

}  // namespace
}  // namespace llmc
