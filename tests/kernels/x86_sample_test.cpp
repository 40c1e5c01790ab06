// Sampling on x86 against a reference that sorts, in float64: which tokens are kept, and by chi-square how often each is drawn.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "common/types.h"
#include "kernels/abi.h"
#include "tests/kernels/x86_module.h"

namespace llmc {
namespace {

const char* const source = R"(#define LLMC_HOST
#include "kernels/x86/sample.h"
using namespace llmc;
extern "C" unsigned draw(const abi::Sampler* p, float* logits, int vocab, const int* tokens, int position, float* maxima, u64* order,
                         unsigned* occurrences, unsigned workers) {
  const int blocks = (vocab + x86::kSampleBlock - 1) / x86::kSampleBlock;
  for (unsigned w = 0; w < workers; w++) {
    const x86::Range mine = x86::share(blocks, w, workers);
    x86::penalise(*p, logits, tokens, position, mine.begin * x86::kSampleBlock, x86::least(vocab, mine.end * x86::kSampleBlock), occurrences);
    x86::block_maxima(logits, vocab, mine, maxima);
  }
  return x86::pick(*p, logits, vocab, position, {maxima, order, occurrences});
}
)";
using Draw = unsigned(const abi::Sampler*, float*, int, const int*, int, float*, u64*, unsigned*, unsigned);

// Probability of every token that the sampler may give, by sorting.
std::map<u32, double> reference(const abi::Sampler& p, const std::vector<float>& logits) {
  std::vector<u32> ids(logits.size());
  for (u32 i = 0; i < ids.size(); i++) ids[i] = i;
  std::stable_sort(ids.begin(), ids.end(), [&](u32 a, u32 b) { return logits[a] > logits[b]; });
  if (p.top_k > 0 && static_cast<size_t>(p.top_k) < ids.size()) ids.resize(static_cast<size_t>(p.top_k));
  const double best = logits[ids[0]];
  const auto mass = [&](u32 id) { return std::exp(logits[id] - best); };
  if (p.top_p < 1) {
    double total = 0, sum = 0;
    for (const u32 id : ids) total += mass(id);
    size_t kept = 0;
    while (kept < ids.size() && sum < p.top_p * total) sum += mass(ids[kept++]);
    ids.resize(std::max<size_t>(kept, 1));
  }
  if (p.min_p > 0) std::erase_if(ids, [&](u32 id) { return mass(id) < p.min_p && id != ids[0]; });
  std::map<u32, double> probability;
  double total = 0;
  for (const u32 id : ids) total += probability[id] = std::exp((logits[id] - best) / p.temp);
  for (auto& [id, value] : probability) value /= total;
  return probability;
}

class X86Sample : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs_here("x86-64-v3")) GTEST_SKIP() << "this machine does not run x86-64-v3";
    module_ = std::make_unique<X86Module>(source, runs_here("x86-64-v4") ? "x86-64-v4" : "x86-64-v3");
  }
  u32 draw(const abi::Sampler& p, std::vector<float> logits, int position, const std::vector<int>& tokens = {}, unsigned workers = 3) {
    maxima_.resize(logits.size() / 64 + 1);
    order_.resize(logits.size());
    occurrences_.resize(logits.size());
    penalised_ = std::move(logits);
    return module_->function<Draw>("draw")(&p, penalised_.data(), static_cast<int>(penalised_.size()), tokens.data(), position, maxima_.data(),
                                           order_.data(), occurrences_.data(), workers);
  }
  std::unique_ptr<X86Module> module_;
  std::vector<float> maxima_, penalised_;
  std::vector<u64> order_;
  std::vector<unsigned> occurrences_;
};

std::vector<float> random_logits(size_t vocab, float spread, u32 seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(vocab);
  for (float& logit : logits) logit = normal(random);
  return logits;
}

TEST_F(X86Sample, DistributionsByChiSquare) {
  constexpr int draws = 5000;
  const std::vector<float> logits = random_logits(1000, 2, 1);
  for (const int top_k : {0, 1, 5, 40, 300}) {
    for (const float top_p : {1.0f, 0.95f, 0.4f}) {
      for (const float min_p : {0.0f, 0.05f}) {
        for (const float temp : {0.5f, 1.0f, 1.7f}) {
          abi::Sampler p = {.temp = temp, .top_p = top_p, .min_p = min_p, .repeat_penalty = 1, .top_k = top_k, .seed = 42};
          SCOPED_TRACE(testing::Message() << "top_k " << top_k << " top_p " << top_p << " min_p " << min_p << " temp " << temp);
          const std::map<u32, double> expected = reference(p, logits);
          std::map<u32, int> counts;
          for (int i = 0; i < draws; i++) {
            const u32 token = draw(p, logits, i);
            ASSERT_TRUE(expected.contains(token)) << "token " << token << " should not be kept";
            counts[token]++;
          }
          // Tokens expected fewer than 5 times are one class.
          double chi_square = 0, rest = 0;
          int degrees = -1, rest_count = 0;
          const auto add = [&](double want, int count) {
            chi_square += (count - want) * (count - want) / want;
            degrees++;
          };
          for (const auto& [id, probability] : expected) {
            if (probability * draws >= 5) add(probability * draws, counts[id]);
            else rest += probability * draws, rest_count += counts[id];
          }
          if (rest >= 5) add(rest, rest_count);
          EXPECT_LE(chi_square, degrees + 4 * std::sqrt(2.0 * std::max(degrees, 1)) + 4);
        }
      }
    }
  }
}

