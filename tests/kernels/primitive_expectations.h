// What the kernels of tests/kernels/device/primitives.cpp must leave, on the simulation and, as AMD code, on the emulator.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>
#include "common/types.h"

namespace llmc::test {

constexpr u32 primitive_threads = 128;

// The kernels' data, as they find it 1,024 bytes into the arena.
struct PrimitiveCase {
  float* x;       // 1,024 inputs
  u32* words;     // primitive_threads inputs
  float* floats;  // 4,096 results, of `wide_quads` 8,192
  u32* out;       // 4,096 results
};

inline void fill_inputs(const PrimitiveCase& c) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (u32 i = 0; i < 1024; i++) c.x[i] = normal(random);
  for (u32 i = 0; i < primitive_threads; i++) c.words[i] = static_cast<u32>(random());
}

// Of the kernel wave_operations, in waves of `wave` lanes.
inline void expect_wave_operations(const PrimitiveCase& c, u32 wave) {
  for (u32 t = 0; t < primitive_threads; t++) {
    const u32 first = t / wave * wave, lane = t % wave;
    EXPECT_EQ(c.out[t], lane);
    EXPECT_EQ(c.out[primitive_threads + t], t / wave);
    for (u32 i = 0; i < 6; i++) EXPECT_EQ(c.out[(2 + i) * primitive_threads + t], 1u << i < wave ? c.words[first + (lane ^ 1u << i)] : 0);
    EXPECT_EQ(c.out[8 * primitive_threads + t], c.words[first + c.words[t] % wave]);
    u64 ballot = 0;
    double sum = 0;
    float most = -1e30f, most8 = -1e30f;
    for (u32 i = 0; i < wave; i++) {
      ballot |= u64{c.words[first + i] & 1} << i;
      sum += c.x[first + i];
      most = std::max(most, c.x[first + i]);
    }
    for (u32 i = 0; i < 8; i++) most8 = std::max(most8, c.x[t / 8 * 8 + i]);
    EXPECT_EQ(c.out[9 * primitive_threads + t] | u64{c.out[10 * primitive_threads + t]} << 32, ballot);
    const u32* four = c.words + t / 4 * 4;
    EXPECT_EQ(c.out[11 * primitive_threads + t], four[0] + four[1] + four[2] + four[3]);
    EXPECT_NEAR(c.floats[t], sum, 1e-4);
    EXPECT_EQ(c.floats[primitive_threads + t], most);
    EXPECT_EQ(c.floats[2 * primitive_threads + t], most8);
    float largest = 0;
    for (u32 i = 0; i < 32; i++) largest = std::max(largest, std::fabs(c.x[t / 32 * 32 + i]));
    EXPECT_EQ(c.floats[3 * primitive_threads + t], largest);
    EXPECT_EQ(c.floats[4 * primitive_threads + t], most);
  }
}

// c plus the products of four pairs of bytes; those of b are signed.
inline i32 dot4(u32 a, u32 b, bool a_signed, i32 c) {
  for (u32 i = 0; i < 4; i++) {
    const u8 byte = static_cast<u8>(a >> 8 * i);
    c += (a_signed ? static_cast<i8>(byte) : static_cast<int>(byte)) * static_cast<i8>(b >> 8 * i);
  }
  return c;
}

// Of the kernel arithmetic.
inline void expect_arithmetic(const PrimitiveCase& c) {
  for (u32 t = 0; t < primitive_threads; t++) {
    const double v = c.x[t], size = std::fabs(v), angle = c.words[t] / 4294967296.0 * 2 * std::numbers::pi;
    const auto near = [&](u32 k, double expected, double relative) {
      EXPECT_NEAR(c.floats[k * primitive_threads + t], expected, relative * std::fabs(expected)) << "operation " << k << " of " << v;
    };
    near(0, std::exp2(v), 1e-6);
    EXPECT_NEAR(c.floats[primitive_threads + t], std::log2(size), 1e-5);
    near(2, 1 / v, 1e-6);
    near(3, 1 / std::sqrt(size), 1e-6);
    near(4, std::sqrt(size), 1e-6);
    EXPECT_NEAR(c.floats[5 * primitive_threads + t], std::sin(angle), 2e-6);
    EXPECT_NEAR(c.floats[6 * primitive_threads + t], std::cos(angle), 2e-6);
    near(7, v, 1.0 / 2048);
    int products = 0;
    for (u32 i = 0; i < 4; i++) {
      for (const u32 pair : {i, 8 + i}) {
        const u32 a = c.words[(t + pair) % primitive_threads], b = c.words[(t + pair + 4) % primitive_threads];
        for (const u32 shift : {0u, 4u}) products += (static_cast<int>(a >> shift & 15) - 8) * (static_cast<int>(b >> shift & 15) - 8);
      }
    }
    EXPECT_EQ(c.floats[8 * primitive_threads + t], static_cast<float>(products));
    const u32 other = c.words[t ^ 1];
    EXPECT_EQ(static_cast<i32>(c.out[t]), dot4(c.words[t] & 0x7f7f7f7fu, other, false, 5));
    EXPECT_EQ(static_cast<i32>(c.out[primitive_threads + t]), dot4(c.words[t], other, true, -5));
    EXPECT_EQ(static_cast<i32>(c.out[2 * primitive_threads + t]), static_cast<i32>(std::nearbyint(c.x[t])));
  }
}

// Of the kernel normed_input: 200 columns of x, normed with the next 200 as weights, as floats, as f16 in groups of 128 and as codes in blocks of 32.
inline void expect_normed_input(const PrimitiveCase& c) {
  double squares = 0;
  for (u32 i = 0; i < 200; i++) squares += c.x[i] * static_cast<double>(c.x[i]);
  const double scale = 1 / std::sqrt(squares / 200 + 1e-5);
  double largest_of[2] = {0, 0};  // among 128 columns
  for (u32 i = 0; i < 200; i++) largest_of[i / 128] = std::max(largest_of[i / 128], std::fabs(c.x[i] * scale * c.x[200 + i]));
  const i8* codes = reinterpret_cast<const i8*>(c.out);
  for (u32 block = 0; block < 8; block++) {
    double largest = 0;
    std::vector<double> expected(32);
    for (u32 i = 0; i < 32; i++) {
      const u32 column = 32 * block + i;
      if (column < 200) expected[i] = c.x[column] * scale * c.x[200 + column];
      largest = std::max(largest, std::fabs(expected[i]));
    }
    const float block_scale = std::bit_cast<float>(c.out[64 + 2 * block]);
    EXPECT_NEAR(block_scale, largest / 127, 1e-6 * largest + 1e-31);
    int sums[2] = {0, 0};
    for (u32 i = 0; i < 32; i++) {
      EXPECT_NEAR(c.floats[32 * block + i], expected[i], 2e-6 * largest);
      EXPECT_NEAR(c.floats[256 + 32 * block + i], expected[i], largest_of[block / 4] / 4090 + 1e-30);
      EXPECT_LE(std::fabs(codes[32 * block + i] * largest / 127 - expected[i]), 0.501 * largest / 127);
      sums[i / 16] += codes[32 * block + i];
    }
    EXPECT_EQ(static_cast<i16>(c.out[65 + 2 * block]), sums[0]);
    EXPECT_EQ(static_cast<i16>(c.out[65 + 2 * block] >> 16), sums[1]);
  }
}

}  // namespace llmc::test
