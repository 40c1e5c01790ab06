// Microseconds of one sampled token on one core: x86_sampling [VOCAB] [TOP_K] [TOP_P] [TEMPERATURE] [SPREAD]. The logits are normal
// with that spread, different for each of the 64 that are taken in turn, so that they do not stay in the first cache.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/types.h"
#include "kernels/abi.h"
#include "tests/kernels/x86_module.h"

namespace {

const char* const source = R"(#define LLMC_HOST
#include "kernels/x86/sample.h"
using namespace llmc;
extern "C" unsigned draw(const abi::Sampler* p, float* logits, int vocab, int position, float* maxima, u64* order, unsigned* occurrences) {
  const int blocks = (vocab + x86::kSampleBlock - 1) / x86::kSampleBlock;
  x86::penalise(*p, logits, nullptr, position, 0, vocab, occurrences);
  x86::block_maxima(logits, vocab, {0, blocks}, maxima);
  return x86::pick(*p, logits, vocab, position, {maxima, order, occurrences});
}
)";
using Draw = unsigned(const llmc::abi::Sampler*, float*, int, int, float*, llmc::u64*, unsigned*);

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, const char* otherwise) { return std::string(argc > i ? argv[i] : otherwise); };
  try {
    const int vocab = std::atoi(argument(1, "151936").c_str());
    llmc::abi::Sampler sampler = {};
    sampler.top_k = std::atoi(argument(2, "40").c_str());
    sampler.top_p = std::strtof(argument(3, "0.95").c_str(), nullptr);
    sampler.temp = std::strtof(argument(4, "0.8").c_str(), nullptr);
    sampler.repeat_penalty = 1;
    sampler.seed = 1;
    std::normal_distribution<float> normal(0, std::strtof(argument(5, "3").c_str(), nullptr));
    std::mt19937 random(1);
    const llmc::X86Module module(source, llmc::runs_here("x86-64-v4") ? "x86-64-v4" : "x86-64-v3");
    const auto draw = module.function<Draw>("draw");
    const size_t count = static_cast<size_t>(vocab);
    std::vector<std::vector<float>> logits(64, std::vector<float>(count));
    for (auto& row : logits) {
      for (float& logit : row) logit = normal(random);
    }
    std::vector<float> maxima(count / 64 + 1);
    std::vector<llmc::u64> order(count);
    std::vector<unsigned> occurrences(count);
    std::vector<double> times;
    unsigned sum = 0;
    for (int i = 0; i < 1024; i++) {
      const auto start = std::chrono::steady_clock::now();
      sum += draw(&sampler, logits[static_cast<size_t>(i) % logits.size()].data(), vocab, i, maxima.data(), order.data(), occurrences.data());
      times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    std::printf("%d logits, top-k %d, top-p %.2f, temperature %.2f: median %.1f us, best %.1f us (sum of the tokens %u)\n", vocab, sampler.top_k,
                static_cast<double>(sampler.top_p), static_cast<double>(sampler.temp), times[times.size() / 2], times.front(), sum);
  } catch (const llmc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
