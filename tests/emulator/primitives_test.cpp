// The primitives that every AMD kernel stands on (kernels/prim/amd.h) as the compiler builds them for a processor, on the emulator, against
// their definitions.
#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include "kernels/abi.h"
#include "kernels/gpu/workspace.h"
#include "tests/emulator/planted_kernels.h"
#include "tests/emulator/scheduler.h"

namespace llmc::emu {
namespace {

constexpr u32 threads = 128;

struct PrimitiveCase {
  const float* x;
  const u32* words;
  float* floats;
  u32* out;
};

class Primitives : public testing::TestWithParam<const char*> {
 protected:
  Primitives()
      : card_(GetParam(), 8),
        x(floats_of(1024)),
        words(words_of(threads)),
        floats(floats_of(4096)),
        out(words_of(4096)),
        arena(words_of(512)) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (u32 i = 0; i < 1024; i++) x[i] = normal(random);
    for (u32 i = 0; i < threads; i++) words[i] = random();
  }
  u32* words_of(u32 count) {
    Allocation& made = *memory_.allocate(count * sizeof(u32), AllocationKind::device);
    made.mark_written(0, made.bytes);
    return reinterpret_cast<u32*>(made.base);
  }
  float* floats_of(u32 count) { return reinterpret_cast<float*>(words_of(count)); }
  u32 wave() const { return card_.target().wave; }
  void run(const char* name, u32 shared = 0) {
    const PrimitiveCase data{x, words, floats, out};
    std::memcpy(reinterpret_cast<u8*>(arena) + 1024, &data, sizeof data);
    abi::Args args{};
    args.arena = reinterpret_cast<u8*>(arena);
    args.workers = 1;
    MachineOptions options;
    options.arch = GetParam();
    const std::vector<u8>& object = build_device_source("../../kernels/device/primitives", GetParam());
    LoadedCode code(object.data(), memory_, card_);
    Scheduler scheduler(card_, options, memory_);
    const Kernel& kernel = *code.object.kernel(name);
    int none = 0;
    void* arguments[] = {&args, &none, &none, &none};
    scheduler.run(code, kernel, {{1, 1, 1}, {threads, 1, 1}, shared}, pack_arguments(kernel, arguments));
  }

  Allocations memory_;
  Card card_;
  float* x;
  u32* words;
  float* floats;
  u32* out;
  u32* arena;
};

TEST_P(Primitives, WaveOperations) {
  run("wave_operations");
  for (u32 t = 0; t < threads; t++) {
    const u32 first = t / wave() * wave(), lane = t % wave();
    EXPECT_EQ(out[t], lane);
    EXPECT_EQ(out[threads + t], t / wave());
    for (u32 i = 0; i < 6; i++) EXPECT_EQ(out[(2 + i) * threads + t], 1u << i < wave() ? words[first + (lane ^ 1u << i)] : 0);
    EXPECT_EQ(out[8 * threads + t], words[first + words[t] % wave()]);
    u64 ballot = 0;
    double sum = 0;
    float most = -1e30f, most8 = -1e30f;
    for (u32 i = 0; i < wave(); i++) {
      ballot |= u64{words[first + i] & 1} << i;
      sum += x[first + i];
      most = std::max(most, x[first + i]);
    }
    for (u32 i = 0; i < 8; i++) most8 = std::max(most8, x[t / 8 * 8 + i]);
    EXPECT_EQ(out[9 * threads + t] | u64{out[10 * threads + t]} << 32, ballot);
    EXPECT_EQ(out[11 * threads + t], words[t / 4 * 4] + words[t / 4 * 4 + 1] + words[t / 4 * 4 + 2] + words[t / 4 * 4 + 3]);
    EXPECT_NEAR(floats[t], sum, 1e-4);
    EXPECT_EQ(floats[threads + t], most);
    EXPECT_EQ(floats[2 * threads + t], most8);
  }
}

i32 dot4(u32 a, u32 b, bool a_signed, i32 c) {
  for (u32 i = 0; i < 4; i++) {
    const u8 byte = static_cast<u8>(a >> 8 * i);
    c += (a_signed ? static_cast<i8>(byte) : static_cast<int>(byte)) * static_cast<i8>(b >> 8 * i);
  }
  return c;
}

TEST_P(Primitives, Arithmetic) {
  run("arithmetic");
  for (u32 t = 0; t < threads; t++) {
    const double v = x[t], size = std::fabs(v), angle = words[t] / 4294967296.0 * 2 * std::numbers::pi;
    const auto near = [&](u32 k, double expected, double relative) {
      EXPECT_NEAR(floats[k * threads + t], expected, relative * std::fabs(expected)) << "operation " << k << " of " << v;
    };
    near(0, std::exp2(v), 1e-6);
    EXPECT_NEAR(floats[threads + t], std::log2(size), 1e-5);
    near(2, 1 / v, 1e-6);
    near(3, 1 / std::sqrt(size), 1e-6);
    near(4, std::sqrt(size), 1e-6);
    EXPECT_NEAR(floats[5 * threads + t], std::sin(angle), 2e-6);
    EXPECT_NEAR(floats[6 * threads + t], std::cos(angle), 2e-6);
    near(7, v, 1.0 / 2048);
    const u32 other = words[t ^ 1];
    EXPECT_EQ(static_cast<i32>(out[t]), dot4(words[t] & 0x7f7f7f7fu, other, false, 5));
    EXPECT_EQ(static_cast<i32>(out[threads + t]), dot4(words[t], other, true, -5));
    EXPECT_EQ(static_cast<i32>(out[2 * threads + t]), static_cast<i32>(std::nearbyint(x[t])));
  }
}

TEST_P(Primitives, InputOfAPhase) {
  run("normed_input", workspace(200, true, true).bytes);
  double squares = 0;
  for (u32 i = 0; i < 200; i++) squares += x[i] * static_cast<double>(x[i]);
  const double scale = 1 / std::sqrt(squares / 200 + 1e-5);
  const i8* codes = reinterpret_cast<const i8*>(out);
  for (u32 block = 0; block < 8; block++) {
    double largest = 0;
    std::vector<double> expected(32);
    for (u32 i = 0; i < 32; i++) {
      const u32 column = 32 * block + i;
      if (column < 200) expected[i] = x[column] * scale * x[200 + column];
      largest = std::max(largest, std::fabs(expected[i]));
    }
    const float block_scale = std::bit_cast<float>(out[64 + 2 * block]);
    EXPECT_NEAR(block_scale, largest / 127, 1e-6 * largest);
    int sums[2] = {0, 0};
    for (u32 i = 0; i < 32; i++) {
      EXPECT_NEAR(floats[32 * block + i], expected[i], 2e-6 * largest);
      EXPECT_LE(std::fabs(codes[32 * block + i] * largest / 127 - expected[i]), 0.501 * largest / 127);
      sums[i / 16] += codes[32 * block + i];
    }
    EXPECT_EQ(static_cast<i16>(out[65 + 2 * block]), sums[0]);
    EXPECT_EQ(static_cast<i16>(out[65 + 2 * block] >> 16), sums[1]);
  }
}

INSTANTIATE_TEST_SUITE_P(Processors, Primitives, testing::Values("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"),
                         [](const auto& processor) { return std::string(processor.param); });

}  // namespace
}  // namespace llmc::emu
