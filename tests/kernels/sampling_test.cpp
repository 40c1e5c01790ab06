// Sampling on the simulation, against a reference that sorts and adds in float64 and draws with the same uniform number. Where that
// number, or a share of the mass, falls within rounding of an edge, both answers are right and the case is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>

#include "tests/kernels/programs.h"

namespace llmc {
namespace {

struct SamplingCase {
  float* logits;
  void* scratch;
  abi::State* state;
  int* tokens;
  u32 ctx;
};

// Philox4x32-10 of (position, 0, 0, 0): the first two words as a fraction.
double reference_uniform(u64 seed, u32 position) {
  u32 c[4] = {position, 0, 0, 0}, k[2] = {static_cast<u32>(seed), static_cast<u32>(seed >> 32)};
  for (int round = 0; round < 10; round++) {
    const u64 a = u64{0xD2511F53} * c[0], b = u64{0xCD9E8D57} * c[2];
    const u32 next[4] = {static_cast<u32>(b >> 32) ^ c[1] ^ k[0], static_cast<u32>(b), static_cast<u32>(a >> 32) ^ c[3] ^ k[1], static_cast<u32>(a)};
    std::copy(next, next + 4, c);
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return (c[0] + c[1] * 4294967296.0) / 18446744073709551616.0;
}

struct Choice {
  int token;
  double edge = 1;  // distance of the nearest decision from its threshold
  std::vector<std::pair<int, double>> distribution;  // best first
};

// `tokens`: the ids before the new one.
Choice reference(std::vector<float> logits, const abi::Sampler& p, const std::vector<int>& tokens) {
  const u32 position = static_cast<u32>(tokens.size());
  const u32 window = p.repeat_last_n < 0 ? position : std::min(static_cast<u32>(p.repeat_last_n), position);
  std::map<int, int> occurrences;
  for (u32 i = position - window; i < position; i++) occurrences[tokens[i]]++;
  for (const auto& [id, count] : occurrences) {
    float& l = logits[static_cast<size_t>(id)];
    l = l > 0 ? l / p.repeat_penalty : l * p.repeat_penalty;
    l -= static_cast<float>(count) * p.frequency_penalty + p.presence_penalty;
  }
  const auto value = [&](int id) {  // numbers before not-a-numbers
    const double l = logits[static_cast<size_t>(id)];
    return std::isnan(l) ? -INFINITY : l;
  };
  std::vector<int> order(logits.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int>(i);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const bool a_number = !std::isnan(logits[static_cast<size_t>(a)]), b_number = !std::isnan(logits[static_cast<size_t>(b)]);
    return a_number != b_number ? a_number : value(a) > value(b);
  });
  Choice choice{order[0], 1, {}};
  if (!(p.temp > 0)) return choice;
  size_t kept = p.top_k > 0 ? std::min(static_cast<size_t>(p.top_k), order.size()) : order.size();
  const double best = value(order[0]);
  const auto weight = [&](size_t i, double temp) { return value(order[i]) == best ? 1.0 : std::exp((value(order[i]) - best) / temp); };
  const size_t among = kept;
  if (p.top_p < 1) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < among; i++) total += weight(i, 1);
    for (size_t i = 0; i < among; i++) {
      sum += weight(i, 1);
      choice.edge = std::min(choice.edge, std::fabs(sum / total - p.top_p));
      if (sum >= p.top_p * total) {
        kept = i + 1;
        break;
      }
    }
  }
  if (p.min_p > 0) {
    const double least = best + std::log(static_cast<double>(p.min_p));
    for (size_t i = 0; i < among; i++) choice.edge = std::min(choice.edge, std::fabs(value(order[i]) - least));
    size_t above = 1;
    while (above < kept && value(order[above]) >= least) above++;
    kept = std::min(kept, above);
  }
  double total = 0, sum = 0;
  for (size_t i = 0; i < kept; i++) total += weight(i, p.temp);
  const double u = reference_uniform(p.seed, position);
  bool found = false;
  for (size_t i = 0; i < kept; i++) {
    sum += weight(i, p.temp) / total;
    choice.distribution.emplace_back(order[i], weight(i, p.temp) / total);
    choice.edge = std::min(choice.edge, std::fabs(sum - u));
    if (!found && u < sum) {
      found = true;
      choice.token = order[i];
    }
  }
  return choice;
}

struct Outcome {
  int token, finish, remaining;
};

