// Matrices of any tensor type made of random bits, as stored in a file and packed into row tiles.
#pragma once
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>
#include "common/half.h"
#include "common/tensor_type.h"
#include "compiler/plan/layout.h"

namespace llmc {

// Where a block keeps its float16 scales.
inline std::vector<u32> half_scales(TensorType type) {
  switch (type) {
    case TensorType::Q4_0:
    case TensorType::Q5_0:
    case TensorType::Q8_0: return {0};
    case TensorType::Q4_1:
    case TensorType::Q5_1:
    case TensorType::Q4_K:
    case TensorType::Q5_K: return {0, 2};
    case TensorType::Q2_K: return {80, 82};
    case TensorType::Q3_K: return {108};
    case TensorType::Q6_K: return {208};
    default: return {};
  }
}

inline std::vector<u8> random_rows(TensorType type, u32 rows, u32 columns, std::mt19937& random) {
  const TypeInfo& info = type_info(type);
  std::vector<u8> bytes(rows * row_bytes(type, columns));
  std::normal_distribution<float> normal;
  for (size_t at = 0; at < bytes.size(); at += info.block_bytes) {
    const float value = normal(random);
    if (type == TensorType::F32) {
      std::memcpy(&bytes[at], &value, 4);
    } else if (is_float(type)) {
      u32 bits;
      std::memcpy(&bits, &value, 4);
      const u16 half = type == TensorType::F16 ? float_to_half(value) : static_cast<u16>(bits >> 16);
      std::memcpy(&bytes[at], &half, 2);
    } else {
      for (u32 i = 0; i < info.block_bytes; i++) bytes[at + i] = static_cast<u8>(random());
      for (const u32 scale : half_scales(type)) {
        const u16 half = float_to_half(0.01f * normal(random));
        std::memcpy(&bytes[at + scale], &half, 2);
      }
    }
  }
  return bytes;
}

// In row tiles of the GPU layout.
inline std::vector<u8> pack_rows(TensorType type, u32 rows, u32 columns, const std::vector<u8>& source) {
  const u32 tile_rows = gpu_layout::tile_rows();
  const u64 tile_bytes = gpu_layout::row_tile_bytes(type, columns);
  std::vector<u8> packed(ceil_div(rows, tile_rows) * tile_bytes, 0xee);  // what is not written must not be read
  for (u32 row = 0; row < rows; row += tile_rows) {
    gpu_layout::pack_row_tile(type, columns, std::min(tile_rows, rows - row), source.data() + row * row_bytes(type, columns),
                              packed.data() + row / tile_rows * tile_bytes);
  }
  return packed;
}

}  // namespace llmc
