// Without a sub-command: answers one prompt (-p, -f or standard input), or chats on a terminal.
#include <memory>
#include "common/error.h"
#include "common/options.h"
#include "common/read_file.h"
#include "runtime/commands/answer.h"
#include "runtime/commands/chat.h"
#include "runtime/commands/commands.h"
#include "runtime/output.h"

namespace llmc {
namespace {

struct RunFlags {
  EngineFlags engine;
  SamplingFlags sampling;
  std::string prompt, file, system;
  i64 limit = -1;
  bool raw = false;
  std::vector<std::string> stops;
  bool has_prompt = false, has_file = false, has_system = false;
};

// One newline at the end of a file or of `echo` is the tool's, not the prompt's.
std::string without_last_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

int run(const RunFlags& flags) {
  const Program program = open_program();
  const Tokenizer& tokenizer = program.need_tokenizer();
  const bool raw = flags.raw || tokenizer.chat_format() == ChatFormat::none;
  if (flags.has_system && raw) {
    fail(Exit::usage, "{}", flags.raw ? "-sys needs the chat template, which --raw turns off. Leave one of them out."
                                      : "-sys needs a chat template, and llmc knows none for this model. Put the instructions into the prompt.");
  }
  const bool interactive = !flags.has_prompt && !flags.has_file && terminal_in();
  AnswerRequest request;
  request.sampler = flags.sampling.resolved();
  request.limit = flags.limit;
  request.stops = flags.stops;
  if (!interactive) {
    const std::string text = flags.has_prompt ? flags.prompt : without_last_newline(flags.has_file ? read_text_file(flags.file, "-f") : read_standard_input());
    if (text.empty() && !raw) fail(Exit::usage, "The prompt is empty. Give some text with -p, -f or on standard input.");
    if (raw) {
      request.prompt = encode_raw(tokenizer, text);
    } else {
      std::vector<ChatMessage> messages;
      if (flags.has_system) messages.push_back({"system", flags.system});
      messages.push_back({"user", text});
      request.prompt = encode_chat(tokenizer, messages, true);
    }
    check_prompt(request.prompt, program.plan, checked_ctx(program.plan, flags.engine.ctx), 0);
  }
  RunningEngine engine(program, flags.engine, true);
  if (interactive) return chat(*engine, tokenizer, request, flags.system, raw);

  const double before = ms_since_start();
  const Answer result = answer(*engine, tokenizer, request);
  print_figures(result, request.prompt.size(), before + result.first_token_ms);
  return 0;
}

// A sub-command takes only the flags behind it: one before it would be dropped without a word.
void refuse_flags_before(const CLI::App& app, const std::string& command) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    throw CLI::ValidationError(option->get_name(false, true),
                               fmt::format("it stands before the sub-command {0}, whose flags belong behind it: `{0} --help` lists them.", command));
  }
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<RunFlags>();
  CLI::Option* prompt = app.add_option("-p,--prompt", flags->prompt, "the prompt")->type_name("TEXT");
  CLI::Option* file = add_name(app, "-f,--file", flags->file, "read the prompt from a file")->type_name("FILE")->excludes(prompt);
  CLI::Option* system = app.add_option("--system-prompt", flags->system, "instructions before the conversation (also -sys)")->type_name("TEXT");
  add_number(app, "-n,--predict,--n-predict", flags->limit, {-1, 2147483647}, "tokens to make at most (-1: until the model or the context ends)")
      ->capture_default_str()->type_name("N");
  app.add_flag("--raw", flags->raw, "complete the prompt as it is, without the chat template");
  app.add_option("-r,--stop,--reverse-prompt", flags->stops, "end the answer where this text appears (more than once: any of them)")
      ->type_name("TEXT")->expected(1)->take_all();
  add_sampling_flags(app, flags->sampling);
  add_engine_flags(app, flags->engine, true);
  app.callback([&app, &action, flags, prompt, file, system] {
    if (!app.get_subcommands().empty()) return refuse_flags_before(app, app.get_subcommands().front()->get_name());
    flags->has_prompt = prompt->count() > 0;
    flags->has_file = file->count() > 0;
    flags->has_system = system->count() > 0;
    action = [flags] { return run(*flags); };
  });
}

}  // namespace llmc
