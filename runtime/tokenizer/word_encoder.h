// Text without special tokens to ids: words cut by the section's splitter, each looked up whole or merged from its bytes
// (gpt2, by the ranks of merges) or characters (llama, by the scores of what they merge into).
#pragma once
#include <string_view>
#include <vector>
#include "runtime/tokenizer/merge.h"
#include "runtime/tokenizer/section.h"

namespace llmc {

class WordEncoder {
 public:
  explicit WordEncoder(const Section& section) : section_(section) {}

  // Appends the ids of `text`, below 2 GiB, to `ids`.
  void encode(std::string_view text, std::vector<i32>& ids);
  // The token that merging makes of a whole word, -1 where it leaves several or none.
  i32 merge_to_one(std::string_view word);

 private:
  void merge(std::string_view word);
  void merge_bytes(std::string_view word);
  void merge_characters(std::string_view word);
  // A symbol that is no token: its bytes' tokens, else the unknown token.
  void spell(std::string_view symbol, std::vector<i32>& ids) const;

  const Section& section_;
  Merger merger_;
};

}  // namespace llmc
