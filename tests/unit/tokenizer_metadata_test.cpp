// What tokenizer_from_gguf takes from metadata, the defaults where a key is absent, and what it refuses.
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

using test::BytePairs;
using test::expect_error;
using test::GgufBuilder;
using test::sentence_piece_builder;
using test::sentence_pieces;
using test::tokenizer_of;
using test::TokenSpec;
using test::VocabularyBuilder;

using Ids = std::vector<i32>;
const BytePairs kBytePairs{{{"a", "b"}}, {{"<|begin|>", 3}, {"<|stop|>", 3}}};
constexpr u32 kBegin = 257, kStop = 258;
const std::vector<TokenSpec> kPieces = {{"\u2581", 1, -1}, {"a", 1, -2}};

TEST(TokenizerMetadata, NoTokenizer) {
  GgufBuilder none;
  none.text("general.architecture", "llama");
  EXPECT_EQ(tokenizer_of(none), nullptr);
  none.text("tokenizer.ggml.model", "no_vocab");
  EXPECT_EQ(tokenizer_of(none), nullptr);
}

TEST(TokenizerMetadata, BosAndEosOfBytePairs) {
  const auto bare = tokenizer_of(kBytePairs.builder("qwen2"));
  EXPECT_EQ(bare->bos(), -1);
  EXPECT_EQ(bare->eos(), -1);
  EXPECT_FALSE(bare->add_bos());
  EXPECT_FALSE(bare->add_eos());
  EXPECT_EQ(bare->end_of_generation(), Ids{});
  EXPECT_EQ(bare->size(), 259u);
  const auto with_ids = [](const char* pre) {
    auto builder = kBytePairs.builder(pre);
    builder.uint("tokenizer.ggml.bos_token_id", kBegin).uint("tokenizer.ggml.eos_token_id", kStop);
    return builder;
  };
  // By default only Llama 3's tokenizer adds BOS.
  EXPECT_FALSE(tokenizer_of(with_ids("gpt-2"))->add_bos());
  EXPECT_FALSE(tokenizer_of(with_ids("qwen2"))->add_bos());
  EXPECT_TRUE(tokenizer_of(with_ids("llama-bpe"))->add_bos());
  EXPECT_FALSE(tokenizer_of(kBytePairs.builder("llama-bpe"))->add_bos());
  auto set = with_ids("qwen2");
  const auto t = tokenizer_of(set.flag("tokenizer.ggml.add_bos_token", true).flag("tokenizer.ggml.add_eos_token", true));
  EXPECT_TRUE(t->add_bos());
  EXPECT_TRUE(t->add_eos());
  EXPECT_EQ(t->bos(), static_cast<i32>(kBegin));
  EXPECT_EQ(t->eos(), static_cast<i32>(kStop));
  EXPECT_EQ(t->end_of_generation(), Ids{static_cast<i32>(kStop)});
  auto unset = with_ids("llama-bpe");
  EXPECT_FALSE(tokenizer_of(unset.flag("tokenizer.ggml.add_bos_token", false))->add_bos());
}

TEST(TokenizerMetadata, BosAndEosOfSentencePiece) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces(kPieces)));
  EXPECT_EQ(t->bos(), 1);
  EXPECT_EQ(t->eos(), 2);
  EXPECT_TRUE(t->add_bos());
  EXPECT_FALSE(t->add_eos());
  EXPECT_EQ(t->end_of_generation(), Ids{2});
  auto unset = sentence_piece_builder(sentence_pieces(kPieces));
  EXPECT_FALSE(tokenizer_of(unset.flag("tokenizer.ggml.add_bos_token", false))->add_bos());
}

TEST(TokenizerMetadata, EndOfGeneration) {
  BytePairs v = kBytePairs;
  v.added.insert(v.added.end(), {{"<|im_end|>", 3}, {"<|endoftext|>", 3}, {"</s>", 1}, {"<eos>", 4}, {"<|eot_id|>", 1}, {"<turn>", 3}});
  const std::vector<i32> named = v.ids({"<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<eos>"});
  auto builder = v.builder("qwen2");
  builder.uint("tokenizer.ggml.eos_token_id", kStop).uint("tokenizer.ggml.eot_token_id", static_cast<u32>(v.ids({"<turn>"})[0]));
  builder.uint("tokenizer.ggml.eom_token_id", kStop);
  const auto t = tokenizer_of(builder);
  Ids ends = t->end_of_generation();
  EXPECT_EQ(ends[0], static_cast<i32>(kStop));
  std::sort(ends.begin(), ends.end());
  Ids expected = named;
  expected.push_back(static_cast<i32>(kStop));
  expected.push_back(v.ids({"<turn>"})[0]);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(ends, expected);  // each once, and not "</s>", which is a normal token here
  // "<|eot_id|>" is a control token whatever its type says.
  EXPECT_EQ(t->bytes(v.ids({"<|eot_id|>"})[0]), "");
  EXPECT_EQ(t->encode("<|eot_id|>", true), v.ids({"<|eot_id|>"}));
}

