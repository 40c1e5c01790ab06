#include "runtime/commands/answer.h"
#include <algorithm>
#include <chrono>
#include <optional>
#include "common/error.h"
#include "runtime/output.h"
#include "runtime/signals.h"
#include "runtime/stop_filter.h"

namespace llmc {
namespace {

using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

double per_second(size_t count, double ms) { return ms > 0 ? static_cast<double>(count) * 1000 / ms : 0; }

}  // namespace

void check_prompt(std::span<const i32> prompt, const Plan& plan, u32 ctx, u32 used) {
  if (prompt.empty()) fail(Exit::usage, "The prompt is empty. Give some text with -p, -f or on standard input.");
  if (prompt.size() > ctx - used) {
    fail(Exit::usage, "The prompt has {} tokens; the context of {} positions has room for {}. Shorten it{}.", prompt.size(), ctx, ctx - used,
         ctx < plan.ctx ? fmt::format(", or raise -c (at most {})", plan.ctx) : std::string(", or compile with a larger --ctx"));
  }
}

Answer answer(Engine& engine, const Tokenizer& tokenizer, const AnswerRequest& request) {
  check_prompt(request.prompt, engine.plan(), engine.ctx(), engine.position());
  std::optional<InterruptScope> scope;
  if (request.interruptible) scope.emplace();

  Answer result;
  const Clock::time_point start = Clock::now();
  engine.feed(request.prompt);
  result.prompt_ms = ms_between(start, Clock::now());

  StopFilter filter(request.stops);
  Utf8Stream characters;
  char last = '\n';
  const auto show = [&](const std::string& text) {
    write_out(text);
    if (!text.empty()) last = text.back();
  };
  Clock::time_point first = start, end = start;
  const std::vector<i32>& eog = tokenizer.end_of_generation();
  const Generated generated = engine.generate({request.sampler, request.limit, eog}, [&](i32 token) {
    end = Clock::now();
    if (result.tokens.empty()) first = end;
    result.tokens.push_back(token);
    if (std::find(eog.begin(), eog.end(), token) == eog.end()) show(characters.feed(filter.feed(tokenizer.bytes(token))));
    result.interrupted = scope && scope->interrupted();
    return !filter.stopped() && !result.interrupted;
  });
  show(characters.feed(filter.flush()));
  show(characters.flush());
  if (last != '\n') write_out("\n");

  result.finish = generated.finish;
  result.first_token_ms = ms_between(start, first);
  result.decode_ms = ms_between(first, end);
  if (result.finish == abi::context_full) {
    const u32 most = engine.plan().ctx;
    note(fmt::format("The context of {} positions is full, so the answer ends here. {}", engine.ctx(),
                     engine.ctx() < most ? fmt::format("A larger -c (at most {}) holds more.", most) : "A program compiled with a larger --ctx holds more."));
  }
  return result;
}

void print_figures(const Answer& answer, size_t prompt_tokens, double first_token_ms) {
  const size_t decoded = answer.tokens.empty() ? 0 : answer.tokens.size() - 1;
  note(fmt::format("[ prompt {} tokens, {:.1f} tokens/s | answer {} tokens, {:.1f} tokens/s | time to first token {:.0f} ms ]", prompt_tokens,
                   per_second(prompt_tokens, answer.prompt_ms), answer.tokens.size(), per_second(decoded, answer.decode_ms), first_token_ms));
}

}  // namespace llmc