TEST_F(X86Sample, KeptTokensOfALargeVocabulary) {
  const std::vector<float> logits = random_logits(151936, 2.5f, 3);
  for (const abi::Sampler& p : {abi::Sampler{.temp = 0.8f, .top_p = 0.95f, .min_p = 0.05f, .repeat_penalty = 1, .top_k = 40, .seed = 5},
                                abi::Sampler{.temp = 3, .top_p = 1, .repeat_penalty = 1, .top_k = 4000, .seed = 5},
                                abi::Sampler{.temp = 1, .top_p = 0.3f, .repeat_penalty = 1, .seed = 5},
                                abi::Sampler{.temp = 1, .top_p = 0.9f, .min_p = 0.01f, .repeat_penalty = 1, .seed = 5}}) {
    const std::map<u32, double> expected = reference(p, logits);
    std::map<u32, int> drawn;
    for (int i = 0; i < 60; i++) drawn[draw(p, logits, i)]++;
    for (const auto& [token, count] : drawn) EXPECT_TRUE(expected.contains(token)) << token << " of " << expected.size();
    EXPECT_GT(drawn.size(), 3u);
  }
}

TEST_F(X86Sample, GreedyTakesTheLowestIdOfEquals) {
  std::vector<float> logits(777, -1.0f);
  logits[700] = logits[130] = logits[131] = 3.5f;
  for (const unsigned workers : {1u, 2u, 7u}) EXPECT_EQ(draw({.temp = 0, .repeat_penalty = 1}, logits, 9, {}, workers), 130u);
  logits[3] = std::numeric_limits<float>::quiet_NaN();
  logits[4] = -std::numeric_limits<float>::infinity();
  EXPECT_LT(draw({.temp = 0, .repeat_penalty = 1}, logits, 9), 777u);
  std::fill(logits.begin(), logits.end(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_LT(draw({.temp = 0, .repeat_penalty = 1}, logits, 9), 777u);
  EXPECT_LT(draw({.temp = 1, .top_p = 0.9f, .min_p = 0.05f, .repeat_penalty = 1, .top_k = 40}, logits, 9), 777u);
}

TEST_F(X86Sample, PenaltiesOfTheWindow) {
  const std::vector<float> logits = {2, -2, 3, 1, 0.5f};
  const std::vector<int> tokens = {4, 0, 1, 0, 2};  // the window of 4 holds 0 twice, 1 and 2 once
  const abi::Sampler p = {.temp = 0, .repeat_penalty = 2, .presence_penalty = 0.25f, .frequency_penalty = 0.5f, .repeat_last_n = 4};
  draw(p, logits, 5, tokens);
  EXPECT_FLOAT_EQ(penalised_[0], 1 - 2 * 0.5f - 0.25f);
  EXPECT_FLOAT_EQ(penalised_[1], -4 - 0.5f - 0.25f);
  EXPECT_FLOAT_EQ(penalised_[2], 1.5f - 0.5f - 0.25f);
  EXPECT_FLOAT_EQ(penalised_[3], 1);
  EXPECT_FLOAT_EQ(penalised_[4], 0.5f);
  abi::Sampler all = p;
  all.repeat_last_n = -1;
  draw(all, logits, 5, tokens);
  EXPECT_FLOAT_EQ(penalised_[4], 0.25f - 0.5f - 0.25f);
}

TEST_F(X86Sample, TheSameSeedAndPositionGiveTheSameToken) {
  const std::vector<float> logits = random_logits(5000, 1, 9);
  const abi::Sampler p = {.temp = 1, .top_p = 1, .repeat_penalty = 1, .seed = 77};
  abi::Sampler other = p;
  other.seed = 78;
  int differ = 0;
  for (int i = 0; i < 20; i++) {
    const u32 token = draw(p, logits, i, {}, 1);
    EXPECT_EQ(token, draw(p, logits, i, {}, 5));
    differ += token != draw(other, logits, i);
  }
  EXPECT_GT(differ, 15);
}

}  // namespace
}  // namespace llmc