TEST(TokenizerMetadata, ChatFormats) {
  const auto with = [](const char* chat_template) {
    auto builder = kBytePairs.builder("qwen2");
    builder.text("tokenizer.chat_template", chat_template);
    const test::TemporaryFile file(builder.bytes());
    const auto gguf = GgufFile::open(file.path());
    return std::pair(tokenizer_from_gguf(*gguf)->chat_format(), has_unrecognised_template(*gguf));
  };
  EXPECT_EQ(tokenizer_of(kBytePairs.builder("qwen2"))->chat_format(), ChatFormat::none);
  EXPECT_EQ(with("{{'<|im_start|>' + m.role}}"), std::pair(ChatFormat::chatml, false));
  EXPECT_EQ(with("{{'<|start_header_id|>' + m.role}}"), std::pair(ChatFormat::llama3, false));
  EXPECT_EQ(with("[INST] {{m.content}} [/INST]"), std::pair(ChatFormat::none, true));
  EXPECT_EQ(with(""), std::pair(ChatFormat::none, false));
}

TEST(TokenizerMetadata, UnsupportedOnesAreNamed) {
  auto other = kBytePairs.builder("qwen2");
  other.remove("tokenizer.ggml.model").text("tokenizer.ggml.model", "bert");
  expect_error(Exit::unsupported, "bert", [&] { tokenizer_of(other); });
  expect_error(Exit::unsupported, "gpt2", [&] { tokenizer_of(other); });
  expect_error(Exit::unsupported, "deepseek-llm", [&] { tokenizer_of(kBytePairs.builder("deepseek-llm")); });
  expect_error(Exit::unsupported, "llama-bpe", [&] { tokenizer_of(kBytePairs.builder("deepseek-llm")); });
}

// Each case breaks one thing in a good file.
struct Fault {
  const char* name;
  const char* message;
  void (*apply)(VocabularyBuilder&);
};

void replace_tokens(VocabularyBuilder& b, const std::vector<TokenSpec>& specs) {
  for (const char* key : {"tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores"}) b.remove(key);
  b.tokens(specs);
}
void replace_merges(VocabularyBuilder& b, const std::vector<std::string>& merges) {
  b.remove("tokenizer.ggml.merges").strings("tokenizer.ggml.merges", merges);
}
void replace_floats(VocabularyBuilder& b, const std::vector<float>& scores) {
  std::string body;
  for (float score : scores) body += test::raw(score);
  b.remove("tokenizer.ggml.scores").entry("tokenizer.ggml.scores", 9, test::raw_array(6, scores.size(), body));
}