class Sampling : public testing::TestWithParam<u32> {
 protected:
  // Samples the token after `tokens`; checks everything that is written besides the choice.
  Outcome sample(std::vector<float> logits, const abi::Sampler& sampler, const std::vector<int>& tokens, u32 workers, bool advance, int remaining = 5,
                 u32 free_positions = 1) {
    const u32 position = static_cast<u32>(tokens.size());
    abi::State state{};
    state.pos = static_cast<int>(position) - advance;
    state.remaining = remaining;
    state.sampler = sampler;
    state.n_eog = 2;
    state.eog[0] = 7;
    state.eog[1] = 9;
    state.produced = abi::ring_slots - 1;
    std::vector<int> ids = tokens;
    ids.push_back(-1);
    SamplingCase data{logits.data(), scratch_.data(), &state, ids.data(), position + free_positions};
    abi::Args args{};
    args.arena = reinterpret_cast<unsigned char*>(&data);
    args.ring = ring_.get();
    const u32 threads = logits.size() == 2048 || logits.size() == 151936 ? 512 : 256;
    test_program("sampling", GetParam()).launch("sample_" + std::to_string(logits.size()), {workers, threads, 32768, GetParam()}, args, 0, advance);
    EXPECT_EQ(ids[position], state.token);
    EXPECT_TRUE(std::equal(tokens.begin(), tokens.end(), ids.begin()));
    EXPECT_EQ(state.pos, static_cast<int>(position));
    EXPECT_EQ(state.produced, abi::ring_slots);
    EXPECT_EQ(ring_->produced, abi::ring_slots);
    EXPECT_EQ(ring_->tokens[abi::ring_slots - 1], state.token);
    EXPECT_EQ(ring_->finish, state.finish);
    EXPECT_EQ(scratch_[0], 0u) << "the counter is not ready for the next token";
    return {state.token, state.finish, state.remaining};
  }

  std::vector<u32> scratch_ = std::vector<u32>(1 << 18, 0);
  std::unique_ptr<abi::Ring> ring_ = std::make_unique<abi::Ring>();
};

constexpr abi::Sampler samplers[] = {
    // temp, top_p, min_p, repeat, presence, frequency, top_k, last_n, seed
    {0, 1, 0, 1, 0, 0, 40, 64, 0},
    {0, 0.9f, 0.05f, 1.3f, 0.2f, 0.5f, 40, 64, 0},
    {0.8f, 0.95f, 0.05f, 1, 0, 0, 40, 64, 0},
    {0.8f, 0.95f, 0.05f, 1.1f, 0.1f, 0.3f, 40, -1, 0},
    {1.5f, 1, 0, 1, 0, 0, 0, 64, 0},
    {1, 0.9f, 0, 1, 0, 0, 0, 64, 0},
    {0.7f, 1, 0.1f, 1.2f, 0, 0, 0, 10, 0},
    {2, 0.99f, 0, 1, 0, 0, 1000, 0, 0},
    {2, 0.99f, 0, 1, 0, 0, 1500, 0, 0},
    {1, 0.5f, 0.2f, 1, 0, 0, 5, 0, 0},
    {1, 0, 0, 1, 0, 0, 50, 0, 0},
    {1, 1, 0, 1, 0, 0, 1, 0, 0},
    {100, 1, 0, 1, 0, 0, 0, 0, 0},
    {1e-4f, 1, 0, 1, 0, 0, 0, 0, 0},
    {1, 0.99f, 0, 1, 0, 0, 900, 0, 0},
};

enum class Logits { normal, wide, narrow, ties, with_holes, front };

std::vector<float> random_logits(Logits kind, u32 vocab, std::mt19937& random) {
  std::normal_distribution<float> normal(0, kind == Logits::wide ? 3 : kind == Logits::narrow ? 0.01f : 1);
  std::vector<float> logits(vocab);
  for (u32 i = 0; i < vocab; i++) {
    logits[i] = kind == Logits::ties ? std::round(normal(random)) : normal(random);
    if (kind == Logits::front && i < vocab / 200) logits[i] += 3;  // the best beside each other
    if (kind == Logits::with_holes && i % 3 == 0) logits[i] = -INFINITY;
    if (kind == Logits::with_holes && i % 3 == 1) logits[i] = NAN;
  }
  return logits;
}

