// Kernels for sampling_test.cpp, one for each size of vocabulary.
#include "kernels/gpu/args.h"
#include "kernels/gpu/sampling.h"

namespace llmc {

struct SamplingCase {  // at the start of the arena
  f32* logits;
  void* scratch;
  abi::State* state;
  i32* tokens;
  u32 ctx;
};

template <u32 size, u32 workgroup>
struct TestShape {
  static constexpr u32 vocab = size, threads = workgroup;
};

#define LLMC_CASE(vocab, threads)                                                                                                       \
  LLMC_KERNEL(threads) void sample_##vocab(abi::Args a, int, int start, int) {                                                          \
    using S = sampling::Sample<TestShape<vocab, threads>>;                                                                              \
    const SamplingCase& c = *(const SamplingCase*)a.arena;                                                                              \
    S::run({c.logits, (S::Scratch*)c.scratch, c.state, c.tokens, a.ring, c.ctx}, start != 0, prim::block(), prim::blocks());                  \
  }
LLMC_CASE(100, 256)
LLMC_CASE(2048, 512)
LLMC_CASE(50001, 256)
LLMC_CASE(151936, 512)
LLMC_CASE(262144, 256)

}  // namespace llmc
