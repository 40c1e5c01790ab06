// The primitives of the simulation against their definitions, a phase's input, the grid barrier with its limit, and that the simulation
// finds the mistakes it is there to find.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

#include "kernels/gpu/workspace.h"
#include "tests/kernels/programs.h"

namespace llmc {
namespace {

constexpr u32 threads = 128;

struct PrimitiveCase {
  const float* x;
  const u32* words;
  float* floats;
  u32* out;
};

class Primitives : public testing::TestWithParam<u32> {
 protected:
  Primitives() : x(1024), floats(4096), arena(2048), words(threads), out(4096) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (float& v : x) v = normal(random);
    for (u32& w : words) w = random();
    state().spin_limit_ms = 50;
  }
  abi::State& state() { return *reinterpret_cast<abi::State*>(arena.data()); }
  u32 wave() const { return GetParam(); }
  void run(const char* kernel, u32 grid = 1, u32 shared = 0, int start = 0) {
    const PrimitiveCase data{x.data(), words.data(), floats.data(), out.data()};
    std::memcpy(arena.data() + 1024, &data, sizeof data);
    abi::Args args{};
    args.arena = arena.data();
    args.ring = &ring;
    args.workers = grid;
    test_program("primitives", wave()).launch(kernel, {grid, threads, shared, wave(), grid > 1}, args, 0, start);
  }
  void expect_fault(const char* kernel, const char* words_of_it, u32 shared = 0, int start = 0) {
    try {
      run(kernel, 1, shared, start);
      ADD_FAILURE() << kernel << " was not found out";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(words_of_it), std::string::npos) << error.what();
    }
  }

  std::vector<float> x, floats;
  std::vector<u8> arena;
  std::vector<u32> words, out;
  abi::Ring ring{};
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
  run("normed_input", 1, workspace(200, true, true).bytes);
  double squares = 0;
  for (u32 i = 0; i < 200; i++) squares += x[i] * static_cast<double>(x[i]);
  const double scale = 1 / std::sqrt(squares / 200 + 1e-5);
  const i8* codes = reinterpret_cast<const i8*>(out.data());
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

TEST_P(Primitives, BarrierHoldsEveryWorkgroupUntilTheLastArrives) {
  for (const u32 grid : {2u, 5u}) {
    std::fill(out.begin(), out.end(), 0);
    run("barriers", grid, scratch_bytes);
    u32 sum = 0;
    for (u32 round = 0; round < 10; round++) sum = grid * sum + grid * (grid + 1) / 2;
    for (u32 i = 0; i < grid; i++) EXPECT_EQ(out[grid + i], sum);
    EXPECT_EQ(state().fault, 0u);
  }
}

TEST_P(Primitives, BarrierGivesUpAfterTheLimit) {
  run("barriers", 3, scratch_bytes, 1);
  EXPECT_NE(state().fault, 0u);
  EXPECT_NE(ring.fault, 0u);
  EXPECT_EQ(out[3 + 2], 0u) << "a workgroup went on after the fault";
}

TEST_P(Primitives, PacketsCarryTheirReadiness) {
  for (const u32 grid : {1u, 3u, 7u}) {
    // All that lies in the buffers is older than the first phase, by the packets' 16-bit numbers.
    for (size_t i = 1; i < floats.size(); i += 2) floats[i] = std::bit_cast<float>(65000u << 16);
    run("packets", grid, scratch_bytes);
    for (u32 i = 0; i < grid * threads; i++) ASSERT_EQ(out[i], 20000u) << "thread " << i << " of " << grid << " workgroups";
    EXPECT_EQ(state().fault, 0u);
  }
}

TEST_P(Primitives, AWaitForAPacketThatNeverComesIsAFault) {
  for (size_t i = 1; i < floats.size(); i += 2) floats[i] = std::bit_cast<float>(65000u << 16);
  run("packets", 3, scratch_bytes, 1);
  EXPECT_NE(state().fault, 0u);
  EXPECT_NE(ring.fault, 0u);
  for (const u32 word : out) ASSERT_EQ(word, 0u) << "a workgroup went on after the fault";
}

// 24 bits: float32 with 15 of its 23 bits of mantissa, rounded to nearest.
TEST_P(Primitives, PacketsRoundTo24Bits) {
  run("packet_rounding", 1, scratch_bytes);
  for (size_t i = 0; i < x.size(); i++) EXPECT_NEAR(floats[2048 + i], x[i], std::ldexp(std::fabs(x[i]), -16)) << i;
}

TEST_P(Primitives, MistakesAreFound) {
  expect_fault("diverging_shuffle", "diverge");
  expect_fault("missing_thread", "waits for ever at sync_block");
  expect_fault("shared_overrun", "past its 64 bytes of shared memory", 64, 0);
}

INSTANTIATE_TEST_SUITE_P(Wave, Primitives, testing::Values(32, 64));

}  // namespace
}  // namespace llmc
