// The GGUF tensor types that llmc knows, with ggml's numbers and block shapes (ggml docs/gguf.md).
// The list drives the reader, the de-quantiser, the layouts, the kernels' formats and the tests: a new format is a line here,
// a case in dequantize.cpp and a file in kernels/formats.
#pragma once
#include <optional>
#include <string_view>
#include "common/types.h"

namespace llmc {

//      name  number  elements a block, bytes a block
#define LLMC_TENSOR_TYPES(X) \
  X(F32, 0, 1, 4)            \
  X(F16, 1, 1, 2)            \
  X(BF16, 30, 1, 2)          \
  X(Q4_0, 2, 32, 18)         \
  X(Q4_1, 3, 32, 20)         \
  X(Q5_0, 6, 32, 22)         \
  X(Q5_1, 7, 32, 24)         \
  X(Q8_0, 8, 32, 34)         \
  X(Q2_K, 10, 256, 84)       \
  X(Q3_K, 11, 256, 110)      \
  X(Q4_K, 12, 256, 144)      \
  X(Q5_K, 13, 256, 176)      \
  X(Q6_K, 14, 256, 210)

enum class TensorType : u32 {
#define X(name, number, elements, bytes) name = number,
  LLMC_TENSOR_TYPES(X)
#undef X
};

struct TypeInfo {
  std::string_view name;
  u32 block_elements;
  u32 block_bytes;
};

// Shape of a type's block. Every enumerator has one.
const TypeInfo& type_info(TensorType type);
// The type with ggml's number, or nothing if llmc does not support it.
std::optional<TensorType> tensor_type_from_number(u32 number);
// ggml's name of any type number ever assigned ("IQ4_NL", "Q4_2 (removed)", "unknown"), for messages.
std::string_view ggml_type_name(u32 number);
// Bytes of one row of `columns` elements; columns must be a multiple of the block.
inline u64 row_bytes(TensorType type, u64 columns) {
  const TypeInfo& info = type_info(type);
  return columns / info.block_elements * info.block_bytes;
}
inline bool is_float(TensorType type) { return type_info(type).block_elements == 1; }

// `count` elements (a multiple of the block) from their stored form to float32, exactly as ggml de-quantises them.
void dequantize(TensorType type, const u8* source, float* destination, u64 count);

}  // namespace llmc