const Fault kBytePairFaults[] = {
    {"no tokens", "tokenizer.ggml.tokens is missing or empty", [](auto& b) { b.remove("tokenizer.ggml.tokens"); }},
    {"empty vocabulary", "tokenizer.ggml.tokens is missing or empty", [](auto& b) { replace_tokens(b, {}); }},
    {"tokens of another kind", "tokenizer.ggml.tokens", [](auto& b) { b.remove("tokenizer.ggml.tokens").uint("tokenizer.ggml.tokens", 1); }},
    {"too few types", "tokenizer.ggml.token_type has 1 entries for 259 tokens",
     [](auto& b) { b.remove("tokenizer.ggml.token_type").entry("tokenizer.ggml.token_type", 9, test::raw_array(5, 1, test::raw<i32>(1))); }},
    {"type 7", "tokenizer.ggml.token_type[1] is 7", [](auto& b) { replace_tokens(b, {{"a"}, {"b", 7}}); }},
    {"type -1", "tokenizer.ggml.token_type[0] is -1", [](auto& b) { replace_tokens(b, {{"a", -1}}); }},
    {"token that is no UTF-8", "token 1", [](auto& b) { replace_tokens(b, {{"a"}, {"\xC3"}}); }},
    {"control token that is no UTF-8", "is not UTF-8", [](auto& b) { replace_tokens(b, {{"<\xED\xA0\x80>", 3}}); }},
    {"bos beyond the vocabulary", "tokenizer.ggml.bos_token_id is 259", [](auto& b) { b.uint("tokenizer.ggml.bos_token_id", 259); }},
    {"eos far beyond", "tokenizer.ggml.eos_token_id is 4294967295", [](auto& b) { b.uint("tokenizer.ggml.eos_token_id", 0xFFFFFFFFu); }},
    {"eot beyond", "tokenizer.ggml.eot_token_id", [](auto& b) { b.uint("tokenizer.ggml.eot_token_id", 1000); }},
    {"eom beyond", "tokenizer.ggml.eom_token_id", [](auto& b) { b.uint("tokenizer.ggml.eom_token_id", 1000); }},
    {"unknown beyond", "tokenizer.ggml.unknown_token_id", [](auto& b) { b.uint("tokenizer.ggml.unknown_token_id", 1000); }},
    {"BOS wanted and absent", "tokenizer.ggml.add_bos_token", [](auto& b) { b.flag("tokenizer.ggml.add_bos_token", true); }},
    {"EOS wanted and absent", "tokenizer.ggml.add_eos_token", [](auto& b) { b.flag("tokenizer.ggml.add_eos_token", true); }},
    {"no merges", "tokenizer.ggml.merges is missing", [](auto& b) { b.remove("tokenizer.ggml.merges"); }},
    {"merge of an unknown token", "tokenizer.ggml.merges[1]", [](auto& b) { replace_merges(b, {"a b", "a \u0416"}); }},
    {"merge into an unknown token", "'ac' is not a token", [](auto& b) { replace_merges(b, {"a c"}); }},
    {"merge of one token", "tokenizer.ggml.merges[0]", [](auto& b) { replace_merges(b, {"ab"}); }},
    {"merge of three tokens", "tokenizer.ggml.merges[0]", [](auto& b) { replace_merges(b, {"a b c"}); }},
    {"empty merge", "tokenizer.ggml.merges[0]", [](auto& b) { replace_merges(b, {""}); }},
    {"merge of nothing", "tokenizer.ggml.merges[0]", [](auto& b) { replace_merges(b, {" a"}); }},
};

const Fault kSentencePieceFaults[] = {
    {"byte with a sign", "token 1", [](auto& b) { replace_tokens(b, {{"a"}, {"<0x-1>", 6}}); }},
    {"byte without digits", "not of the form <0xNN>", [](auto& b) { replace_tokens(b, {{"<0xZZ>", 6}}); }},
    {"byte of one digit", "not of the form <0xNN>", [](auto& b) { replace_tokens(b, {{"<0xA>", 6}}); }},
    {"byte of three digits", "not of the form <0xNN>", [](auto& b) { replace_tokens(b, {{"<0x0AB>", 6}}); }},
    {"byte with a space", "not of the form <0xNN>", [](auto& b) { replace_tokens(b, {{"<0x A>", 6}}); }},
    {"byte of no form at all", "not of the form <0xNN>", [](auto& b) { replace_tokens(b, {{"", 6}}); }},
    {"no scores", "tokenizer.ggml.scores is missing", [](auto& b) { b.remove("tokenizer.ggml.scores"); }},
    {"too few scores", "tokenizer.ggml.scores has 2 entries", [](auto& b) { replace_floats(b, {0, 1}); }},
    {"a score that is no number", "tokenizer.ggml.scores[0] is not a number",
     [](auto& b) {
       replace_tokens(b, {{"a"}, {"b"}});
       replace_floats(b, {std::nanf(""), 0});
     }},
};

TEST(TokenizerMetadata, FaultsOfBytePairsAreRefused) {
  for (const Fault& fault : kBytePairFaults) {
    SCOPED_TRACE(fault.name);
    VocabularyBuilder builder = kBytePairs.builder("qwen2");
    fault.apply(builder);
    expect_error(Exit::bad_input, fault.message, [&] { tokenizer_of(builder); });
  }
}

TEST(TokenizerMetadata, FaultsOfSentencePieceAreRefused) {
  for (const Fault& fault : kSentencePieceFaults) {
    SCOPED_TRACE(fault.name);
    VocabularyBuilder builder = sentence_piece_builder(sentence_pieces(kPieces));
    fault.apply(builder);
    expect_error(Exit::bad_input, fault.message, [&] { tokenizer_of(builder); });
  }
}

// Odd, but not broken: a normal token that looks like a byte, tokens without text, two tokens of one text.
TEST(TokenizerMetadata, OddVocabulariesAreTaken) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces({{"\u2581", 1, -1}, {"<0xZZ>", 1, -2}, {"", 1, -3}, {"", 3}, {"a", 1, -4}, {"a", 1, -5}})));
  EXPECT_EQ(t->encode("a", false), (Ids{259, 263}));
  EXPECT_EQ(t->bytes(260), "<0xZZ>");
  EXPECT_EQ(t->bytes(264), "a");
}

}  // namespace
}  // namespace llmc
