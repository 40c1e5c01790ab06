// Chat formats: how a conversation is written as one text. Markers are matched as tokens and everything else as plain text, so that
// a message can not end its own turn.
#include <string>
#include "common/error.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

class ChatWriter {
 public:
  explicit ChatWriter(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  void marker(std::string_view text) { add(text, true); }
  void text(std::string_view plain) { add(plain, false); }
  std::vector<i32> ids;

 private:
  void add(std::string_view text, bool special) {
    const std::vector<i32> more = tokenizer_.encode(text, special);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  const Tokenizer& tokenizer_;
};

void write_chatml(ChatWriter& out, std::span<const ChatMessage> messages, bool first) {
  if (!first) {
    out.marker("<|im_end|>");
    out.text("\n");
  }
  for (const ChatMessage& message : messages) {
    out.marker("<|im_start|>");
    out.text(message.role + "\n" + message.content);
    out.marker("<|im_end|>");
    out.text("\n");
  }
  out.marker("<|im_start|>");
  out.text("assistant\n");
}

void write_llama3(ChatWriter& out, std::span<const ChatMessage> messages, bool first) {
  const auto begin_turn = [&](const std::string& role) {
    out.marker("<|start_header_id|>");
    out.text(role);
    out.marker("<|end_header_id|>");
  };
  if (!first) out.marker("<|eot_id|>");
  for (const ChatMessage& message : messages) {
    begin_turn(message.role);
    out.text("\n\n" + std::string(trimmed(message.content)));
    out.marker("<|eot_id|>");
  }
  begin_turn("assistant");
  out.text("\n\n");
}

}  // namespace

std::vector<i32> encode_chat(const Tokenizer& tokenizer, std::span<const ChatMessage> messages, bool first) {
  ChatWriter out(tokenizer);
  if (first && tokenizer.add_bos()) out.ids.push_back(tokenizer.bos());
  switch (tokenizer.chat_format()) {
    case ChatFormat::chatml: write_chatml(out, messages, first); break;
    case ChatFormat::llama3: write_llama3(out, messages, first); break;
    case ChatFormat::none: throw InternalError("encode_chat was called for a model without a chat format");
  }
  return out.ids;
}

}  // namespace llmc
