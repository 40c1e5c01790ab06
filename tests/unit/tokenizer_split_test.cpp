// Hand-written pre-tokenizers against the published regular expressions, run by PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "runtime/tokenizer/split.h"
#include "runtime/tokenizer/unicode_class.h"
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

// PCRE2's \s also takes U+180E, which lost the property White_Space in Unicode 6.3; texts here do not hold it.
constexpr u32 kMongolianVowelSeparator = 0x180E;

class Regex {
 public:
  explicit Regex(const char* pattern) {
    int error = 0;
    size_t offset = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern), PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
    EXPECT_NE(code_, nullptr) << pattern << " at " << offset;
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  ~Regex() {
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  bool matches(const std::string& text) {
    return pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, PCRE2_ANCHORED, match_, nullptr) > 0;
  }
  std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    for (size_t at = 0; at < text.size();) {
      const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at, PCRE2_ANCHORED, match_, nullptr);
      EXPECT_GT(found, 0) << "the expression does not match at " << at;
      if (found <= 0) break;
      const size_t end = pcre2_get_ovector_pointer(match_)[1];
      words.push_back(text.substr(at, end - at));
      at = end;
    }
    return words;
  }

 private:
  pcre2_code* code_ = nullptr;
  pcre2_match_data* match_ = nullptr;
};

std::vector<std::string> split(Splitter splitter, const std::string& text) {
  std::vector<std::string> words;
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const char* next = next_word(splitter, at, end);
    EXPECT_GT(next, at);
    EXPECT_LE(next, end);
    if (next <= at || next > end) break;
    words.emplace_back(at, next);
    at = next;
  }
  return words;
}

struct Published {
  const char* name;
  const char* expression;
};
constexpr Published kPublished[] = {
    {"gpt-2", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {"qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {"llama-bpe",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

TEST(TokenizerSplit, RandomTextsAsThePublishedExpressions) {
  for (const Published& published : kPublished) {
    Regex regex(published.expression);
    const Splitter splitter = splitter_by_name(published.name).value();
    std::mt19937 random(7);
    for (int i = 0; i < 20000; ++i) {
      std::string text = test::random_text(random, 24);
      if (text.find(test::utf8(kMongolianVowelSeparator)) != std::string::npos) continue;
      ASSERT_EQ(split(splitter, text), regex.split(text)) << published.name << ", text " << i << " [" << text << "]";
    }
  }
}

TEST(TokenizerSplit, EveryCodePointsClass) {
  char version[64] = {};
  pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
  if (std::string(version) != "14.0.0") GTEST_SKIP() << "PCRE2 has Unicode " << version << ", the table has 14.0.0";
  Regex letter("\\p{L}"), number("\\p{N}"), space("\\s");
  for (u32 code = 0; code < 0x110000; ++code) {
    if ((code >= 0xD800 && code <= 0xDFFF) || code == kMongolianVowelSeparator) continue;
    const std::string text = test::utf8(code);
    const UnicodeClass expected = letter.matches(text)   ? UnicodeClass::letter
                                  : number.matches(text) ? UnicodeClass::number
                                  : space.matches(text)  ? UnicodeClass::space
                                                         : UnicodeClass::other;
    ASSERT_EQ(unicode_class(code), expected) << "U+" << std::hex << code;
  }
}

using Words = std::vector<std::string>;

TEST(TokenizerSplit, Examples) {
  EXPECT_EQ(split(Splitter::gpt2, "I'll say  it's 2024!\n\nOK "), (Words{"I", "'ll", " say", " ", " it", "'s", " 2024", "!", "\n", "\n", "OK", " "}));
  EXPECT_EQ(split(Splitter::qwen2, "I'LL pay  $20\r\n now"), (Words{"I", "'LL", " pay", " ", " $", "2", "0", "\r\n", " now"}));
  EXPECT_EQ(split(Splitter::llama3, "12345 (six)\n\n\n  x"), (Words{"123", "45", " (", "six", ")\n\n\n", " ", " x"}));
  EXPECT_EQ(split(Splitter::spaces, "  two words "), (Words{"  two", " words", " "}));
  EXPECT_EQ(split(Splitter::none, "two words"), (Words{"two words"}));
}

TEST(TokenizerSplit, InvalidBytesAreCharactersOfNoClass) {
  EXPECT_EQ(split(Splitter::gpt2, "ab\xFF\xC3 cd\xE4\xB8"), (Words{"ab", "\xFF\xC3", " cd", "\xE4\xB8"}));
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = test::random_bytes(random, 40);
    for (u32 s = 0; s < kSplitters; ++s) {
      std::string joined;
      for (const std::string& word : split(static_cast<Splitter>(s), text)) joined += word;
      ASSERT_EQ(joined, text);
    }
  }
}

}  // namespace
}  // namespace llmc
