// De-quantisation against a table that the reference makes from the formats' description, and the 16-bit floats against their definition.
#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>
#include <gtest/gtest.h>
#include "common/half.h"
#include "common/tensor_type.h"
#include "tests/unit/gguf_builder.h"

namespace llmc {
namespace {

struct Record {
  TensorType type;
  std::string blocks;
  std::vector<float> values;
};

std::vector<Record> table() {
  std::ifstream file(LLMC_DEQUANTIZE_TABLE, std::ios::binary);
  std::vector<Record> records;
  const auto read = [&](auto& value) { return static_cast<bool>(file.read(reinterpret_cast<char*>(&value), sizeof value)); };
  for (u32 number; read(number);) {
    u32 count = 0;
    u64 bytes = 0;
    EXPECT_TRUE(read(count) && read(bytes));
    Record record{static_cast<TensorType>(number), std::string(bytes, '\0'), std::vector<float>(count)};
    file.read(record.blocks.data(), static_cast<std::streamsize>(bytes));
    file.read(reinterpret_cast<char*>(record.values.data()), static_cast<std::streamsize>(count * sizeof(float)));
    records.push_back(std::move(record));
  }
  return records;
}

TEST(Dequantize, EveryTypeToTheBit) {
  const std::vector<Record> records = table();
  int types = 0;
#define X(name, number, elements, bytes) types++;
  LLMC_TENSOR_TYPES(X)
#undef X
  ASSERT_EQ(records.size(), static_cast<size_t>(types));
  for (const Record& record : records) {
    const TypeInfo& info = type_info(record.type);
    SCOPED_TRACE(std::string(info.name));
    const u64 count = record.values.size();
    ASSERT_EQ(row_bytes(record.type, count), record.blocks.size());
    std::vector<float> got(count + 1, 12345.0f);
    dequantize(record.type, reinterpret_cast<const u8*>(record.blocks.data()), got.data(), count);
    u64 wrong = 0;
    for (u64 i = 0; i < count; i++) {
      if (got[i] == record.values[i]) continue;
      if (wrong++ < 3) ADD_FAILURE() << "element " << i << ": " << got[i] << " and not " << record.values[i];
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(got[count], 12345.0f) << "wrote past the end";
  }
}

// Blocks worked out by hand, so that the reference's reading of a format is tested too.
TEST(Dequantize, BlocksByHand) {
  const auto check = [](TensorType type, const std::string& block, const std::vector<std::pair<int, float>>& expected) {
    std::vector<float> y(type_info(type).block_elements);
    ASSERT_EQ(block.size(), type_info(type).block_bytes);
    dequantize(type, reinterpret_cast<const u8*>(block.data()), y.data(), y.size());
    for (const auto& [index, value] : expected) EXPECT_EQ(y[static_cast<size_t>(index)], value) << type_info(type).name << " element " << index;
  };
  const std::string half = test::raw<u16>(0x3800), two = test::raw<u16>(0x4000);  // 0.5 and 2
  std::string q = half + std::string(16, '\0');
  q[2 + 3] = '\x1f';  // element 3: 15, element 19: 1
  check(TensorType::Q4_0, q, {{0, -4.0f}, {3, 3.5f}, {19, -3.5f}, {31, -4.0f}});
  q = half + two + std::string(16, '\0');
  q[4 + 15] = '\xa1';
  check(TensorType::Q4_1, q, {{0, 2.0f}, {15, 2.5f}, {31, 7.0f}});
  q = half + test::raw<u32>(1u << 20) + std::string(16, '\0');  // fifth bit of element 20
  q[6 + 4] = '\x30';                                           // low bits of element 20: 3
  check(TensorType::Q5_0, q, {{0, -8.0f}, {4, -8.0f}, {20, 1.5f}});
  q = half + two + test::raw<u32>(1u) + std::string(16, '\0');
  check(TensorType::Q5_1, q, {{0, 10.0f}, {1, 2.0f}, {16, 2.0f}});
  q = half + std::string(32, '\x80');
  check(TensorType::Q8_0, q, {{0, -64.0f}, {31, -64.0f}});
  // Q6_K: all low bits 0, the highest bits of element 0 set to 3 (32 + 16 - 32 = 16), scale of sub-block 0 is 3, of 15 is -1.
  q.assign(210, '\0');
  q[128] = 3;
  q[192] = 3;
  q[207] = -1;
  q.replace(208, 2, half);
  check(TensorType::Q6_K, q, {{0, 24.0f}, {1, -48.0f}, {16, 0.0f}, {255, 16.0f}});
  // Q4_K: sub-block 5 has scale 33 = 0b100001 (low bits in byte 9, high ones on top of byte 1) and minimum 18 = 0b010010.
  q = half + two + std::string(140, '\0');
  q[4 + 9] = static_cast<char>(0x1 | 0x2 << 4);
  q[4 + 1] = static_cast<char>(2 << 6);
  q[4 + 5] = static_cast<char>(1 << 6);
  q[16 + 64 + 7] = '\x50';  // sub-block 5 is the high nibbles of bytes 64..95
  check(TensorType::Q4_K, q, {{160 + 7, 0.5f * 33 * 5 - 2.0f * 18}, {160, -36.0f}, {128, 0.0f}});
}

TEST(Half, EveryValueIsItsDefinition) {
  for (u32 bits = 0; bits < 1 << 16; bits++) {
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const float value = half_to_float(static_cast<u16>(bits));
    if (exponent == 31 && fraction != 0) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(half_to_float(float_to_half(value))));
      continue;
    }
    double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) magnitude = INFINITY;
    ASSERT_EQ(value, static_cast<float>(bits >> 15 ? -magnitude : magnitude)) << bits;
    ASSERT_EQ(std::signbit(value), bits >> 15 == 1) << bits;
    ASSERT_EQ(float_to_half(value), bits);
  }
}

