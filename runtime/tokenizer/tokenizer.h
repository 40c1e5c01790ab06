// Text to token ids and back, for the two tokenizers of the supported families: `gpt2` (byte-level BPE with the pre-tokenizers
// gpt-2, qwen2 and llama-bpe) and `llama` (SentencePiece BPE with byte fallback). Built from GGUF metadata by the compiler and
// carried in the executable as a compact section (`serialize`) that is used in place: opening it takes a few milliseconds at most.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "common/types.h"

namespace llmc {

class GgufFile;

enum class ChatFormat : u32 { none, chatml, llama3 };

// Immutable; every method may be called from any thread.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The ids of a text, any bytes; bytes that are no UTF-8 become byte tokens and come back unchanged. No BOS or EOS is added.
  // User-defined tokens in the text are always matched as tokens; control tokens ("<|im_end|>") only where `special`, else they
  // are plain text. Error(bad_input) where the vocabulary can not express a byte and has no unknown token.
  virtual std::vector<i32> encode(std::string_view text, bool special) const = 0;
  // The bytes of one token, not always whole UTF-8 characters; control and unknown tokens give "" unless `special`; unused tokens
  // and ids outside the vocabulary always do.
  virtual std::string_view bytes(i32 token, bool special = false) const = 0;
  virtual u32 size() const = 0;
  virtual i32 bos() const = 0;       // -1: none
  virtual bool add_bos() const = 0;  // only where bos() >= 0
  virtual bool add_eos() const = 0;  // only where eos() >= 0
  virtual i32 eos() const = 0;       // -1: none
  virtual const std::vector<i32>& end_of_generation() const = 0;  // eos, eot, <|im_end|>, <|eot_id|>, ...: generation stops there
  virtual ChatFormat chat_format() const = 0;
  virtual std::string serialize() const = 0;
};

// From a GGUF's metadata. Null where the file has no tokenizer (`tokenizer.ggml.model` absent or "no_vocab").
// Faults are Error(bad_input); a tokenizer model or pre-tokenizer that llmc does not know is Error(unsupported), by name.
std::unique_ptr<Tokenizer> tokenizer_from_gguf(const GgufFile& file);
// Over a section made by serialize(), at any alignment, which must outlive the tokenizer. A damaged one is Error(bad_input).
std::unique_ptr<Tokenizer> tokenizer_from_section(std::string_view section);
// The file has a chat template, and it is none of ChatFormat's: the program will do raw completion only.
bool has_unrecognised_template(const GgufFile& file);

// Turns token bytes into whole UTF-8 characters: feed() returns what is complete, flush() the rest. Each maximal part of an
// ill-formed sequence becomes one U+FFFD (Unicode 15, section 3.9, "substitution of maximal subparts").
class Utf8Stream {
 public:
  std::string feed(std::string_view bytes);
  std::string flush();

 private:
  std::string pending_;  // the well-formed beginning of a character
};

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};
// The ids of `messages` (only those not yet in the context) and the opening of the assistant's turn, for a tokenizer whose
// chat_format() is not none. `first`: nothing precedes them in the context, so BOS is added where the model wants one; otherwise
// the context ends with the assistant's last words, without the token that ended its turn, and the turn is closed here.
// Content is plain text: control tokens in it are not matched.
std::vector<i32> encode_chat(const Tokenizer& tokenizer, std::span<const ChatMessage> messages, bool first);

}  // namespace llmc
