// Small vocabularies for tests of the tokenizer, written by hand, and the independent pieces that expectations are made of.
#pragma once
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/gguf/gguf.h"
#include "runtime/tokenizer/tokenizer.h"
#include "tests/unit/gguf_builder.h"

namespace llmc::test {

inline std::string utf8(u32 code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

// How byte-level vocabularies write bytes: the published table of GPT-2, as the ranges it is given by.
inline std::string byte_level(std::string_view bytes) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> table(256);
    const std::pair<u32, u32> same[] = {{'!', '~'}, {0xA1, 0xAC}, {0xAE, 0xFF}};
    for (const auto& [first, last] : same) {
      for (u32 b = first; b <= last; ++b) table[b] = utf8(b);
    }
    u32 next = 256;
    for (std::string& name : table) {
      if (name.empty()) name = utf8(next++);
    }
    return table;
  }();
  std::string out;
  for (char c : bytes) out += names[static_cast<u8>(c)];
  return out;
}

struct TokenSpec {
  std::string text;
  i32 type = 1;  // tokenizer.ggml.token_type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
  float score = 0;
};

inline std::string raw_array(u32 type, u64 count, const std::string& body) { return raw(type) + raw(count) + body; }

class VocabularyBuilder : public GgufBuilder {
 public:
  VocabularyBuilder& tokens(const std::vector<TokenSpec>& specs) {
    std::vector<std::string> texts;
    std::string types, scores;
    for (const TokenSpec& spec : specs) {
      texts.push_back(spec.text);
      types += raw(spec.type);
      scores += raw(spec.score);
    }
    strings("tokenizer.ggml.tokens", texts);
    entry("tokenizer.ggml.token_type", 9, raw_array(5, specs.size(), types));
    entry("tokenizer.ggml.scores", 9, raw_array(6, specs.size(), scores));
    return *this;
  }
};

inline std::unique_ptr<Tokenizer> tokenizer_of(const GgufBuilder& builder) {
  const TemporaryFile file(builder.bytes());
  return tokenizer_from_gguf(*GgufFile::open(file.path()));
}

// Byte-level BPE: ids 0-255 are the bytes, then what the merges make, each text once, in order of rank, then `added`.
struct BytePairs {
  std::vector<std::pair<std::string, std::string>> merges;  // of bytes, not of the alphabet's characters
  std::vector<TokenSpec> added;

  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (int b = 0; b < 256; ++b) out.push_back(std::string(1, static_cast<char>(b)));
    for (const auto& [left, right] : merges) {
      if (std::find(out.begin(), out.end(), left + right) == out.end()) out.push_back(left + right);
    }
    return out;
  }
  std::vector<i32> ids(const std::vector<std::string>& pieces) const {
    std::vector<std::string> all = texts();
    for (const TokenSpec& spec : added) all.push_back(spec.text);
    std::vector<i32> out;
    for (const std::string& piece : pieces) {
      const auto found = std::find(all.begin(), all.end(), piece);
      EXPECT_NE(found, all.end()) << "no token " << piece;
      out.push_back(static_cast<i32>(found - all.begin()));
    }
    return out;
  }
  VocabularyBuilder builder(std::string_view pre) const {
    std::vector<TokenSpec> specs;
    for (const std::string& text : texts()) specs.push_back({byte_level(text)});
    specs.insert(specs.end(), added.begin(), added.end());
    std::vector<std::string> lines;
    for (const auto& [left, right] : merges) lines.push_back(byte_level(left) + " " + byte_level(right));
    VocabularyBuilder b;
    b.text("general.architecture", "qwen2").text("tokenizer.ggml.model", "gpt2");
    if (!pre.empty()) b.text("tokenizer.ggml.pre", pre);
    b.tokens(specs).strings("tokenizer.ggml.merges", lines);
    return b;
  }
};

// SentencePiece BPE: <unk>, <s>, </s>, the 256 byte tokens, then `pieces`.
inline std::vector<TokenSpec> sentence_pieces(const std::vector<TokenSpec>& pieces, bool bytes = true) {
  std::vector<TokenSpec> specs = {{"<unk>", 2}, {"<s>", 3}, {"</s>", 3}};
  for (int b = 0; bytes && b < 256; ++b) specs.push_back({fmt::format("<0x{:02X}>", b), 6});
  specs.insert(specs.end(), pieces.begin(), pieces.end());
  return specs;
}
inline VocabularyBuilder sentence_piece_builder(const std::vector<TokenSpec>& specs) {
  VocabularyBuilder b;
  b.text("general.architecture", "llama").text("tokenizer.ggml.model", "llama");
  return b.tokens(specs);
}

inline std::vector<i32> bytes_as_ids(std::string_view text) {
  std::vector<i32> ids;
  for (char c : text) ids.push_back(static_cast<u8>(c));
  return ids;
}

inline std::string random_bytes(std::mt19937& random, size_t most) {
  std::string text(random() % (most + 1), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// A text of random characters, drawn so that every branch of a pre-tokenizer is met often: few scripts, many repeats.
inline std::string random_text(std::mt19937& random, size_t most_characters) {
  static const u32 common[] = {' ', ' ', ' ', '\n', '\r', '\t', '\'', '\'', 's', 'S', 't', 'r', 'e', 'v', 'l', 'L', 'm', 'D', 'a', '1', '2', '9', '.', '!', '<',
                               0x17F, 0x212A, 0xA0, 0x85, 0x1C, 0x2028, 0x3000, 0x200B, 0x2581, 0xE9, 0x416, 0x4E2D, 0xAC00, 0x301, 0x661, 0xBD, 0x2167, 0x1F600, 0xFFFD, 0};
  std::string text;
  for (size_t n = random() % (most_characters + 1); n > 0; --n) {
    u32 code = common[random() % std::size(common)];
    if (random() % 4 == 0) {
      code = random() % (random() % 2 ? 0x110000 : 0x3000);
      if (code >= 0xD800 && code <= 0xDFFF) code = 'x';
    }
    text += utf8(code);
    if (random() % 3 == 0) text += utf8(code);
  }
  return text;
}

inline std::string detokenize(const Tokenizer& tokenizer, const std::vector<i32>& ids, bool special = true) {
  std::string text;
  for (i32 id : ids) text += tokenizer.bytes(id, special);
  return text;
}

// The code and text of the error that `action` ends in.
template <class Action>
void expect_error(Exit code, const std::string& text, Action&& action) {
  try {
    action();
    ADD_FAILURE() << "accepted, though it should be refused for: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << "'" << text << "' is not in: " << error.what();
  }
}

}  // namespace llmc::test
