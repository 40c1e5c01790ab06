// The tokenizer as bytes: what the compiler writes into an executable and the runtime uses in place. Nothing is rebuilt at start.
// Tokens' texts lie end to end and are found through a hash table that is part of the section, and so are merges.
//
// Layout: SectionHeader, then the arrays in the order of Section's members, little-endian, without padding. Hash tables use open
// addressing with linear probing; a slot is 0 (empty) or tag << 24 | number + 1, where the tag is 8 bits of the hash: nearly every
// probe that would fail is decided in the table, without a visit to the text or merge it names.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <vector>
#include "common/types.h"
#include "runtime/tokenizer/split.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {

enum class TokenizerModel : u32 { gpt2, llama };

// The numbers are those of `tokenizer.ggml.token_type`.
enum class TokenKind : u8 { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
// Set beside the kind where merging the token's own text gives this token: a word with that text needs no merging.
constexpr u8 kWholeWord = 0x80;

constexpr u32 kMaxTokens = (1u << 24) - 2;  // what a slot's 24 bits can name

struct SectionHeader {
  char magic[8];
  u64 checksum;  // XXH3 of everything after this field
  TokenizerModel model;
  Splitter splitter;
  ChatFormat chat_format;
  u32 add_bos, add_eos, add_space_prefix;
  i32 bos, eos, unknown;  // -1: none
  u32 tokens, merges, token_slots, merge_slots, user_defined, special, end_of_generation, text_bytes, reserved;
};
static_assert(sizeof(SectionHeader) == 16 + 18 * 4, "no padding: its bytes are written as they are");

struct Merge {
  u32 left, right, merged;
};

// A read-only array at any alignment.
template <class T>
class PackedArray {
 public:
  PackedArray() = default;
  PackedArray(const char* data, u32 count) : data_(data), count_(count) {}
  T operator[](u32 i) const {
    T value;
    std::memcpy(&value, data_ + u64{i} * sizeof(T), sizeof(T));
    return value;
  }
  u32 size() const { return count_; }

 private:
  const char* data_ = nullptr;
  u32 count_ = 0;
};

// A view of a section whose every count, id and offset has been checked.
struct Section {
  SectionHeader header{};
  PackedArray<u32> text_offset;        // [tokens + 1]
  PackedArray<u8> kind;                // [tokens] TokenKind and kWholeWord
  PackedArray<i32> byte_token;         // [256] the token of a single byte, -1: none
  PackedArray<u32> priority;           // [tokens] llama: the lowest merges first; gpt2: absent
  PackedArray<Merge> merge;            // [merges] by rank
  PackedArray<u32> token_slot;         // words: gpt2's and llama's normal tokens
  PackedArray<u32> merge_slot;
  PackedArray<u32> user_defined;       // ids by text: matched in every text
  PackedArray<u32> special;            // ids by text: the same, and control and unknown tokens
  PackedArray<u32> end_of_generation;  // ids
  std::string_view texts;              // [text_bytes] what a token stands for, decoded

  std::string_view text(u32 token) const {
    const u32 begin = text_offset[token];
    return texts.substr(begin, text_offset[token + 1] - begin);
  }
  TokenKind kind_of(u32 token) const { return static_cast<TokenKind>(kind[token] & 0x0F); }
  // The normal token of this text, -1: none.
  i32 find_token(std::string_view text) const;
  // The rank of the merge of two tokens, -1: none.
  i32 find_merge(u32 left, u32 right) const;
};

// What a section is written from. `header` need not have magic, checksum and counts.
struct Vocabulary {
  SectionHeader header{};
  std::vector<std::string> texts;
  std::vector<u8> kinds;
  std::vector<i32> byte_tokens;  // [256]
  std::vector<u32> priorities;
  std::vector<Merge> merges;
  std::vector<i32> end_of_generation;
};

std::string write_section(const Vocabulary& vocabulary);
// Error(bad_input) where anything in it is not as write_section makes it.
Section open_section(std::string_view bytes);
// Sets the header's checksum from the rest; for write_section and for tests that damage a section on purpose.
void seal_section(std::string& bytes);

}  // namespace llmc
