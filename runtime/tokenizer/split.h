// Pre-tokenizers: a text is cut into words, and merges never cross from one word into the next. Those of byte-level BPE are
// published as regular expressions; here they are written by hand, since an expression with \p{L} and a lookahead needs a library
// that is larger than the rest of the tokenizer, and slower. Bytes that are no UTF-8 count as one character each, neither letter,
// number nor space.
#pragma once
#include <optional>
#include <string_view>
#include "common/types.h"

namespace llmc {

enum class Splitter : u32 {
  gpt2,    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  qwen2,   // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  llama3,  // the same with \p{N}{1,3}
  spaces,  // a run of U+0020 and the run without it that follows
  none,    // the whole text is one word
};
constexpr u32 kSplitters = 5;

// By the names that `tokenizer.ggml.pre` has for the byte-level ones.
std::optional<Splitter> splitter_by_name(std::string_view name);
// The names it knows, for messages.
std::string_view splitter_names();

// The end of the word that begins at `text`, which is before `end`. The word is not empty.
const char* next_word(Splitter splitter, const char* text, const char* end);

}  // namespace llmc
