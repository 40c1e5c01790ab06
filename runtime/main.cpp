// The program that llmc makes: this runtime, with the model in its own file.
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <sstream>
#include <unistd.h>
#include "common/error.h"
#include "common/options.h"
#include "common/version.h"
#include "runtime/commands/commands.h"
#include "runtime/output.h"
#include "runtime/signals.h"

namespace llmc {
namespace {

constexpr void (*commands[])(CLI::App&, Action&) = {add_run, add_info, add_bench, add_selftest, add_logits};

int run_program(int argc, char** argv) {
  CLI::App app("A language model, compiled by llmc. Without a prompt it reads standard input; on a terminal it chats.");
  app.set_version_flag("--version", std::string(version));
  app.require_subcommand(0, 1);
  app.failure_message([](const CLI::App* self, const CLI::Error& error) {
    return fmt::format("Error: {}\nRun it with --help for what it takes; a prompt follows -p.\n", usage_text(*self, error));
  });
  Action action;
  for (const auto add : commands) add(app, action);
  try {
    std::vector<std::string> words = spell_out(app, argc, argv);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.name(argv[0]);
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;  // or the version; std::cout would not say that it cannot be written
    const int code = app.exit(error, help, std::cerr);
    write_out(help.str());
    return code == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return action();
}

}  // namespace
}  // namespace llmc

int main(int argc, char** argv) {
  using namespace llmc;
  install_signal_handlers();
  int code = static_cast<int>(Exit::internal);
  try {
    code = run_program(argc, argv);
  } catch (const InternalError& error) {
    note(fmt::format("Internal error: {}. Please report it with the command and the output of `info --json`.", error.what()));
  } catch (const Error& error) {
    note(fmt::format("Error: {}", error.what()));
    code = static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    note("Error: out of memory on the host. Free some, or use a smaller context with -c.");
    code = static_cast<int>(Exit::memory);
  } catch (const std::exception& error) {
    note(fmt::format("Internal error: {}. Please report it with the command and the output of `info --json`.", error.what()));
  }
  // Without the drivers' exit handlers, some of which wait for a device that may have failed.
  std::fflush(nullptr);
  _exit(code);
}
