#include "common/tensor_type.h"
#include "common/error.h"

namespace llmc {

const TypeInfo& type_info(TensorType type) {
  switch (type) {
#define X(name, number, elements, bytes)                      \
  case TensorType::name: {                                    \
    static constexpr TypeInfo info = {#name, elements, bytes}; \
    return info;                                              \
  }
    LLMC_TENSOR_TYPES(X)
#undef X
  }
  throw InternalError("type_info: a tensor type that is not in LLMC_TENSOR_TYPES");
}

std::optional<TensorType> tensor_type_from_number(u32 number) {
  switch (number) {
#define X(name, value, elements, bytes) \
  case value:                           \
    return TensorType::name;
    LLMC_TENSOR_TYPES(X)
#undef X
  }
  return std::nullopt;
}

std::string_view ggml_type_name(u32 number) {
  if (const auto type = tensor_type_from_number(number)) return type_info(*type).name;
  switch (number) {
    case 4: return "Q4_2 (removed)";
    case 5: return "Q4_3 (removed)";
    case 9: return "Q8_1";
    case 15: return "Q8_K";
    case 16: return "IQ2_XXS";
    case 17: return "IQ2_XS";
    case 18: return "IQ3_XXS";
    case 19: return "IQ1_S";
    case 20: return "IQ4_NL";
    case 21: return "IQ3_S";
    case 22: return "IQ2_S";
    case 23: return "IQ4_XS";
    case 24: return "I8";
    case 25: return "I16";
    case 26: return "I32";
    case 27: return "I64";
    case 28: return "F64";
    case 29: return "IQ1_M";
    case 31: return "Q4_0_4_4 (removed)";
    case 32: return "Q4_0_4_8 (removed)";
    case 33: return "Q4_0_8_8 (removed)";
    case 34: return "TQ1_0";
    case 35: return "TQ2_0";
    case 36: return "IQ4_NL_4_4 (removed)";
    case 37: return "IQ4_NL_4_8 (removed)";
    case 38: return "IQ4_NL_8_8 (removed)";
    case 39: return "MXFP4";
    case 40: return "NVFP4";
    case 41: return "Q1_0";
    case 42: return "Q2_0";
  }
  return "unknown";
}

}  // namespace llmc
