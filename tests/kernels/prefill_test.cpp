// Prompt processing on the simulation: matrices of every format times tokens, causal attention and the rounding of rows, each against
// a float64 reference that shares no code with the device's.
#include <gtest/gtest.h>

#include <cmath>

#include "common/half.h"
#include "kernels/cache_layout.h"
#include "kernels/gpu/workspace.h"
#include "tests/kernels/programs.h"
#include "tests/kernels/random_matrix.h"

namespace llmc {
namespace {

constexpr u32 all_shared = 65536;  // what the smallest GPU gives a workgroup; also the limit of every kernel here

// Tokens in the form that the rounding kernels leave behind, and the numbers that they stand for.
struct Tokens {
  Tokens(u32 count, u32 columns, std::mt19937& random) : padded(padded_columns(columns)) {
    codes.assign(count * padded, 0);
    meta.assign(count * padded / 4, 0);
    floats.assign(count * padded, 0);
    values.assign(count * columns, 0);
    std::normal_distribution<float> normal;
    for (u32 token = 0; token < count; token++) {
      for (u32 block = 0; block < padded / 32; block++) {
        const float scale = std::fabs(normal(random)) / 127;
        i16 sums[2] = {0, 0};
        for (u32 i = 0; i < 32 && block * 32 + i < columns; i++) {
          const int code = static_cast<int>(random() % 255) - 127;
          const u32 column = block * 32 + i;
          codes[token * padded + column] = static_cast<u8>(code);
          sums[i / 16] = static_cast<i16>(sums[i / 16] + code);
          values[token * columns + column] = static_cast<double>(scale) * code;
          floats[token * padded + column] = scale * static_cast<float>(code);
        }
        u8* at = &meta[token * padded / 4 + 8 * block];
        std::memcpy(at, &scale, 4);
        std::memcpy(at + 4, sums, 4);
      }
    }
  }
  u32 padded;
  std::vector<u8> codes, meta;
  std::vector<float> floats;
  std::vector<double> values;
};

struct GemmCase {
  const u8* first;
  const u8* second;
  const u8* codes;
  const u8* meta;
  const float* floats;
  float* y;
  u32 rows, tokens;
};

struct TestMatrix {
  TestMatrix(TensorType type, u32 row_count, u32 column_count, std::mt19937& random)
      : columns(column_count), packed(), values(row_count * column_count) {
    const std::vector<u8> source = random_rows(type, row_count, columns, random);
    packed = pack_rows(type, row_count, columns, source);
    for (u32 row = 0; row < row_count; row++) dequantize(type, source.data() + row * row_bytes(type, columns), &values[row * columns], columns);
  }
  // Compares one product; the tolerance is float32's on the sum of the terms' sizes.
  void check(float got, u32 row, const Tokens& tokens, u32 token) const {
    double sum = 0, size = 0;
    for (u32 i = 0; i < columns; i++) {
      const double term = values[row * columns + i] * tokens.values[token * columns + i];
      sum += term;
      size += std::fabs(term);
    }
    ASSERT_NEAR(got, sum, 4e-6 * size + 1e-6) << "row " << row << " token " << token;
  }
  u32 columns;
  std::vector<u8> packed;
  std::vector<float> values;
};

class Prefill : public testing::TestWithParam<u32> {
 protected:
  void launch(const char* program, const std::string& kernel, const void* data, u32 workers, int start = 0, int n = 0) {
    abi::Args args{};
    args.arena = static_cast<unsigned char*>(const_cast<void*>(data));
    test_program(program, GetParam()).launch(kernel, {workers, 256, all_shared, GetParam()}, args, 0, start, n);
  }

  void check_gemm(TensorType type, const std::string& kernel, u32 rows, u32 columns, u32 tokens, u32 workers) {
    SCOPED_TRACE(kernel + " rows " + std::to_string(rows) + " tokens " + std::to_string(tokens) + " wave " + std::to_string(GetParam()));
    std::mt19937 random(rows * 100 + tokens);
    const TestMatrix matrix(type, rows, columns, random);
    const Tokens input(tokens, columns, random);
    std::vector<float> y(rows * tokens, 1e30f);
    const GemmCase data{matrix.packed.data(), nullptr, input.codes.data(), input.meta.data(), input.floats.data(), y.data(), rows, tokens};
    launch("gemm", kernel, &data, workers);
    for (u32 token = 0; token < tokens; token++) {
      for (u32 row = 0; row < rows; row++) {
        matrix.check(y[token * rows + row], row, input, token);
        if (HasFatalFailure()) return;
      }
    }
  }

