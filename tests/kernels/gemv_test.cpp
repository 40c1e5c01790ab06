// Every format: blocks of random bits are packed into row tiles, multiplied by the device's code, and compared with the float64 product
// of ggml's de-quantised values and the activations, rounded here by the definition (blocks of 32, scale max|x| / 127).
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "common/tensor_type.h"
#include "compiler/plan/gpu_resources.h"
#include "kernels/gpu/workspace.h"
#include "tests/kernels/programs.h"
#include "tests/kernels/random_matrix.h"

namespace llmc {
namespace {

constexpr TensorType types[] = {
#define X(name, number, elements, bytes) TensorType::name,
    LLMC_TENSOR_TYPES(X)
#undef X
};

struct GemvCase {
  const u8* matrix;
  const float* x;
  float* y;
  u32 rows;
};

std::vector<double> rounded(const std::vector<float>& x) {
  std::vector<double> result;
  for (size_t block = 0; block < x.size(); block += 32) {
    double largest = 0;
    for (size_t i = block; i < std::min(block + 32, x.size()); i++) largest = std::max<double>(largest, std::fabs(x[i]));
    for (size_t i = block; i < std::min(block + 32, x.size()); i++) {
      result.push_back(largest == 0 ? 0 : std::nearbyint(x[i] * 127 / largest) * largest / 127);
    }
  }
  return result;
}

class Gemv : public testing::TestWithParam<u32> {
 protected:
  void check(TensorType type, const std::string& kernel, u32 rows, u32 columns, u32 workers, u32 staged = 0) {
    SCOPED_TRACE(kernel + " rows " + std::to_string(rows) + " workers " + std::to_string(workers) + " wave " + std::to_string(GetParam()));
    std::mt19937 random(rows * 1000 + columns);
    const std::vector<u8> source = random_rows(type, rows, columns, random);
    const std::vector<u8> packed = pack_rows(type, rows, columns, source);
    std::vector<float> x(columns), y(rows, 1e30f);
    // Multiples of 1/127 of the largest, so that rounding gives the same code however the quotient is computed; for float types of 1/128, which
    // f16 has, with another largest in every group of 128.
    const int largest = is_float(type) ? 128 : 127;
    for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(static_cast<int>(random() % 255) - 127) * 0.25f;
    for (size_t i = 0; i < x.size(); i += 32) x[i] = static_cast<float>(largest) * 0.25f;
    for (size_t i = 0; is_float(type) && i < x.size(); i++) x[i] *= static_cast<float>(1 << i / 128 % 3);
    GemvCase data{packed.data(), x.data(), y.data(), rows};
    abi::Args args{};
    args.arena = reinterpret_cast<unsigned char*>(&data);
    u32 shared = workspace(columns, input_form(type)).bytes;
    constexpr u32 groups = 4;
    if (staged != 0) shared = (shared + 127) / 128 * 128 + groups * staged;
    test_program("gemv", GetParam()).launch(kernel, {workers, 128, shared, GetParam()}, args);

    const std::vector<double> input = is_float(type) ? std::vector<double>(x.begin(), x.end()) : rounded(x);
    std::vector<float> weights(columns);
    for (u32 row = 0; row < rows; row++) {
      dequantize(type, source.data() + row * row_bytes(type, columns), weights.data(), columns);
      double sum = 0, size = 0;
      for (u32 i = 0; i < columns; i++) {
        sum += weights[i] * input[i];
        size += std::fabs(weights[i] * input[i]);
      }
      // Offsets and minimums are applied to sums, so terms cancel that are larger than the products by up to the offset.
      ASSERT_NEAR(y[row], sum, 4e-6 * size + 1e-6) << "row " << row;
    }
  }
};

TEST_P(Gemv, EveryFormatMatchesTheProductOfDequantisedWeights) {
  for (const TensorType type : types) {
    const std::string name(type_info(type).name);
    const u32 width = type_info(type).block_elements == 256 ? 256 : 128;
    check(type, "gemv_" + name + "_1_1", 1, width, 1);
    check(type, "gemv_" + name + "_7_1", 13, 7 * width, 2);
    check(type, "gemv_" + name + "_7_2", 21, 7 * width, 2);
    check(type, "gemv_" + name + "_7_3", 64, 7 * width, 3);
    check(type, "gemv_" + name + "_11_2", 30, 11 * width, 2);
    check(type, "gemv_" + name + "_11_4", 24, 11 * width, 1);
  }
}

// With as many workers as make some idle, and groups without a unit.
TEST_P(Gemv, FirstWeightsStagedInSharedMemory) {
  const auto staged = [&](TensorType type, u32 micro_tiles, u32 slices, u32 in_slot, u32 columns, u32 bytes) {
    const std::string name =
        "staged_" + std::string(type_info(type).name) + "_" + std::to_string(micro_tiles) + "_" + std::to_string(slices) + "_" + std::to_string(in_slot);
    for (const u32 rows : {5u, 60u, 150u}) {
      for (const u32 workers : {1u, 3u, 20u}) check(type, name, rows, micro_tiles * columns, workers, in_slot * bytes);
    }
  };
  staged(TensorType::F16, 2, 1, 2, 128, 2048);
  staged(TensorType::F16, 7, 3, 2, 128, 2048);
  staged(TensorType::F16, 11, 1, 3, 128, 2048);
  staged(TensorType::F32, 5, 2, 1, 128, 4096);
  staged(TensorType::BF16, 8, 4, 2, 128, 2048);
  staged(TensorType::Q4_K, 7, 1, 4, 256, 1184);
}

TEST_P(Gemv, WidthsThatAreNotWholeMicroTiles) {
  check(TensorType::F32, "gemv_F32_100", 9, 100, 1);
  check(TensorType::F16, "gemv_F16_36", 3, 36, 1);
  check(TensorType::Q4_0, "gemv_Q4_0_160", 17, 160, 2);
  check(TensorType::Q8_0, "gemv_Q8_0_32", 8, 32, 1);
}

TEST_P(Gemv, MoreTilesThanThePartialSumsOfOneBatch) { check(TensorType::Q4_0, "gemv_Q4_0_7_3", 8 * 400 + 3, 896, 2); }

TEST_P(Gemv, MoreWorkersThanTiles) { check(TensorType::Q6_K, "gemv_Q6_K_7_1", 10, 7 * 256, 5); }

TEST_P(Gemv, RowsDequantiseToTheSameNumbers) {
  for (const TensorType type : types) {
    const std::string name(type_info(type).name);
    const u32 columns = 3 * (type_info(type).block_elements == 256 ? 256 : 128), rows = 11;
    std::mt19937 random(7);
    const std::vector<u8> source = random_rows(type, rows, columns, random);
    const std::vector<u8> packed = pack_rows(type, rows, columns, source);
    std::vector<float> y(columns), expected(columns);
    GemvCase data{packed.data(), nullptr, y.data(), rows};
    abi::Args args{};
    args.arena = reinterpret_cast<unsigned char*>(&data);
    for (u32 row = 0; row < rows; row++) {
      test_program("gemv", GetParam()).launch("row_" + name, {1, GetParam(), 0, GetParam()}, args, 0, static_cast<int>(row));
      dequantize(type, source.data() + row * row_bytes(type, columns), expected.data(), columns);
      for (u32 i = 0; i < columns; i++) {
        ASSERT_NEAR(y[i], expected[i], 1e-6 * std::max(1.0f, std::fabs(expected[i]))) << name << " row " << row << " column " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wave, Gemv, testing::Values(32, 64));

}  // namespace
}  // namespace llmc
