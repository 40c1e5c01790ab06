#include <sys/random.h>
#include <algorithm>
#include <cctype>
#include "common/error.h"
#include "common/options.h"
#include "runtime/commands/commands.h"

namespace llmc {

void add_engine_flags(CLI::App& app, EngineFlags& flags, bool ctx) {
  if (ctx) add_number(app, "-c,--ctx-size", flags.ctx, {}, "positions of the context (0: all that the program holds)")->type_name("N");
  add_number(app, "-t,--threads", flags.device.threads, {0, 4096}, "threads (CPU; 0: the physical cores); fewer than the cores when they have other work: the threads wait for each other at every phase")
      ->type_name("N");
  add_number(app, "--device", flags.device.device, {.least = 0}, "which GPU, counted from 0")->type_name("N");
  add_name(app, "--weights", flags.weights, "the GGUF, for programs compiled with --weights=extern")->type_name("FILE");
}

void add_sampling_flags(CLI::App& app, SamplingFlags& flags) {
  abi::Sampler& sampler = flags.sampler;
  const auto add = [&app](const char* names, auto& value, const auto& limits, const char* type, const char* description) {
    add_number(app, names, value, limits, description)->capture_default_str()->type_name(type);
  };
  const Limits<float> any, share = {0, 1};
  add("-s,--seed", flags.seed, Limits<i64>{-1, 4294967295}, "N", "seed (-1: random)");
  add("--temp,--temperature", sampler.temp, any, "X", "temperature (0 or less: always the likeliest token)");
  add("--top-k", sampler.top_k, Limits<int>(), "K", "keep the K likeliest tokens (0 or less: all)");
  add("--top-p", sampler.top_p, share, "P", "keep the likeliest tokens up to this probability (1: all)");
  add("--min-p", sampler.min_p, share, "P", "drop tokens below this share of the likeliest (0: none)");
  add("--repeat-penalty", sampler.repeat_penalty, Limits<float>{.least = 0, .above = true}, "X", "divide the logits of repeated tokens (1: off)");
  add("--repeat-last-n", sampler.repeat_last_n, Limits<int>{.least = -1}, "N", "tokens that penalties look back on (0: off, -1: the whole context)");
  add("--presence-penalty", sampler.presence_penalty, any, "X", "taken from the logits of tokens seen (0: off)");
  add("--frequency-penalty", sampler.frequency_penalty, any, "X", "the same, times how often (0: off)");
}

abi::Sampler SamplingFlags::resolved() const {
  abi::Sampler result = sampler;
  result.seed = static_cast<unsigned long long>(seed);
  if (seed < 0 && getrandom(&result.seed, sizeof(result.seed), 0) != sizeof(result.seed)) {
    fail(Exit::failed, "The system gave no random number. Choose a seed with -s.");
  }
  return result;
}

namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// Whether `word` is a flag, of the program or of a sub-command, that takes the next word as its value.
bool takes_value(const CLI::App& app, const std::string& word) {
  const auto takes = [&](const CLI::App& a) {
    const CLI::Option* option = a.get_option_no_throw(word);
    return option != nullptr && option->get_items_expected_min() > 0;
  };
  const auto subs = app.get_subcommands([](const CLI::App*) { return true; });
  return takes(app) || std::any_of(subs.begin(), subs.end(), [&](const CLI::App* sub) { return takes(*sub); });
}

}  // namespace

std::vector<std::string> spell_out(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!words.empty() && takes_value(app, words.back())) {
      words.push_back(word);
    } else if (word == "-sys") {
      words.push_back("--system-prompt");
    } else if (word.size() > 2 && word[0] == '-' && is_letter(word[1]) && is_letter(word[2])) {
      fail(Exit::usage, "There is no flag {}. `--help` lists those that there are.", word);
    } else {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace llmc
