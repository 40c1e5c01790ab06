// Byte-level BPE on small vocabularies: cases worked out by hand, and random ones against a direct reading of the definition.
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

using test::BytePairs;
using test::bytes_as_ids;
using test::tokenizer_of;

using Ids = std::vector<i32>;

TEST(TokenizerBpe, MergesByRank) {
  const BytePairs v{{{"h", "e"}, {"l", "l"}, {"he", "ll"}, {"hell", "o"}, {" ", "w"}}, {}};
  const auto t = tokenizer_of(v.builder("gpt-2"));
  EXPECT_EQ(t->encode("hello", false), v.ids({"hello"}));
  EXPECT_EQ(t->encode("hell", false), v.ids({"hell"}));
  EXPECT_EQ(t->encode(" hello worl", false), v.ids({" ", "hello", " w", "o", "r", "l"}));
  EXPECT_EQ(t->encode("llo", false), v.ids({"ll", "o"}));
  EXPECT_EQ(t->encode("", false), Ids{});
}

TEST(TokenizerBpe, LowestRankGoesFirstAndOfEqualsTheLeftmost) {
  const BytePairs v{{{"b", "c"}, {"a", "b"}, {"a", "a"}}, {}};
  const auto t = tokenizer_of(v.builder("gpt-2"));
  EXPECT_EQ(t->encode("abc", false), v.ids({"a", "bc"}));
  EXPECT_EQ(t->encode("aaa", false), v.ids({"aa", "a"}));
  EXPECT_EQ(t->encode("aab", false), v.ids({"a", "ab"}));
}

// "abc" is a token, but b and c merge first, so merging never finds it. Llama 3 takes a whole word all the same.
TEST(TokenizerBpe, WholeWordsOnlyWhereMergingFindsThemButForLlama3) {
  const BytePairs v{{{"b", "c"}, {"a", "b"}, {"ab", "c"}}, {}};
  EXPECT_EQ(tokenizer_of(v.builder("gpt-2"))->encode("abc", false), v.ids({"a", "bc"}));
  EXPECT_EQ(tokenizer_of(v.builder("qwen2"))->encode("abc", false), v.ids({"a", "bc"}));
  EXPECT_EQ(tokenizer_of(v.builder("llama-bpe"))->encode("abc", false), v.ids({"abc"}));
  EXPECT_EQ(tokenizer_of(v.builder("llama-bpe"))->encode("abcd", false), v.ids({"a", "bc", "d"}));
}

TEST(TokenizerBpe, MergesDoNotCrossWords) {
  const BytePairs v{{{"1", "2"}, {"12", "3"}, {"123", "4"}, {"o", " "}}, {}};
  EXPECT_EQ(tokenizer_of(v.builder("gpt-2"))->encode("1234", false), v.ids({"1234"}));
  EXPECT_EQ(tokenizer_of(v.builder("qwen2"))->encode("1234", false), v.ids({"1", "2", "3", "4"}));
  EXPECT_EQ(tokenizer_of(v.builder("llama-bpe"))->encode("1234", false), v.ids({"123", "4"}));
  EXPECT_EQ(tokenizer_of(v.builder(""))->encode("o o", false), v.ids({"o", " ", "o"}));
}

TEST(TokenizerBpe, SpecialTokens) {
  const BytePairs v{{{"<", "|"}},
                    {{"<|end|>", 3}, {"<|e", 4}, {"<tool>", 4}, {"<tool>x", 4}, {"two words", 4}, {"[PAD1]", 5}, {"\u2581", 4}}};
  const auto t = tokenizer_of(v.builder("qwen2"));
  // Control tokens are text unless asked for, user-defined ones never are, and unused ones always.
  EXPECT_EQ(t->encode("a<tool>b", false), v.ids({"a", "<tool>", "b"}));
  EXPECT_EQ(t->encode("<|end|>", true), v.ids({"<|end|>"}));
  EXPECT_EQ(t->encode("<|end|>", false), v.ids({"<|e", "n", "d", "|", ">"}));
  EXPECT_EQ(t->encode("[PAD1]", true), bytes_as_ids("[PAD1]"));
  // The leftmost, and there the longest.
  EXPECT_EQ(t->encode("<tool>xx<tool>", false), v.ids({"<tool>x", "x", "<tool>"}));
  EXPECT_EQ(t->encode("<|en|>", true), v.ids({"<|e", "n", "|", ">"}));
  EXPECT_EQ(t->encode("two words\u2581", false), v.ids({"two words", "\u2581"}));
  // And back.
  const i32 end = v.ids({"<|end|>"})[0], pad = v.ids({"[PAD1]"})[0], tool = v.ids({"<tool>"})[0];
  EXPECT_EQ(t->bytes(end), "");
  EXPECT_EQ(t->bytes(end, true), "<|end|>");
  EXPECT_EQ(t->bytes(tool), "<tool>");
  EXPECT_EQ(t->bytes(pad, true), "");
  EXPECT_EQ(t->bytes(-1, true), "");
  EXPECT_EQ(t->bytes(static_cast<i32>(t->size()), true), "");
  EXPECT_EQ(t->bytes(0xE9), "\xE9");
}

