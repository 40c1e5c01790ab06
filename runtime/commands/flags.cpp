#include <cmath>
#include <limits>
#include <sys/random.h>
#include "common/error.h"
#include "runtime/commands/commands.h"

namespace llmc {
namespace {

constexpr float most = std::numeric_limits<float>::max();

const CLI::Validator finite([](std::string& text) {
  float value = 0;
  return CLI::detail::lexical_cast(text, value) && std::isfinite(value) ? std::string() : "\"" + text + "\" is not a finite number";
}, "", "finite");

}  // namespace

void add_engine_flags(CLI::App& app, EngineFlags& flags, bool ctx) {
  if (ctx) app.add_option("-c,--ctx-size", flags.ctx, "positions of the context (0: all that the program holds)")->type_name("N");
  app.add_option("-t,--threads", flags.device.threads, "threads (CPU; 0: the physical cores)")->type_name("N")->check(CLI::Range(0, 4096));
  app.add_option("--device", flags.device.device, "which GPU, counted from 0")->type_name("N")->check(CLI::NonNegativeNumber);
  app.add_option("--weights", flags.weights, "the GGUF, for programs compiled with --weights=extern")->type_name("FILE");
}

void add_sampling_flags(CLI::App& app, SamplingFlags& flags) {
  abi::Sampler& sampler = flags.sampler;
  app.add_option("-s,--seed", flags.seed, "seed (-1: random)")->capture_default_str()->type_name("N")->check(CLI::Range(i64{-1}, i64{4294967295}));
  app.add_option("--temp,--temperature", sampler.temp, "temperature (0: always the likeliest token)")->capture_default_str()->type_name("X")->check(finite);
  app.add_option("--top-k", sampler.top_k, "keep the K likeliest tokens (0: all)")->capture_default_str()->type_name("K");
  app.add_option("--top-p", sampler.top_p, "keep the likeliest tokens up to this probability (1: all)")->capture_default_str()->type_name("P")->check(CLI::Range(0.0f, 1.0f));
  app.add_option("--min-p", sampler.min_p, "drop tokens below this share of the likeliest (0: none)")->capture_default_str()->type_name("P")->check(CLI::Range(0.0f, 1.0f));
  app.add_option("--repeat-penalty", sampler.repeat_penalty, "divide the logits of repeated tokens (1: off)")->capture_default_str()
      ->type_name("X")->check(CLI::Range(std::numeric_limits<float>::min(), most));
  app.add_option("--repeat-last-n", sampler.repeat_last_n, "tokens that penalties look back on (0: off, -1: the whole context)")->capture_default_str()
      ->type_name("N")->check(CLI::Range(-1, std::numeric_limits<int>::max()));
  app.add_option("--presence-penalty", sampler.presence_penalty, "taken from the logits of tokens seen (0: off)")->capture_default_str()->type_name("X")->check(finite);
  app.add_option("--frequency-penalty", sampler.frequency_penalty, "the same, times how often (0: off)")->capture_default_str()->type_name("X")->check(finite);
}

abi::Sampler SamplingFlags::resolved() const {
  abi::Sampler result = sampler;
  result.seed = static_cast<unsigned long long>(seed);
  if (seed < 0 && getrandom(&result.seed, sizeof(result.seed), 0) != sizeof(result.seed)) {
    fail(Exit::failed, "The system gave no random number. Choose a seed with -s.");
  }
  return result;
}

std::vector<std::string> spell_out(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const CLI::Option* before = words.empty() ? nullptr : app.get_option_no_throw(words.back());
    const bool is_value = before != nullptr && before->get_items_expected_min() > 0;
    words.push_back(word == "-sys" && !is_value ? "--system-prompt" : word);
  }
  return words;
}

}  // namespace llmc