TEST_P(Sampling, ChoosesWhatTheReferenceChooses) {
  std::mt19937 random(3);
  u32 compared = 0, at_an_edge = 0;
  const std::vector<abi::Sampler> all(std::begin(samplers), std::end(samplers)), few = {samplers[1], samplers[3], samplers[5], samplers[14]};
  const auto compare = [&](u32 vocab, const std::vector<u32>& worker_counts, const std::vector<Logits>& kinds) {
    for (const Logits kind : kinds) {
      for (abi::Sampler sampler : vocab > 10000 ? few : all) {
        const std::vector<float> logits = random_logits(kind, vocab, random);
        std::vector<int> tokens(1 + random() % 120);
        for (size_t i = 0; i < tokens.size(); i++) tokens[i] = static_cast<int>(random() % (i % 2 ? vocab : 20));
        sampler.seed = random() * u64{77} + 1;
        const Choice choice = reference(logits, sampler, tokens);
        for (const u32 workers : worker_counts) {
          const Outcome outcome = sample(logits, sampler, tokens, workers, tokens.size() % 2 == 1);
          compared++;
          if (choice.edge < 2e-6) {
            at_an_edge++;
            continue;
          }
          ASSERT_EQ(outcome.token, choice.token) << "vocabulary " << vocab << " top_k " << sampler.top_k << " temp " << sampler.temp << " workers "
                                                 << workers << " logits " << static_cast<int>(kind) << " edge " << choice.edge;
          ASSERT_EQ(outcome.finish, choice.token == 7 || choice.token == 9 ? abi::end_of_generation : abi::running);
          ASSERT_EQ(outcome.remaining, 4);
        }
      }
    }
  };
  compare(100, {1, 3, 132}, {Logits::normal, Logits::wide, Logits::ties, Logits::with_holes});
  compare(2048, {1, 132}, {Logits::normal, Logits::wide, Logits::ties, Logits::with_holes});
  compare(50001, {7}, {Logits::wide, Logits::with_holes});
  compare(151936, {40}, {Logits::wide});
  compare(151936, {132}, {Logits::front, Logits::narrow});
  compare(262144, {3}, {Logits::normal});
  ASSERT_LT(at_an_edge, compared / 10);
}

TEST_P(Sampling, NoNumberAtAll) {
  for (const float value : {NAN, -INFINITY}) {
    for (const float temp : {0.0f, 1.0f}) {
      for (const int top_k : {0, 40}) {
        const abi::Sampler sampler{temp, 0.9f, 0.05f, 1, 0, 0, top_k, 64, 5};
        ASSERT_EQ(sample(std::vector<float>(2048, value), sampler, {1, 2}, 3, true).token, 0) << value << " temp " << temp << " top_k " << top_k;
      }
    }
  }
}

TEST_P(Sampling, SaysWhyItEnds) {
  std::vector<float> logits(100, 0);
  logits[50] = 1;
  const abi::Sampler greedy{0, 1, 0, 1, 0, 0, 40, 64, 0};
  EXPECT_EQ(sample(logits, greedy, {1}, 2, true, 1).finish, abi::limit);
  EXPECT_EQ(sample(logits, greedy, {1}, 2, true, 5, 0).finish, abi::context_full);
  logits[9] = 2;
  EXPECT_EQ(sample(logits, greedy, {1}, 2, true, 1, 0).finish, abi::end_of_generation);
}

TEST_P(Sampling, FrequenciesFollowTheDistribution) {
  std::mt19937 random(11);
  for (const u32 which : {2u, 4u, 5u, 7u}) {
    abi::Sampler sampler = samplers[which];
    std::vector<float> logits = random_logits(Logits::wide, 100, random);
    const Choice choice = reference(logits, sampler, {1});
    constexpr int draws = 1000;
    std::map<int, int> counts;
    for (int i = 0; i < draws; i++) {
      sampler.seed = static_cast<u64>(i) * 2654435761u;
      counts[sample(logits, sampler, {1}, 2, true).token]++;
    }
    double chi_square = 0, rest_expected = 0;
    int freedom = -1, rest = 0, seen = 0;
    for (const auto& [id, probability] : choice.distribution) {
      const double expected = probability * draws;
      seen += counts[id];
      if (expected < 5) {
        rest_expected += expected;
        rest += counts[id];
        continue;
      }
      chi_square += (counts[id] - expected) * (counts[id] - expected) / expected;
      freedom++;
    }
    if (rest_expected > 0) {
      chi_square += (rest - rest_expected) * (rest - rest_expected) / rest_expected;
      freedom++;
    }
    EXPECT_EQ(seen, draws) << "tokens outside the distribution's support";
    EXPECT_LT(chi_square, freedom + 4 * std::sqrt(2.0 * freedom) + 5) << "degrees of freedom " << freedom;
  }
}

INSTANTIATE_TEST_SUITE_P(Wave, Sampling, testing::Values(32, 64));

}  // namespace
}  // namespace llmc
