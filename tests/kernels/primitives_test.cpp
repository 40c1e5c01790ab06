// The primitives of the simulation against their definitions, a phase's input, the grid barrier with its limit, and that the simulation
// finds the mistakes it is there to find.
#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <cstring>
#include "kernels/gpu/workspace.h"
#include "tests/kernels/primitive_expectations.h"
#include "tests/kernels/programs.h"

namespace llmc {
namespace {

constexpr u32 threads = test::primitive_threads;

class Primitives : public testing::TestWithParam<u32> {
 protected:
  Primitives() : x(1024), floats(8192), arena(2048), words(threads), out(4096) {
    test::fill_inputs(data());
    state().spin_limit_ms = 50;
  }
  abi::State& state() { return *reinterpret_cast<abi::State*>(arena.data()); }
  test::PrimitiveCase data() { return {x.data(), words.data(), floats.data(), out.data()}; }
  u32 wave() const { return GetParam(); }
  void run(const char* kernel, u32 grid = 1, u32 shared = 0, int start = 0) {
    const test::PrimitiveCase pointers = data();
    std::memcpy(arena.data() + 1024, &pointers, sizeof pointers);
    abi::Args args{};
    args.arena = arena.data();
    args.ring = &ring;
    args.workers = grid;
    test_program("primitives", wave()).launch(kernel, {grid, threads, shared, wave(), grid > 1}, args, 0, start);
  }
  // All that lies in the buffers is older than the first phase of `packets`, by 16 bits of its number, and of quads, by 8; no fault so far.
  void make_all_old() {
    for (size_t i = 1; i < floats.size(); i += 2) floats[i] = std::bit_cast<float>(65000u << 16 | (65000u & 255));
    state().fault = ring.fault = 0;
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
  test::expect_wave_operations(data(), wave());
}

TEST_P(Primitives, Arithmetic) {
  run("arithmetic");
  test::expect_arithmetic(data());
}

TEST_P(Primitives, InputOfAPhase) {
  run("normed_input", 1, workspace(200, in_codes | in_f16 | in_floats).bytes);
  test::expect_normed_input(data());
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
  for (const char* kernel : {"packets", "quads", "wide_quads"}) {
    for (const u32 grid : {1u, 3u, 7u}) {
      make_all_old();
      run(kernel, grid, scratch_bytes);
      for (u32 i = 0; i < grid * threads; i++) ASSERT_EQ(out[i], 20000u) << kernel << ", thread " << i << " of " << grid << " workgroups";
      EXPECT_EQ(state().fault, 0u);
    }
  }
}

TEST_P(Primitives, AWaitForAPacketThatNeverComesIsAFault) {
  for (const char* kernel : {"packets", "quads", "wide_quads"}) {
    std::fill(out.begin(), out.end(), 0);
    make_all_old();
    run(kernel, 3, scratch_bytes, 1);
    EXPECT_NE(state().fault, 0u);
    EXPECT_NE(ring.fault, 0u);
    for (const u32 word : out) ASSERT_EQ(word, 0u) << "a workgroup went on after the fault";
  }
}

// 24 bits: float32 with 15 of its 23 bits of mantissa, rounded to nearest.
TEST_P(Primitives, PacketsRoundTo24Bits) {
  x[8] = std::bit_cast<float>(0x7fffffffu);  // NVIDIA's not-a-number
  x[9] = -INFINITY;
  run("packet_rounding", 1, scratch_bytes);
  EXPECT_TRUE(std::isnan(floats[2048 + 8]));
  EXPECT_EQ(floats[2048 + 9], -INFINITY);
  for (size_t i = 0; i < x.size(); i++) {
    if (i == 8 || i == 9) continue;
    EXPECT_NEAR(floats[2048 + i], x[i], std::ldexp(std::fabs(x[i]), -16)) << i;
    EXPECT_EQ(floats[1024 + i], floats[2048 + i]) << i;
  }
}

// Whole multiples of 2^-10 of the power of two below the largest of four, at most 2,047 of them.
TEST_P(Primitives, QuadsRoundToTwelveBitsOfTheLargestOfFour) {
  for (size_t i = 0; i < x.size(); i += 4) {
    if (i % 16 == 4) x[i + i / 16 % 4] *= 1e4f;                                 // an outlier
    if (i % 64 == 8) std::fill_n(x.begin() + static_cast<long>(i), 4, 0.0f);
    if (i % 64 == 24) for (size_t k = 0; k < 4; k++) x[i + k] *= 1e-37f;        // less than any unit, 2^-118
    if (i % 64 == 40) for (size_t k = 0; k < 4; k++) x[i + k] *= 1e36f;
  }
  x[0] = 2047.9f, x[1] = -2047.9f, x[2] = 1.4f, x[3] = -1.6f;
  x[60] = INFINITY, x[65] = std::bit_cast<float>(0x7fffffffu);
  run("quad_rounding", 1, scratch_bytes);
  EXPECT_FALSE(std::isfinite(floats[2048 + 60]));
  EXPECT_FALSE(std::isfinite(floats[2048 + 65]));
  for (size_t i = 0; i < x.size(); i++) {
    if (i / 4 == 60 / 4 || i / 4 == 65 / 4) continue;
    float largest = 0;
    for (size_t k = 0; k < 4; k++) largest = std::max(largest, std::fabs(x[i / 4 * 4 + k]));
    EXPECT_NEAR(floats[2048 + i], x[i], std::ldexp(largest, -11) + std::ldexp(1.0, -118)) << i;
    EXPECT_EQ(floats[1024 + i], floats[2048 + i]) << i;
  }
  EXPECT_EQ(floats[2048], 2047.0f);
  EXPECT_EQ(floats[2049], -2047.0f);
  EXPECT_EQ(floats[2050], 1.0f);
  EXPECT_EQ(floats[2051], -2.0f);
}

TEST_P(Primitives, MistakesAreFound) {
  expect_fault("diverging_shuffle", "diverge");
  expect_fault("missing_thread", "waits for ever at sync_block");
  expect_fault("shared_overrun", "past its 64 bytes of shared memory", 64, 0);
}

INSTANTIATE_TEST_SUITE_P(Wave, Primitives, testing::Values(32, 64));

}  // namespace
}  // namespace llmc
