#include "runtime/commands/chat.h"
#include <iostream>
#include "common/error.h"
#include "runtime/output.h"

namespace llmc {

std::vector<i32> encode_raw(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<i32> tokens = tokenizer.encode(text, true);
  if (tokenizer.add_bos() && (tokens.empty() || tokens.front() != tokenizer.bos())) tokens.insert(tokens.begin(), tokenizer.bos());
  return tokens;
}

int chat(Engine& engine, const Tokenizer& tokenizer, const AnswerRequest& request, const std::string& system, bool raw) {
  note("Ctrl-C ends an answer, Ctrl-D the chat.");
  std::vector<i32> carried;  // sampled last turn, but not in the cache yet
  bool first = true;
  for (std::string line;;) {
    std::cerr << "> " << std::flush;
    if (!std::getline(std::cin, line)) {
      note("");
      return 0;
    }
    if (line.empty()) continue;
    AnswerRequest turn = request;
    turn.interruptible = true;
    if (raw) {
      engine.rewind(0);
      turn.prompt = encode_raw(tokenizer, line);
    } else {
      std::vector<ChatMessage> messages;
      if (first && !system.empty()) messages.push_back({"system", system});
      messages.push_back({"user", line});
      turn.prompt = carried;
      const std::vector<i32> text = encode_chat(tokenizer, messages, first);
      turn.prompt.insert(turn.prompt.end(), text.begin(), text.end());
    }
    if (turn.prompt.size() > engine.ctx() - engine.position()) {
      note(fmt::format("This message needs {} positions, the context of {} has {} left. Start again with a larger -c (at most {}), or write less.",
                       turn.prompt.size(), engine.ctx(), engine.ctx() - engine.position(), engine.plan().ctx));
      continue;
    }
    const Answer result = answer(engine, tokenizer, turn);
    print_figures(result, turn.prompt.size(), result.first_token_ms);
    if (result.finish == abi::context_full && !raw) {
      note("The chat ends with it, since the conversation fills the context. Start the program again for a new one.");
      return 0;
    }
    first = false;
    carried.clear();
    // The template closes the turn itself, so a sampled end-of-turn token is not repeated.
    if (result.finish != abi::end_of_generation && !result.tokens.empty()) carried = {result.tokens.back()};
  }
}

}  // namespace llmc
