// The program's flags: llama.cpp's names, aliases, defaults and ranges.
#include <gtest/gtest.h>
#include "common/error.h"
#include "runtime/commands/commands.h"

namespace llmc::test {
namespace {

struct Parsed {
  SamplingFlags sampling;
  EngineFlags engine;
  std::string prompt, system;
  bool refused = false;

  explicit Parsed(std::vector<const char*> words) {
    CLI::App app;
    app.add_option("-p,--prompt", prompt);
    app.add_option("--system-prompt", system);
    add_sampling_flags(app, sampling);
    add_engine_flags(app, engine, true);
    words.insert(words.begin(), "program");
    std::vector<std::string> spelled = spell_out(app, static_cast<int>(words.size()), words.data());
    std::reverse(spelled.begin(), spelled.end());
    try {
      app.parse(spelled);
    } catch (const CLI::ParseError&) {
      refused = true;
    }
  }
};

TEST(SamplingArgs, DefaultsAreLlamaCpps) {
  const Parsed parsed({});
  const abi::Sampler& s = parsed.sampling.sampler;
  EXPECT_FLOAT_EQ(s.temp, 0.8f);
  EXPECT_EQ(s.top_k, 40);
  EXPECT_FLOAT_EQ(s.top_p, 0.95f);
  EXPECT_FLOAT_EQ(s.min_p, 0.05f);
  EXPECT_FLOAT_EQ(s.repeat_penalty, 1.0f);
  EXPECT_EQ(s.repeat_last_n, 64);
  EXPECT_EQ(s.presence_penalty, 0.0f);
  EXPECT_EQ(s.frequency_penalty, 0.0f);
  EXPECT_EQ(parsed.sampling.seed, -1);
  EXPECT_EQ(parsed.engine.ctx, 0u);
}

TEST(SamplingArgs, EveryFlagReachesItsField) {
  const Parsed parsed({"-s", "7", "--temperature", "0.5", "--top-k", "3", "--top-p", "0.6", "--min-p", "0.1", "--repeat-penalty", "1.2", "--repeat-last-n",
                       "-1", "--presence-penalty", "-0.5", "--frequency-penalty", "0.25", "-c", "128", "-t", "2", "--device", "1"});
  ASSERT_FALSE(parsed.refused);
  const abi::Sampler s = parsed.sampling.resolved();
  EXPECT_EQ(s.seed, 7u);
  EXPECT_FLOAT_EQ(s.temp, 0.5f);
  EXPECT_EQ(s.top_k, 3);
  EXPECT_FLOAT_EQ(s.top_p, 0.6f);
  EXPECT_FLOAT_EQ(s.min_p, 0.1f);
  EXPECT_FLOAT_EQ(s.repeat_penalty, 1.2f);
  EXPECT_EQ(s.repeat_last_n, -1);
  EXPECT_FLOAT_EQ(s.presence_penalty, -0.5f);
  EXPECT_FLOAT_EQ(s.frequency_penalty, 0.25f);
  EXPECT_EQ(parsed.engine.ctx, 128u);
  EXPECT_EQ(parsed.engine.device.threads, 2u);
  EXPECT_EQ(parsed.engine.device.device, 1);
}

TEST(SamplingArgs, NonsenseIsRefused) {
  const std::vector<std::vector<const char*>> cases = {
      {"--temp", "nan"}, {"--temp", "inf"}, {"--temp", "warm"}, {"--top-p", "1.5"}, {"--top-p", "-0.1"}, {"--min-p", "2"},
      {"--repeat-penalty", "0"}, {"--repeat-penalty", "-1"}, {"--repeat-last-n", "-2"}, {"-s", "-2"}, {"--top-k", "99999999999"}, {"-c", "-5"}, {"--unknown"}};
  for (const auto& words : cases) EXPECT_TRUE(Parsed(words).refused) << words[0] << " " << (words.size() > 1 ? words[1] : "");
}

TEST(SamplingArgs, ARandomSeedIsDrawnEachTime) {
  const Parsed parsed({});
  EXPECT_NE(parsed.sampling.resolved().seed, parsed.sampling.resolved().seed);
}

TEST(SamplingArgs, SysIsOneWord) {
  const Parsed parsed({"-s", "3", "-sys", "be kind", "-p", "-sys"});
  ASSERT_FALSE(parsed.refused);
  EXPECT_EQ(parsed.sampling.seed, 3);
  EXPECT_EQ(parsed.system, "be kind");
  EXPECT_EQ(parsed.prompt, "-sys");
}

}  // namespace
}  // namespace llmc::test
