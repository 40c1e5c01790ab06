// The command line of llmc. Every sub-command is one call.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>

#include "common/error.h"
#include "common/options.h"
#include "common/version.h"
#include "compiler/build/build.h"
#include "compiler/compile.h"
#include "compiler/detect_gpu.h"
#include "compiler/inspect.h"
#include "compiler/model/model.h"
#include "compiler/print_plan.h"
#include "compiler/standard_output.h"
#include "compiler/target/target.h"
#include "compiler/tokenize.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
namespace {

// What `compile` and `plan` share.
void add_target_options(CLI::App& app, std::string& arch, u32& ctx, std::optional<Fuse>& fuse) {
  add_name(app, "--arch", arch, "Processor, e.g. gfx1100, sm_90, x86-64-v4, native (default: the GPU that is there, else native)")->type_name("ARCH");
  add_number(app, "--ctx", ctx, {.least = 1}, "Most positions the program can hold (default: the model's, at most 8192)")->type_name("N");
  add_choice<Fuse>(app, "--fuse", fuse, {{"op", Fuse::op}, {"block", Fuse::block}, {"model", Fuse::model}},
                   "Kernels: one a phase (op), a transformer block (block) or a token (model) (default: the faster there)");
}

void add_compile(CLI::App& app, CompileOptions& options) {
  CLI::App* sub = app.add_subcommand("compile", "Make an executable of a model for one processor");
  sub->add_option("model", options.model, "GGUF file")->required();
  add_name(*sub, "-o,--output", options.output, "Where to write (default: the model's name with .bin, here)")->type_name("FILE");
  add_target_options(*sub, options.arch, options.ctx, options.fuse);
  add_choice<bool>(*sub, "--weights", options.extern_weights, {{"embed", false}, {"extern", true}},
                   "Carry the weights in the executable (embed) or leave them in the GGUF (extern)")
      ->default_str("embed");
  add_name(*sub, "--ptxas", options.ptxas,
           "NVIDIA: add a cubin made by this ptxas (a path, or a name on PATH; auto: the one on PATH or in /usr/local/cuda/bin; off)")
      ->type_name("PATH|auto|off")
      ->capture_default_str();
  add_choice(*sub, "--emit", options.emit, {"plan", "hip", "ll", "asm", "obj"},
             "Write the plan, source, LLVM IR, assembly or object instead of an executable, to -o (-: all but obj to standard output)");
  sub->add_option_function<std::string>(
         "--save-temps",
         [&options](const std::string& folder) {
           options.save_temps = true;
           options.temps_folder = folder;
         },
         "Keep plan, source, assembly and object, beside the output or in DIR")
      ->expected(0, 1)
      ->trigger_on_parse();
  sub->add_flag("--debug-info", options.debug_info, "AMD: add line tables to the code, for debuggers and profilers");
  sub->callback([&options] { compile(options); });
}

struct PlanCommand {
  std::string model, arch;
  PlanOptions options;
  bool json = false;
};

void add_plan(CLI::App& app, PlanCommand& command) {
  CLI::App* sub = app.add_subcommand("plan", "Show the phases, bytes and floor time of a token, without compiling");
  sub->add_option("model", command.model, "GGUF file")->required();
  add_target_options(*sub, command.arch, command.options.ctx, command.options.fuse);
  sub->add_flag("--json", command.json, "As JSON");
  sub->callback([&command] {
    const Model model = read_model(GgufFile::open(command.model));
    tokenizer_from_gguf(*model.file);  // what `compile` would refuse has no plan
    print_plan(make_plan(model, find_target(command.arch.empty() ? default_arch().arch : command.arch), command.options), command.json, stdout);
  });
}

struct InspectCommand {
  std::string model;
  bool json = false;
};

void add_inspect(CLI::App& app, InspectCommand& command) {
  CLI::App* sub = app.add_subcommand("inspect", "Show a GGUF's metadata and tensors");
  sub->add_option("model", command.model, "GGUF file")->required();
  sub->add_flag("--json", command.json, "As JSON");
  sub->callback([&command] { inspect(command.model, command.json, stdout); });
}

void add_tokenize(CLI::App& app, TokenizeOptions& options) {
  CLI::App* sub = app.add_subcommand("tokenize", "Show the token ids of a text");
  sub->add_option("model", options.model, "GGUF file")->required();
  auto* text = sub->add_option("-p,--prompt", options.text, "The text (without -p and -f: standard input)");
  add_name(*sub, "-f,--file", options.file, "A file whose bytes are the text")->excludes(text);
  sub->add_flag("--no-bos", options.no_bos, "Leave the beginning-of-sequence token out");
  sub->add_flag("--special", options.special, "Recognise special tokens in the text");
  sub->callback([&options] { tokenize(options, stdout); });
}

void add_targets(CLI::App& app, bool& json) {
  CLI::App* sub = app.add_subcommand("targets", "List the processors llmc can compile for");
  sub->add_flag("--json", json, "As JSON");
  sub->callback([&json] { print_targets(json, stdout); });
}

int run(int argc, char** argv) {
  CLI::App app{"llmc: compiles a language model (GGUF) into one executable for one processor", "llmc"};
  app.set_version_flag("--version", fmt::format("llmc {}", version));
  app.require_subcommand(1);
  CompileOptions compile_options;
  PlanCommand plan_command;
  InspectCommand inspect_command;
  TokenizeOptions tokenize_options;
  bool targets_json = false;
  add_compile(app, compile_options);
  add_inspect(app, inspect_command);
  add_plan(app, plan_command);
  add_targets(app, targets_json);
  add_tokenize(app, tokenize_options);
  app.failure_message([](const CLI::App* self, const CLI::Error& error) {
    const std::vector<std::string> stray = stray_words(*self);
    const bool text = self->got_subcommand("tokenize") && !stray.empty() && !stray.front().starts_with('-');
    return fmt::format("llmc: {}\n{}Run llmc --help, or llmc COMMAND --help.\n", usage_text(*self, error), text ? "The text follows -p. " : "");
  });
  if (argc == 1) {
    fmt::print(stderr, "{}", app.help());
    return static_cast<int>(Exit::usage);
  }
  if (argv[1][0] != '-' && app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == argv[1]; }).empty()) {
    fail(Exit::usage, "there is no command '{}'. `llmc --help` lists them.", argv[1]);
  }
  int code = 0;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    code = app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  } catch (const std::system_error&) {
    finish_standard_output();  // fmt::print throws where it cannot write
    throw;
  }
  finish_standard_output();
  return code;
}

}  // namespace
}  // namespace llmc

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], llmc::internal_build_flag) == 0) return llmc::internal_build_main();
  try {
    return llmc::run(argc, argv);
  } catch (const llmc::InternalError& error) {
    fmt::print(stderr, "llmc: internal error: {}\nThis is a fault of llmc, not of your input; please report it.\n", error.what());
    return static_cast<int>(error.code());
  } catch (const llmc::Error& error) {
    fmt::print(stderr, "llmc: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "llmc: out of memory. Close other programs, or compile on a machine with more.\n");
    return static_cast<int>(llmc::Exit::memory);
  } catch (const std::exception& error) {
    fmt::print(stderr, "llmc: internal error: {}\nThis is a fault of llmc, not of your input; please report it.\n", error.what());
    return static_cast<int>(llmc::Exit::internal);
  }
}