TEST(Half, RoundsToNearestEven) {
  for (u16 low = 0; low < 0x7bff; low++) {  // every pair of neighbours
    const float a = half_to_float(low), b = half_to_float(static_cast<u16>(low + 1)), middle = (a + b) / 2;
    ASSERT_EQ(float_to_half(middle), low + (low & 1)) << low;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), low) << low;
    ASSERT_EQ(float_to_half(std::nextafter(middle, INFINITY)), low + 1) << low;
  }
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-1e30f), 0xfc00);
  EXPECT_EQ(float_to_half(1e-30f), 0);
}

TEST(Bfloat, RoundsToNearestEven) {
  EXPECT_EQ(bfloat_to_float(0x3f80), 1.0f);
  EXPECT_EQ(float_to_bfloat(1.0f + 0x1p-8f), 0x3f80);             // a tie, to even
  EXPECT_EQ(float_to_bfloat(1.0f + 0x1p-7f + 0x1p-8f), 0x3f82);  // a tie, to even
  EXPECT_EQ(float_to_bfloat(1.0f + 0x1p-8f + 0x1p-20f), 0x3f81);
  EXPECT_EQ(float_to_bfloat(INFINITY), 0x7f80);
  EXPECT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(std::bit_cast<float>(0x7f800001u)))));
}

TEST(TensorType, NumbersAndNames) {
  EXPECT_EQ(tensor_type_from_number(14), TensorType::Q6_K);
  EXPECT_EQ(tensor_type_from_number(4), std::nullopt);
  EXPECT_EQ(tensor_type_from_number(20), std::nullopt);
  EXPECT_EQ(type_info(TensorType::BF16).name, "BF16");
  EXPECT_EQ(ggml_type_name(20), "IQ4_NL");
  EXPECT_EQ(ggml_type_name(33), "Q4_0_8_8 (removed)");
  EXPECT_EQ(ggml_type_name(12345), "unknown");
  EXPECT_EQ(row_bytes(TensorType::Q4_K, 512), 288u);
}

}  // namespace
}  // namespace llmc
