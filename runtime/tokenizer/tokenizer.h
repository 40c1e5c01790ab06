// Text to token ids and back, for the two tokenizers of the supported families: `gpt2` (byte-level BPE with the pre-tokenizers
// gpt-2, qwen2 and llama-bpe) and `llama` (SentencePiece BPE with byte fallback). Built from GGUF metadata by the compiler,
// carried in the executable as a compact section (`serialize`), rebuilt at start by `deserialize` (a few milliseconds at most).
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "compiler/gguf/gguf.h"

namespace llmc {

enum class ChatFormat : u32 { none, chatml, llama3 };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // `special`: the text's special tokens ("<|im_end|>") are matched as tokens, else they are plain text. No BOS is added.
  virtual std::vector<i32> encode(std::string_view text, bool special) const = 0;
  // The bytes of one token; special (control) tokens give "" unless `special`.
  virtual std::string_view bytes(i32 token, bool special = false) const = 0;
  virtual u32 size() const = 0;
  virtual i32 bos() const = 0;       // -1: none
  virtual bool add_bos() const = 0;
  virtual bool add_eos() const = 0;
  virtual i32 eos() const = 0;       // -1: none
  virtual const std::vector<i32>& end_of_generation() const = 0;  // eos, eot, <|im_end|>, <|eot_id|>, ...: generation stops there
  virtual ChatFormat chat_format() const = 0;
  virtual std::string serialize() const = 0;
};

// From a GGUF's metadata. Null where the file has no tokenizer (`tokenizer.ggml.model` absent or "no_vocab").
// Faults are Error(bad_input); a tokenizer model or pre-tokenizer that llmc does not know is Error(unsupported), by name.
std::unique_ptr<Tokenizer> tokenizer_from_gguf(const GgufFile& file);
std::unique_ptr<Tokenizer> tokenizer_from_section(std::string_view section);

// Turns token bytes into whole UTF-8 characters: feed() returns what is complete, flush() the rest (invalid bytes as U+FFFD).
class Utf8Stream {
 public:
  std::string feed(std::string_view bytes);
  std::string flush();

 private:
  std::string pending_;
};

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};
// The ids of `messages` (only those not yet in the context) and the opening of the assistant's turn. `first`: nothing precedes
// them in the context, so BOS is added where the model wants one. Content is plain text: special tokens in it are not matched.
std::vector<i32> encode_chat(const Tokenizer& tokenizer, std::span<const ChatMessage> messages, bool first);

}  // namespace llmc
