// The section: what serialize() writes is what the tokenizer was, and a damaged one is refused or harmless.
#include "runtime/tokenizer/section.h"
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

using test::BytePairs;
using test::sentence_piece_builder;
using test::sentence_pieces;

const std::vector<std::string> kTexts = {"", "hello world", "a<tool>b<|end|>", "caf\u00e9 12 \n\n x", "<|end|>", "\xFF\xC3", "   "};

std::vector<std::unique_ptr<Tokenizer>> tokenizers() {
  BytePairs v{{{"h", "e"}, {"l", "l"}, {"he", "ll"}, {"hell", "o"}, {" ", " "}}, {{"<|end|>", 3}, {"<tool>", 4}, {"<t", 4}, {"unused", 5}}};
  auto bytes = v.builder("llama-bpe");
  bytes.uint("tokenizer.ggml.bos_token_id", 3).uint("tokenizer.ggml.eos_token_id", 261).text("tokenizer.chat_template", "<|im_start|>");
  auto pieces = sentence_piece_builder(sentence_pieces({{"\u2581", 1, -1}, {"h", 1, -2}, {"e", 1, -3}, {"he", 1, -2.5}, {"<tool>", 4}}));
  pieces.flag("tokenizer.ggml.add_eos_token", true);
  std::vector<std::unique_ptr<Tokenizer>> out;
  out.push_back(tokenizer_of(bytes));
  out.push_back(tokenizer_of(pieces));
  return out;
}

TEST(TokenizerSection, RoundTrip) {
  for (const auto& original : tokenizers()) {
    const std::string section = original->serialize();
    for (size_t shift : {0, 1, 3}) {  // any alignment
      const std::string shifted = std::string(shift, 'x') + section;
      const auto t = tokenizer_from_section(std::string_view(shifted).substr(shift));
      EXPECT_EQ(t->size(), original->size());
      EXPECT_EQ(t->bos(), original->bos());
      EXPECT_EQ(t->eos(), original->eos());
      EXPECT_EQ(t->add_bos(), original->add_bos());
      EXPECT_EQ(t->add_eos(), original->add_eos());
      EXPECT_EQ(t->end_of_generation(), original->end_of_generation());
      EXPECT_EQ(t->chat_format(), original->chat_format());
      EXPECT_EQ(t->serialize(), section);
      for (const std::string& text : kTexts) {
        for (bool special : {false, true}) EXPECT_EQ(t->encode(text, special), original->encode(text, special));
      }
      for (i32 id = -1; id <= static_cast<i32>(t->size()); ++id) {
        for (bool special : {false, true}) EXPECT_EQ(t->bytes(id, special), original->bytes(id, special));
      }
    }
  }
}

TEST(TokenizerSection, EveryTruncationIsRefused) {
  for (const auto& original : tokenizers()) {
    const std::string section = original->serialize();
    for (size_t length = 0; length < section.size(); ++length) {
      test::expect_error(Exit::bad_input, "section", [&] { tokenizer_from_section(std::string_view(section).substr(0, length)); });
    }
    test::expect_error(Exit::bad_input, "damaged", [&] { tokenizer_from_section(section + 'x'); });
    test::expect_error(Exit::bad_input, "empty", [&] { tokenizer_from_section({}); });
  }
}

TEST(TokenizerSection, EveryFlippedByteIsRefused) {
  for (const auto& original : tokenizers()) {
    std::string section = original->serialize();
    for (char& c : section) {
      c = static_cast<char>(c ^ 0x10);
      test::expect_error(Exit::bad_input, "damaged", [&] { tokenizer_from_section(section); });
      c = static_cast<char>(c ^ 0x10);
    }
  }
}

// Behind the checksum stand checks of every count, id and offset: with a right checksum a damaged section is refused all the same,
// or is a tokenizer that stays inside its tables.
TEST(TokenizerSection, DamageWithARightChecksumIsRefusedOrHarmless) {
  std::mt19937 random(19);
  int refused = 0, harmless = 0;
  for (const auto& original : tokenizers()) {
    const std::string section = original->serialize();
    for (int i = 0; i < 20000; ++i) {
      std::string damaged = section;
      for (u32 n = 1 + random() % 3; n > 0; --n) {
        // Half of the damage goes to the header, where every field steers all that follows.
        const size_t at = random() % 2 ? random() % sizeof(SectionHeader) : random() % damaged.size();
        const u32 values[] = {0, 1, 0x7F, 0x80, 0xFF, static_cast<u32>(random() & 0xFF), static_cast<u32>(static_cast<u8>(damaged[at]) + 1)};
        damaged[at] = static_cast<char>(values[random() % std::size(values)]);
      }
      seal_section(damaged);
      try {
        const auto t = tokenizer_from_section(damaged);
        for (const std::string& text : kTexts) {
          try {
            for (i32 id : t->encode(text, i % 2 == 0)) ASSERT_TRUE(id >= 0 && id < static_cast<i32>(t->size()));
          } catch (const Error& error) {
            ASSERT_EQ(static_cast<int>(error.code()), static_cast<int>(Exit::bad_input)) << error.what();  // a byte lost its token
          }
        }
        for (i32 id = 0; id < static_cast<i32>(t->size()); ++id) t->bytes(id, true);
        ++harmless;
      } catch (const Error& error) {
        ASSERT_EQ(static_cast<int>(error.code()), static_cast<int>(Exit::bad_input)) << error.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(harmless, 1000);
}

}  // namespace
}  // namespace llmc
