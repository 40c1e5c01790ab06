// SentencePiece BPE on small vocabularies: cases worked out by hand, and random ones against a direct reading of the definition.
#include "tests/unit/tokenizer_vocabulary.h"

namespace llmc {
namespace {

using test::sentence_piece_builder;
using test::sentence_pieces;
using test::tokenizer_of;
using test::TokenSpec;

using Ids = std::vector<i32>;
constexpr i32 kFirst = 3 + 256;  // the id of the first piece
i32 byte_id(u8 byte) { return 3 + byte; }

const std::vector<TokenSpec> kPieces = {{"\u2581", 1, -1}, {"h", 1, -2},  {"e", 1, -3},         {"l", 1, -4},         {"o", 1, -5},
                                        {"ll", 1, -8},     {"he", 1, -9}, {"\u2581h", 1, -10}, {"\u2581he", 1, -11}, {"lo", 1, -7.5}};
enum Piece : i32 { space = kFirst, h, e, l, o, ll, he, space_h, space_he, lo };

// A space before the text; then lo (-7.5), he (-9: it comes before the space's -10) and the space with he. ll never: lo took its l.
TEST(TokenizerSentencePiece, MergesByScore) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces(kPieces)));
  EXPECT_EQ(t->encode("hello", false), (Ids{space_he, l, lo}));
  EXPECT_EQ(t->encode("hell", false), (Ids{space_he, ll}));
  EXPECT_EQ(t->encode("", false), Ids{});
  EXPECT_EQ(t->encode(" h h", false), (Ids{space, space_h, space_h}));
  EXPECT_EQ(test::detokenize(*t, t->encode("hello", false)), " hello");
  EXPECT_EQ(t->bytes(space_he), " he");
}

TEST(TokenizerSentencePiece, BytesWhereNoPieceFits) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces(kPieces)));
  EXPECT_EQ(t->encode("h\u00e9", false), (Ids{space_h, byte_id(0xC3), byte_id(0xA9)}));
  EXPECT_EQ(t->encode("\n\xFFh", false), (Ids{space, byte_id('\n'), byte_id(0xFF), h}));
  EXPECT_EQ(t->bytes(byte_id(0xA9)), "\xA9");
  const auto without = tokenizer_of(sentence_piece_builder(sentence_pieces({{"\u2581", 1, -1}, {"h", 1, -2}}, false)));
  EXPECT_EQ(without->encode("h\u00e9h", false), (Ids{3, 4, 0, 4}));
}

TEST(TokenizerSentencePiece, SpacePrefix) {
  auto pieces = kPieces;
  pieces.push_back({"<tool>", 4});
  auto builder = sentence_piece_builder(sentence_pieces(pieces));
  constexpr i32 tool = lo + 1;
  // Each stretch of plain text gets one, also that after a special token.
  EXPECT_EQ(tokenizer_of(builder)->encode("h<tool>e</s>h", true), (Ids{space_h, tool, space, e, 2, space_h}));
  builder.flag("tokenizer.ggml.add_space_prefix", false);
  EXPECT_EQ(tokenizer_of(builder)->encode("h<tool>e</s>h", true), (Ids{h, tool, e, 2, h}));
  EXPECT_EQ(tokenizer_of(builder)->encode(" h", false), (Ids{space_h}));
  EXPECT_EQ(tokenizer_of(builder)->encode("\u2581h", false), (Ids{space_h}));
}

// Merging could build the text of a control token out of a prompt; it must not give the token.
TEST(TokenizerSentencePiece, ControlTokensAreNotMergedFromText) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces({{"\u2581", 1, -1}, {"<", 1, -2}, {"s", 1, -3}, {">", 1, -4}, {"s>", 1, -5}})));
  EXPECT_EQ(t->encode("<s>", false), (Ids{kFirst, kFirst + 1, kFirst + 4}));
  EXPECT_EQ(t->encode("<s>", true), (Ids{1}));
  EXPECT_EQ(t->encode("<unk>s", true), (Ids{0, kFirst, kFirst + 2}));
  EXPECT_EQ(t->bytes(1), "");
  EXPECT_EQ(t->bytes(1, true), "<s>");
}

struct Reference {
  std::vector<TokenSpec> pieces;

  std::optional<i32> id(const std::string& text) const {
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].text == text) return kFirst + static_cast<i32>(i);
    }
    return std::nullopt;
  }
  // The definition: while some pair of neighbours joins to a piece, join the leftmost of those of the highest score.
  Ids encode(const std::string& text) const {
    std::vector<std::string> parts;
    for (size_t at = 0; at < text.size();) {
      const size_t length = static_cast<u8>(text[at]) < 0x80 ? 1 : 3;  // the mark is the only character of several bytes here
      parts.push_back(text.substr(at, length));
      at += length;
    }
    for (;;) {
      size_t best = parts.size();
      float best_score = 0;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto joined = id(parts[i] + parts[i + 1]);
        if (!joined) continue;
        const float score = pieces[static_cast<size_t>(*joined - kFirst)].score;
        if (best == parts.size() || score > best_score) best = i, best_score = score;
      }
      if (best == parts.size()) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    Ids ids;
    for (const std::string& part : parts) {
      if (const auto known = id(part)) {
        ids.push_back(*known);
      } else {
        for (char c : part) ids.push_back(byte_id(static_cast<u8>(c)));
      }
    }
    return ids;
  }
};

TEST(TokenizerSentencePiece, RandomVocabulariesAsTheDefinition) {
  const std::string mark = "\u2581";
  const std::vector<std::string> letters{"a", "b", "c", mark};
  std::mt19937 random(13);
  for (int round = 0; round < 60; ++round) {
    // In even rounds marks stand only before letters, as in trained vocabularies; in odd ones anywhere.
    Reference reference{{{mark, 1, 0}, {"a", 1, 0}, {"b", 1, 0}}};
    while (reference.pieces.size() < 40) {
      std::string text;
      for (size_t n = 2 + random() % 4; n > 0; --n) text += letters[random() % letters.size()];
      const size_t inner = text.find(mark, text.find_first_not_of(mark) == std::string::npos ? text.size() : text.find_first_not_of(mark));
      if ((round % 2 == 0 && inner != std::string::npos) || reference.id(text)) continue;
      reference.pieces.push_back({text, 1, static_cast<float>(static_cast<int>(random() % 9) - 4)});  // ties, and both signs
    }
    const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces(reference.pieces)));
    for (int i = 0; i < 100; ++i) {
      std::string text, marked = mark;
      for (size_t n = 1 + random() % 30; n > 0; --n) {
        const std::string& letter = letters[random() % letters.size()];
        text += letter == mark ? " " : letter;
        marked += letter;
      }
      ASSERT_EQ(t->encode(text, false), reference.encode(marked)) << "round " << round << " [" << text << "]";
    }
  }
}

TEST(TokenizerSentencePiece, EveryTextComesBackAfterASpace) {
  const auto t = tokenizer_of(sentence_piece_builder(sentence_pieces(kPieces)));
  std::mt19937 random(17);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = i % 2 ? test::random_bytes(random, 60) : test::random_text(random, 30);
    if (text.empty() || text.find("\u2581") != std::string::npos) continue;
    ASSERT_EQ(test::detokenize(*t, t->encode(text, false)), " " + text);
  }
}

}  // namespace
}  // namespace llmc