TEST(TokenizerBpe, AByteWithoutAToken) {
  std::vector<test::TokenSpec> specs{{"a"}, {"b"}};
  test::VocabularyBuilder b;
  b.text("general.architecture", "llama").text("tokenizer.ggml.model", "gpt2").strings("tokenizer.ggml.merges", {});
  b.tokens(specs);
  const auto t = tokenizer_of(b);
  EXPECT_EQ(t->encode("ba", false), (Ids{1, 0}));
  test::expect_error(Exit::bad_input, "0x63", [&] { t->encode("abc", false); });
  b.remove("tokenizer.ggml.tokens").remove("tokenizer.ggml.token_type").remove("tokenizer.ggml.scores");
  specs.push_back({"<unk>", 2});
  b.tokens(specs).uint("tokenizer.ggml.unknown_token_id", 2);
  EXPECT_EQ(tokenizer_of(b)->encode("abcc", false), (Ids{0, 1, 2, 2}));
}

// The definition: while some pair of neighbours is in the list, join the leftmost of those of the lowest rank.
std::vector<std::string> merged_by_definition(const BytePairs& v, std::string_view word) {
  std::vector<std::string> parts;
  for (char c : word) parts.push_back(std::string(1, c));
  for (;;) {
    size_t best = parts.size(), best_rank = v.merges.size();
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const size_t rank = static_cast<size_t>(std::find(v.merges.begin(), v.merges.end(), std::pair(parts[i], parts[i + 1])) - v.merges.begin());
      if (rank < best_rank) best = i, best_rank = rank;
    }
    if (best == parts.size()) return parts;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(TokenizerBpe, RandomVocabulariesAsTheDefinition) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    BytePairs v;
    std::vector<std::string> texts{"a", "b", "c", "d"};
    while (v.merges.size() < 40) {
      const std::pair merge(texts[random() % texts.size()], texts[random() % texts.size()]);
      if (merge.first.size() + merge.second.size() > 8 || std::find(v.merges.begin(), v.merges.end(), merge) != v.merges.end()) continue;
      texts.push_back(merge.first + merge.second);
      v.merges.push_back(merge);
    }
    if (round % 2) std::shuffle(v.merges.begin(), v.merges.end(), random);  // ranks that no training would give
    const auto t = tokenizer_of(v.builder("gpt-2"));
    for (int i = 0; i < 100; ++i) {
      std::string word(1 + random() % 30, 'a');
      for (char& c : word) c = static_cast<char>('a' + random() % 4);
      ASSERT_EQ(t->encode(word, false), v.ids(merged_by_definition(v, word))) << word;
    }
    for (const std::string& text : texts) ASSERT_EQ(t->encode(text, false), v.ids(merged_by_definition(v, text))) << text;
  }
}

TEST(TokenizerBpe, OneVeryLongWord) {
  const BytePairs v{{{"a", "a"}, {"aa", "aa"}}, {}};
  const auto t = tokenizer_of(v.builder("qwen2"));
  const Ids ids = t->encode(std::string(1'000'003, 'a'), false);
  ASSERT_EQ(ids.size(), 250'002u);
  EXPECT_EQ(Ids(ids.begin(), ids.end() - 2), Ids(250'000, v.ids({"aaaa"})[0]));
  EXPECT_EQ(Ids(ids.end() - 2, ids.end()), v.ids({"aa", "a"}));
}

TEST(TokenizerBpe, EveryTextComesBack) {
  const BytePairs v{{{"a", "b"}, {"\xE4", "\xB8"}, {"\xE4\xB8", "\xAD"}, {" ", " "}, {"\n", "\n"}, {"\xFF", "\xFF"}}, {{"<|x|>", 3}, {"\u00e9\u00e9", 4}}};
  for (const char* pre : {"gpt-2", "qwen2", "llama-bpe"}) {
    const auto t = tokenizer_of(v.builder(pre));
    std::mt19937 random(5);
    for (int i = 0; i < 3000; ++i) {
      const std::string text = i % 2 ? test::random_bytes(random, 60) : test::random_text(random, 30);
      for (bool special : {false, true}) ASSERT_EQ(test::detokenize(*t, t->encode(text, special)), text);
    }
  }
}

}  // namespace
}  // namespace llmc
