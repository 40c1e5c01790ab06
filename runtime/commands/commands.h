// The program's command line, one file a sub-command. Each adds its flags to the parser; the one that was chosen sets `action`, which
// main runs after parsing and whose result is the exit code.
#pragma once
#include <functional>
#include <CLI/CLI.hpp>
#include "kernels/abi.h"
#include "runtime/program.h"

namespace llmc {

using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);  // no sub-command: one answer, or a chat on a terminal
void add_info(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_selftest(CLI::App& app, Action& action);
void add_logits(CLI::App& app, Action& action);

// -t, --device, --weights, and -c where `ctx`.
void add_engine_flags(CLI::App& app, EngineFlags& flags, bool ctx);

// llama.cpp's names, aliases and defaults. A seed of -1 is random.
struct SamplingFlags {
  abi::Sampler sampler = {.temp = 0.8f, .top_p = 0.95f, .min_p = 0.05f, .repeat_penalty = 1, .presence_penalty = 0, .frequency_penalty = 0,
                          .top_k = 40, .repeat_last_n = 64, .seed = 0};
  i64 seed = -1;
  abi::Sampler resolved() const;  // with the seed drawn
};
void add_sampling_flags(CLI::App& app, SamplingFlags& flags);

// Words behind one dash, which CLI11 takes for a flag of one letter with its value (`-s ys`), unless they are the value of a flag: `-sys` becomes
// `--system-prompt`, others (llama.cpp's `-ngl`, `-cnv`) are the user's error.
std::vector<std::string> spell_out(const CLI::App& app, int argc, const char* const* argv);

}  // namespace llmc
