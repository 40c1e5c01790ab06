#include "runtime/tokenizer/word_encoder.h"
#include <algorithm>
#include "common/error.h"
#include "runtime/tokenizer/utf8.h"

namespace llmc {

void WordEncoder::encode(std::string_view text, std::vector<i32>& ids) {
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const char* word_end = next_word(section_.header.splitter, at, end);
    const std::string_view word(at, static_cast<size_t>(word_end - at));
    const i32 whole = section_.find_token(word);
    if (whole >= 0 && (section_.kind[static_cast<u32>(whole)] & kWholeWord) != 0) {
      ids.push_back(whole);
    } else {
      merge(word);
      merger_.visit([&](const Symbol& symbol) {
        if (symbol.token >= 0) {
          ids.push_back(symbol.token);
        } else {
          spell(word.substr(symbol.begin, symbol.length), ids);
        }
      });
    }
    at = word_end;
  }
}

i32 WordEncoder::merge_to_one(std::string_view word) {
  merge(word);
  u32 symbols = 0;
  i32 token = -1;
  merger_.visit([&](const Symbol& symbol) {
    ++symbols;
    token = symbol.token;
  });
  return symbols == 1 ? token : -1;
}

void WordEncoder::merge(std::string_view word) {
  merger_.clear();
  if (section_.header.model == TokenizerModel::gpt2) {
    merge_bytes(word);
  } else {
    merge_characters(word);
  }
}

void WordEncoder::merge_bytes(std::string_view word) {
  for (u32 at = 0; at < word.size(); ++at) merger_.add(at, 1, section_.byte_token[static_cast<u8>(word[at])]);
  merger_.run([&](const Symbol& left, const Symbol& right) -> std::optional<MergeCandidate> {
    if (left.token < 0 || right.token < 0) return std::nullopt;
    const i32 rank = section_.find_merge(static_cast<u32>(left.token), static_cast<u32>(right.token));
    if (rank < 0) return std::nullopt;
    return MergeCandidate{static_cast<u32>(rank), static_cast<i32>(section_.merge[static_cast<u32>(rank)].merged)};
  });
}

void WordEncoder::merge_characters(std::string_view word) {
  const char* end = word.data() + word.size();
  for (u32 at = 0; at < word.size();) {
    const u32 length = read_utf8(word.data() + at, end).length;
    merger_.add(at, length, section_.find_token(word.substr(at, length)));
    at += length;
  }
  merger_.run([&](const Symbol& left, const Symbol& right) -> std::optional<MergeCandidate> {
    const i32 merged = section_.find_token(word.substr(left.begin, left.length + right.length));
    if (merged < 0) return std::nullopt;
    return MergeCandidate{section_.priority[static_cast<u32>(merged)], merged};
  });
}

void WordEncoder::spell(std::string_view symbol, std::vector<i32>& ids) const {
  const auto token_of = [&](char byte) { return section_.byte_token[static_cast<u8>(byte)]; };
  const auto missing = std::find_if(symbol.begin(), symbol.end(), [&](char byte) { return token_of(byte) < 0; });
  if (missing == symbol.end()) {
    for (char byte : symbol) ids.push_back(token_of(byte));
  } else if (section_.header.unknown >= 0) {
    ids.push_back(section_.header.unknown);
  } else {
    fail(Exit::bad_input,
         "The model's vocabulary has no token for byte 0x{:02X} of the text and no unknown token. Leave the character out of the text.",
         static_cast<u8>(*missing));
  }
}

}  // namespace llmc
