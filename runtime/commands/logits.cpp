// `logits`: the logits of given tokens and of greedy tokens after them, as float32 rows in a file: one row a prompt position, then one
// after each greedy token. For comparing devices, levels and references.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "common/options.h"
#include "compiler/pack/atomic_file.h"
#include "runtime/commands/commands.h"
#include "runtime/output.h"

namespace llmc {
namespace {

struct LogitsFlags {
  EngineFlags engine;
  std::vector<i32> tokens;
  u32 greedy = 0;
  bool step = false;  // the prompt goes through the decode kernels, token by token
  std::string output;
};

int logits(const LogitsFlags& flags) {
  const Program program = open_program();
  const u32 ctx = checked_ctx(program.plan, flags.engine.ctx);
  if (flags.tokens.size() + flags.greedy > ctx) {
    fail(Exit::usage, "{} prompt tokens and {} greedy ones do not fit in the context of {} positions. Ask for fewer.", flags.tokens.size(), flags.greedy,
         ctx);
  }
  check_tokens(program.plan, flags.tokens);
  const std::string output = checked_output(flags.output, input_files(program, flags.engine));
  RunningEngine engine(program, flags.engine);
  AtomicFile file(output);
  i32 best = 0;
  const auto write_row = [&](std::span<const float> row) {
    file.append({reinterpret_cast<const u8*>(row.data()), row.size_bytes()});
    best = static_cast<i32>(std::max_element(row.begin(), row.end()) - row.begin());  // the lowest id among equals
  };
  if (flags.step) {
    for (const i32 token : flags.tokens) write_row(engine->step(token, program.plan.decode));
  } else {
    engine->feed(flags.tokens, write_row);
  }
  std::vector<i32> greedy_tokens;
  for (u32 i = 0; i < flags.greedy; ++i) {
    greedy_tokens.push_back(best);
    write_row(engine->step(best, program.plan.decode));
  }
  file.commit(false);
  const nlohmann::ordered_json summary = {{"prompt", flags.tokens}, {"greedy", greedy_tokens}, {"n_vocab", program.plan.shape.vocab}};
  write_out(summary.dump() + "\n");
  return 0;
}

}  // namespace

void add_logits(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("logits", "write the logits of given tokens to a file");
  const auto flags = std::make_shared<LogitsFlags>();
  add_numbers(*command, "--tokens", flags->tokens, {.least = 0}, "the prompt's token ids")->type_name("ID,ID,...")->required();
  add_number(*command, "-n", flags->greedy, {}, "greedy tokens after them")->capture_default_str()->type_name("K");
  command->add_flag("--step", flags->step, "feed the prompt token by token, by the kernels that generate");
  add_name(*command, "-o,--output", flags->output, "the file: float32 rows of the vocabulary's size")->type_name("FILE")->required();
  add_engine_flags(*command, flags->engine, true);
  command->callback([&action, flags] { action = [flags] { return logits(*flags); }; });
}

}  // namespace llmc
