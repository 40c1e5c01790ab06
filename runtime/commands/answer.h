// One answer: a prompt's tokens in, text on standard output, figures out. Shared by a single prompt and a chat.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "runtime/engine.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {

struct AnswerRequest {
  std::vector<i32> prompt;
  abi::Sampler sampler;
  i64 limit = -1;
  std::vector<std::string> stops;
  bool interruptible = false;  // the first Ctrl-C ends the answer, not the program
};

struct Answer {
  abi::Finish finish = abi::running;  // `running`: stop string or interrupt
  bool interrupted = false;
  std::vector<i32> tokens;
  double prompt_ms = 0;       // feeding the prompt
  double first_token_ms = 0;  // from the call
  double decode_ms = 0;       // from the first token to the last
};

// Error(usage) where the prompt is empty, and with the counts where it is longer than what is left of a context of `ctx` positions, of
// which `used` are taken.
void check_prompt(std::span<const i32> prompt, const Plan& plan, u32 ctx, u32 used);

// Of a prompt that passes check_prompt(). Says on standard error when the context is full.
Answer answer(Engine& engine, const Tokenizer& tokenizer, const AnswerRequest& request);

// "[ prompt 12 tokens, 340.1 tokens/s | answer 80 tokens, 120.3 tokens/s | time to first token 85 ms ]" on standard error.
void print_figures(const Answer& answer, size_t prompt_tokens, double first_token_ms);

}  // namespace llmc
