// Every format on x86: what layout_x86.cpp packs and kernels/x86 reads back gives ggml's weights, and products of tiles are those of
// float64 on the de-quantised weights and the rounded inputs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "common/tensor_type.h"
#include "compiler/plan/layout.h"
#include "tests/kernels/x86_module.h"

namespace llmc {
namespace {

constexpr u32 kTokens = 8;
// Widths: a multiple of 256; Qwen2.5-0.5B's, which is not; an odd number of blocks of 32; for floats not even a multiple of 8.
const u32 super_widths[] = {256, 768}, block_widths[] = {256, 896, 32, 96}, float_widths[] = {64, 100};

std::string test_source() {
  std::string source = R"(#define LLMC_HOST
#include "kernels/prim/types.h"
#include "kernels/x86/activations.h"
#include "kernels/x86/dot.h"
#include "kernels/x86/formats.h"
using namespace llmc;
using namespace llmc::x86;
constexpr int padded(int n) { return (n + 255) / 256 * 256; }
// Rounds `tokens` rows, multiplies tile by each, one at a time and in one go; rows of the tile as floats.
template <class F, int columns>
void test(const u8* tile, const f32* x, f32* one, f32* many, f32* rows, i8* q, Block* blocks) {
  constexpr int tokens = 8, stride = padded(columns);
  for (int row = 0; row < 16; row++) unpack_row<F, columns>(tile, row, rows + row * columns);
  for (int t = 0; t < tokens; t++) {
    vf acc[kHalves];
    if constexpr (F::kFloat) {
      tile_dot<F, 1, columns>(tile, FloatInput<columns>{x + t * columns}, acc);
    } else {
      round_blocks<columns, stride>(x + t * columns, q + t * stride, blocks + t * (stride / 32));
      tile_dot<F, 1, columns>(tile, RoundedInput<stride>{q + t * stride, blocks + t * (stride / 32)}, acc);
    }
    for (int h = 0; h < kHalves; h++) store(one + t * 16 + h * W, acc[h]);
  }
  vf acc[kHalves * tokens];
  if constexpr (F::kFloat) tile_dot<F, tokens, columns>(tile, FloatInput<columns>{x}, acc);
  else tile_dot<F, tokens, columns>(tile, RoundedInput<stride>{q, blocks}, acc);
  for (int h = 0; h < kHalves; h++) {
    for (int t = 0; t < tokens; t++) store(many + t * 16 + h * W, acc[h * tokens + t]);
  }
}
#define TEST(F, columns) extern "C" void test_##F##_##columns(const u8* tile, const f32* x, f32* one, f32* many, f32* rows, i8* q, Block* b) { \
  test<fmt::F, columns>(tile, x, one, many, rows, q, b); }
)";
  const auto add = [&](const char* name, u32 width) { source += "TEST(" + std::string(name) + ", " + std::to_string(width) + ")\n"; };
#define X(name, number, elements, bytes)                                            \
  for (const u32 width : super_widths) { if (elements == 256) add(#name, width); }  \
  for (const u32 width : block_widths) { if (elements == 32) add(#name, width); }   \
  for (const u32 width : float_widths) { if (elements == 1) add(#name, width); }
  LLMC_TENSOR_TYPES(X)
#undef X
  return source;
}

struct Block {
  float scale, sum, sum_low, sum_high;
};
using Function = void(const u8*, const float*, float*, float*, float*, i8*, Block*);

// Random stored rows: any bits, but the scales of every block finite and small.
std::vector<u8> random_rows(TensorType type, u32 columns, u32 rows, std::mt19937& random) {
  std::vector<u8> data(row_bytes(type, columns) * rows);
  const TypeInfo& info = type_info(type);
  for (u8& byte : data) byte = static_cast<u8>(random());
  const auto set_half = [&](u8* at) {
    const u16 bits = static_cast<u16>(0x2000 | (random() & 0x9fff & 0x83ff) | (random() & 1) << 10);
    std::memcpy(at, &bits, 2);
  };
  for (u64 at = 0; at < data.size(); at += info.block_bytes) {
    u8* block = data.data() + at;
    switch (type) {
      case TensorType::F32: {
        const float value = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000;
        std::memcpy(block, &value, 4);
        break;
      }
      case TensorType::F16: set_half(block); break;
      case TensorType::BF16: block[1] = static_cast<u8>((block[1] & 0x80) | 0x3e); break;
      case TensorType::Q4_1: case TensorType::Q5_1: case TensorType::Q4_K: case TensorType::Q5_K: set_half(block); set_half(block + 2); break;
      case TensorType::Q2_K: set_half(block + 80); set_half(block + 82); break;
      case TensorType::Q3_K: set_half(block + 108); break;
      case TensorType::Q6_K: set_half(block + 208); break;
      default: set_half(block); break;
    }
  }
  return data;
}

class X86Dot : public testing::TestWithParam<const char*> {};

TEST_P(X86Dot, EveryFormat) {
  const std::string arch = GetParam();
  if (!runs_here(arch)) GTEST_SKIP() << "this machine does not run " << arch;
  const X86Module module(test_source(), arch);
  std::mt19937 random(7);
  const auto check = [&](TensorType type, u32 columns, u32 rows) {
    SCOPED_TRACE(std::string(type_info(type).name) + " " + std::to_string(columns) + " columns, " + std::to_string(rows) + " rows");
    const std::vector<u8> stored = random_rows(type, columns, rows, random);
    std::vector<u8> tile(row_tile_bytes(Layout::x86, type, columns) + 64);
    u8* aligned = reinterpret_cast<u8*>(align_up(reinterpret_cast<u64>(tile.data()), 64));
    pack_row_tile(Layout::x86, type, columns, rows, stored.data(), aligned);
    std::vector<float> weights(u64{rows} * columns), x(u64{kTokens} * columns), one(kTokens * 16), many(kTokens * 16), unpacked(16 * columns);
    dequantize(type, stored.data(), weights.data(), weights.size());
    std::normal_distribution<float> normal;
    for (float& value : x) value = normal(random);
    for (u32 i = 0; i < columns && i < 32; i++) x[i] = 0;  // a block of zeros
    const u32 stride = static_cast<u32>(align_up(columns, 256));
    std::vector<i8> q(u64{kTokens} * stride);
    std::vector<Block> blocks(u64{kTokens} * stride / 32);
    module.function<Function>("test_" + std::string(type_info(type).name) + "_" + std::to_string(columns))(
        aligned, x.data(), one.data(), many.data(), unpacked.data(), q.data(), blocks.data());
    for (u32 row = 0; row < 16; row++) {
      for (u32 i = 0; i < columns; i++) {
        const float expected = row < rows ? weights[u64{row} * columns + i] : 0.0f;
        ASSERT_NEAR(unpacked[row * columns + i], expected, std::abs(expected) * 1e-6 + 1e-6) << "row " << row << " column " << i;
      }
    }
    for (u32 t = 0; t < kTokens; t++) {
      for (u32 row = 0; row < 16; row++) {
        double expected = 0, magnitude = 0;
        for (u32 i = 0; i < columns && row < rows; i++) {
          double input = x[t * columns + i];
          if (!is_float(type)) {
            const double rounded = static_cast<double>(q[t * stride + i]) * blocks[t * stride / 32 + i / 32].scale;
            ASSERT_LE(std::abs(rounded - input), blocks[t * stride / 32 + i / 32].scale * 0.5001);
            input = rounded;
          }
          const double product = weights[u64{row} * columns + i] * input;
          expected += product;
          magnitude += std::abs(product);
        }
        ASSERT_NEAR(one[t * 16 + row], expected, magnitude * 2e-6 + 1e-5) << "row " << row << " token " << t;
        ASSERT_NEAR(many[t * 16 + row], expected, magnitude * 2e-6 + 1e-5) << "row " << row << " token " << t;
      }
    }
  };
  for (const u32 rows : {16u, 5u}) {
#define X(name, number, elements, bytes)                                                              \
  for (const u32 width : super_widths) { if (elements == 256) check(TensorType::name, width, rows); } \
  for (const u32 width : block_widths) { if (elements == 32) check(TensorType::name, width, rows); }  \
  for (const u32 width : float_widths) { if (elements == 1) check(TensorType::name, width, rows); }
    LLMC_TENSOR_TYPES(X)
#undef X
  }
}

INSTANTIATE_TEST_SUITE_P(Arch, X86Dot, testing::Values("x86-64-v3", "x86-64-v4"), [](const auto& info) {
  return std::string(info.param) == "x86-64-v3" ? "v3" : "v4";
});

}  // namespace
}  // namespace llmc
