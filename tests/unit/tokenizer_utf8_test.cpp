// Utf8Stream: whole characters, however the bytes come in.
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

const std::string kBad = "\xEF\xBF\xBD";  // U+FFFD

// `text` fed in pieces that end at the marked places.
std::string streamed(std::string_view text, u64 cuts) {
  Utf8Stream stream;
  std::string out;
  size_t begin = 0;
  for (size_t at = 1; at <= text.size(); ++at) {
    if (at == text.size() || (cuts >> (at % 64) & 1)) {
      out += stream.feed(text.substr(begin, at - begin));
      begin = at;
    }
  }
  return out + stream.flush();
}

TEST(Utf8Stream, GivesCharactersWhenTheyAreWhole) {
  Utf8Stream stream;
  EXPECT_EQ(stream.feed("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.feed("\x98"), "");
  EXPECT_EQ(stream.feed("\x80z"), "\xF0\x9F\x98\x80z");
  EXPECT_EQ(stream.flush(), "");
  EXPECT_EQ(stream.feed("\xE4\xB8"), "");
  EXPECT_EQ(stream.flush(), kBad);
  EXPECT_EQ(stream.flush(), "");
  EXPECT_EQ(stream.feed("b"), "b");
}

// The examples of the Unicode standard, section 3.9: tables 3-8 to 3-11.
TEST(Utf8Stream, InvalidBytesAsTheStandardHasThem) {
  const std::pair<std::string, std::string> cases[] = {
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", kBad + kBad + kBad + kBad + kBad + kBad + kBad + kBad + "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", kBad + kBad + kBad + kBad + kBad + kBad + kBad + kBad + "A"},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", kBad + kBad + kBad + kBad + kBad + "A" + kBad + kBad + "B"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", kBad + kBad + kBad + kBad + "A"},
  };
  for (const auto& [bytes, text] : cases) {
    for (u64 cuts = 0; cuts < 1024; ++cuts) ASSERT_EQ(streamed(bytes, cuts), text) << "cuts " << cuts;
  }
}

TEST(Utf8Stream, EveryCharacterComesThrough) {
  for (u32 code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const std::string text = test::utf8(code);
    for (u64 cuts : {0, ~0}) ASSERT_EQ(streamed(text, cuts), text);
  }
}

TEST(Utf8Stream, CutsDoNotMatter) {
  std::mt19937_64 random(23);
  std::mt19937 small(23);
  for (int i = 0; i < 5000; ++i) {
    std::string text = i % 2 ? test::random_bytes(small, 30) : test::random_text(small, 12);
    if (!text.empty() && i % 4 == 0) text.resize(text.size() - 1);
    const std::string whole = streamed(text, 0);
    for (int k = 0; k < 4; ++k) ASSERT_EQ(streamed(text, random()), whole);
    ASSERT_EQ(streamed(whole, random()), whole);  // what comes out is well-formed
  }
}

}  // namespace
}  // namespace llmc
