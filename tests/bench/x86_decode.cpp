// Times of one GGUF on this machine's CPU: x86_decode MODEL.gguf [ARCH] [THREADS] [PROMPT] [GENERATED] [REPEATS] [op|block|model]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/error.h"
#include "tests/bench/x86_program.h"

int main(int argc, char** argv) {
  using clock = std::chrono::steady_clock;
  const auto argument = [&](int i, const char* otherwise) { return std::string(argc > i ? argv[i] : otherwise); };
  const auto seconds = [](clock::time_point from) { return std::chrono::duration<double>(clock::now() - from).count(); };
  try {
    const int n_prompt = std::atoi(argument(4, "128").c_str()), n_gen = std::atoi(argument(5, "32").c_str());
    const std::string level = argument(7, "block");
    auto start = clock::now();
    llmc::X86Program program(argument(1, ""), argument(2, "x86-64-v4"), level == "op" ? llmc::Fuse::op : level == "model" ? llmc::Fuse::model : llmc::Fuse::block,
                             static_cast<llmc::u32>(n_prompt + n_gen + 64), static_cast<llmc::u32>(std::atoi(argument(3, "0").c_str())));
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("made in %.2f s; %.1f MB of weights, %.1f MB a token\n", seconds(start), static_cast<double>(program.plan().weight_bytes) / 1e6,
                static_cast<double>(program.plan().decode_bytes) / 1e6);
    std::vector<int> tokens(static_cast<size_t>(n_prompt));
    std::vector<double> prompt, decode;
    for (int r = 0; r <= std::atoi(argument(6, "5").c_str()); r++) {
      for (int& token : tokens) token = std::rand() % static_cast<int>(program.plan().shape.vocab);
      start = clock::now();
      program.prompt(tokens);
      const double prompt_s = seconds(start);
      program.sample();
      start = clock::now();
      program.decode(n_gen);
      const double decode_s = seconds(start);
      if (r == 0) continue;
      prompt.push_back(n_prompt / prompt_s);
      decode.push_back(n_gen / decode_s);
    }
    std::sort(prompt.begin(), prompt.end());
    std::sort(decode.begin(), decode.end());
    std::printf("%s pp%d median %.1f best %.1f  tg%d median %.2f best %.2f tok/s (%.1f GB/s)\n", level.c_str(), n_prompt, prompt[prompt.size() / 2], prompt.back(),
                n_gen, decode[decode.size() / 2], decode.back(), decode.back() * static_cast<double>(program.plan().decode_bytes) / 1e9);
    const auto phases = program.plan().phases;
    for (const llmc::Phase& phase : phases) {
      const std::string kernel = phase.name == "head" ? "head_logits" : phase.name == "sample" ? "sample" : "decode_" + phase.name;
      const double best = program.time_phase(kernel, 20);
      std::printf("  %-7s %8.1f us  %6.1f MB  %5.1f GB/s\n", phase.name.c_str(), best * 1e6, static_cast<double>(phase.weight_bytes) / 1e6,
                  static_cast<double>(phase.weight_bytes) / best / 1e9);
    }
    std::printf("a chunk of %u tokens:\n", program.plan().chunk);
    for (const char* kernel : {"embed", "norm", "qkv", "rope", "attn", "quant", "o_", "gateup", "down"}) {
      std::printf("  %-7s %8.1f us\n", kernel, program.time_phase(std::string("prefill_") + kernel, 8) * 1e6);
    }
  } catch (const llmc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