  void check_pair(TensorType first_type, TensorType second_type, const std::string& kernel, u32 rows, u32 columns, u32 tokens) {
    SCOPED_TRACE(kernel);
    std::mt19937 random(rows + columns);
    const TestMatrix first(first_type, rows, columns, random), second(second_type, rows, columns, random);
    const Tokens input(tokens, columns, random);
    std::vector<float> y(2 * rows * tokens, 1e30f);
    const GemmCase data{first.packed.data(), second.packed.data(), input.codes.data(), input.meta.data(), nullptr, y.data(), rows, tokens};
    launch("gemm", kernel, &data, 2);
    for (u32 token = 0; token < tokens; token++) {
      for (u32 row = 0; row < rows; row++) {
        first.check(y[2 * token * rows + row], row, input, token);
        second.check(y[(2 * token + 1) * rows + row], row, input, token);
        if (HasFatalFailure()) return;
      }
    }
  }
};

TEST_P(Prefill, EveryFormatTimesTokens) {
#define X(name, number, elements, bytes) check_gemm(TensorType::name, "gemm_" #name, 72, 3 * (elements == 256 ? 256 : 128), 70, 3);
  LLMC_TENSOR_TYPES(X)
#undef X
}

TEST_P(Prefill, OddShapesAndTwoMatricesSideBySide) {
  check_gemm(TensorType::Q4_K, "gemm_Q4_K", 1, 768, 1, 1);
  check_gemm(TensorType::Q6_K, "gemm_Q6_K", 67, 768, 1, 4);
  check_gemm(TensorType::F16, "gemm_F16", 13, 384, 2, 1);
  check_gemm(TensorType::F32, "gemm_F32_100", 9, 100, 5, 1);  // not whole micro tiles
  check_gemm(TensorType::Q8_0, "gemm_Q8_0_160", 65, 160, 65, 2);
  check_pair(TensorType::Q4_K, TensorType::Q4_K, "pair_Q4_K_Q4_K", 40, 256, 65);
  check_pair(TensorType::Q6_K, TensorType::Q8_0, "pair_Q6_K_Q8_0", 32, 512, 3);
  check_pair(TensorType::Q5_0, TensorType::Q4_K, "pair_Q5_0_Q4_K", 33, 768, 9);
}

struct RoundCase {
  const float* x;
  const float* weight;
  u8* codes;
  u8* meta;
  float* floats;
  u32 tokens;
};

// `floats` empty: that form was not asked for.
void check_rounded(const std::vector<double>& expected, u32 columns, u32 tokens, const std::vector<u8>& codes, const std::vector<u8>& meta,
                   const std::vector<float>& floats) {
  const u32 padded = padded_columns(columns);
  for (u32 token = 0; token < tokens; token++) {
    for (u32 block = 0; block < padded / 32; block++) {
      double largest = 0;
      const auto value = [&](u32 i) { return 32 * block + i < columns ? expected[token * columns + 32 * block + i] : 0.0; };
      for (u32 i = 0; i < 32; i++) largest = std::max(largest, std::fabs(value(i)));
      float scale;
      i16 sums[2], codes_sum[2] = {0, 0};
      std::memcpy(&scale, &meta[token * padded / 4 + 8 * block], 4);
      std::memcpy(sums, &meta[token * padded / 4 + 8 * block + 4], 4);
      ASSERT_NEAR(scale, largest / 127, 1e-5 * largest + 1e-31);
      for (u32 i = 0; i < 32; i++) {
        const int code = static_cast<i8>(codes[token * padded + 32 * block + i]);
        codes_sum[i / 16] = static_cast<i16>(codes_sum[i / 16] + code);
        ASSERT_LE(std::fabs(code * largest / 127 - value(i)), 0.501 * largest / 127) << "token " << token << " column " << 32 * block + i;
        if (!floats.empty()) {
          ASSERT_NEAR(floats[token * padded + 32 * block + i], value(i), 2e-6 * largest);
        }
      }
      ASSERT_EQ(sums[0], codes_sum[0]);
      ASSERT_EQ(sums[1], codes_sum[1]);
    }
  }
}

TEST_P(Prefill, RowsAreNormedAndRounded) {
  const struct {
    const char* kernel;
    u32 columns;
    bool normed, floating;
  } cases[] = {{"round_896", 896, false, true}, {"norm_896", 896, true, false}, {"norm_5120", 5120, true, true}, {"norm_96", 96, true, true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kernel);
    std::mt19937 random(c.columns);
    std::normal_distribution<float> normal;
    const u32 tokens = 5, padded = padded_columns(c.columns);
    std::vector<float> x(tokens * c.columns), weight(c.columns), floats(tokens * padded, 9);
    std::vector<u8> codes(tokens * padded, 9), meta(tokens * padded / 4, 9);
    for (float& v : x) v = normal(random);
    for (u32 i = 0; i < c.columns; i++) x[3 * c.columns + i] = i < 32 ? 0 : x[i];  // a block of zeros
    for (float& v : weight) v = 1 + 0.3f * normal(random);
    const RoundCase data{x.data(), weight.data(), codes.data(), meta.data(), floats.data(), tokens};
    launch("prefill", c.kernel, &data, 2);
    std::vector<double> expected(x.begin(), x.end());
    if (c.normed) {
      for (u32 token = 0; token < tokens; token++) {
        double squares = 0;
        for (u32 i = 0; i < c.columns; i++) squares += expected[token * c.columns + i] * expected[token * c.columns + i];
        for (u32 i = 0; i < c.columns; i++) expected[token * c.columns + i] *= weight[i] / std::sqrt(squares / c.columns + 1e-5);
      }
    }
    if (!c.floating) floats.clear();
    check_rounded(expected, c.columns, tokens, codes, meta, floats);
    if (HasFatalFailure()) return;
  }
}

struct CausalCase {
  const float* qkv;
  float* att;
  const u16* k;
  const u16* v;
  u32 ctx;
};

TEST_P(Prefill, CausalAttentionOverTheCache) {
  const auto place = [](u32 dim, u32 position, u32 d) { return cache_layout::place(dim, GetParam() == 32, position, d); };
  const struct {
    u32 heads, kv_heads, dim;
  } shapes[] = {{3, 3, 32}, {4, 2, 64}, {3, 1, 96}, {2, 1, 128}, {2, 2, 256}};
  const struct {
    u32 start, n;
  } chunks[] = {{0, 1}, {0, 65}, {1, 2}, {63, 33}, {64, 64}, {300, 5}};
  for (const auto& s : shapes) {
    for (const auto& c : chunks) {
      const std::string kernel = "causal_" + std::to_string(s.heads) + "_" + std::to_string(s.kv_heads) + "_" + std::to_string(s.dim);
      SCOPED_TRACE(kernel + " start " + std::to_string(c.start) + " n " + std::to_string(c.n));
      std::mt19937 random(s.dim + c.start);
      std::normal_distribution<float> normal;
      const u32 ctx = c.start + c.n + 2, row = (s.heads + 2 * s.kv_heads) * s.dim;
      std::vector<float> qkv(c.n * row), att(c.n * s.heads * s.dim, 1e30f);
      std::vector<u16> k(s.kv_heads * ctx * s.dim), v(k.size());
      for (float& x : qkv) x = 1.5f * normal(random);
      for (u32 i = 0; i < k.size(); i++) {
        const bool beyond = i / s.dim % ctx >= c.start + c.n;  // not a number, so that reading it shows
        k[i] = beyond ? u16{0x7e00} : float_to_half(normal(random));
        v[i] = beyond ? u16{0x7e00} : float_to_half(normal(random));
      }
      const CausalCase data{qkv.data(), att.data(), k.data(), v.data(), ctx};
      launch("prefill", kernel, &data, 3, static_cast<int>(c.start), static_cast<int>(c.n));
      for (u32 token = 0; token < c.n; token++) {
        for (u32 head = 0; head < s.heads; head++) {
          const u32 kv = head / (s.heads / s.kv_heads) * ctx * s.dim;
          std::vector<double> weight(c.start + token + 1), out(s.dim, 0.0);
          double top = -1e300, sum = 0;
          for (u32 p = 0; p < weight.size(); p++) {
            double dot = 0;
            for (u32 d = 0; d < s.dim; d++) {
              dot += static_cast<double>(qkv[token * row + head * s.dim + d]) * half_to_float(k[kv + p * s.dim + place(s.dim, p, d)]);
            }
            weight[p] = dot / std::sqrt(static_cast<double>(s.dim));
            top = std::max(top, weight[p]);
          }
          for (double& w : weight) sum += w = std::exp(w - top);
          for (u32 p = 0; p < weight.size(); p++)
            for (u32 d = 0; d < s.dim; d++) out[d] += weight[p] / sum * half_to_float(v[kv + p * s.dim + place(s.dim, p, d)]);
          for (u32 d = 0; d < s.dim; d++) {
            ASSERT_NEAR(att[(token * s.heads + head) * s.dim + d], out[d], 2e-5) << "token " << token << " head " << head << " element " << d;
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wave, Prefill, testing::Values(32, 64));

}  // namespace
}  // namespace llmc
