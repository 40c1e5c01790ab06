// De-quantisation of every supported type, as ggml's dequantize_row_* functions do it (ggml/src/ggml-quants.c), to the same bits.
// That needs no care for the order of operations: a scale of 11 bits times a sub-scale of 8 times a value of 6 is exact in float32, so
// only taking a minimum away rounds, once.
//
// The simple types hold 32 elements with one scale d (and one minimum m): element j is in the low nibble of byte j, element j + 16 in
// the high nibble. The K types hold 256 elements in 8 or 16 sub-blocks, whose 4- or 6-bit scales are themselves scaled by d (and dmin).
#include <array>
#include <bit>
#include <cstring>
#include "common/error.h"
#include "common/half.h"
#include "common/tensor_type.h"

namespace llmc {
namespace {

u16 load_u16(const u8* p) {
  u16 value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

u32 load_u32(const u8* p) {
  u32 value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

float load_half(const u8* p) { return half_to_float(load_u16(p)); }

void q4_0(const u8* block, float* y) {
  const float d = load_half(block);
  const u8* q = block + 2;
  for (int j = 0; j < 16; j++) {
    y[j] = static_cast<float>((q[j] & 0xf) - 8) * d;
    y[j + 16] = static_cast<float>((q[j] >> 4) - 8) * d;
  }
}

void q4_1(const u8* block, float* y) {
  const float d = load_half(block), m = load_half(block + 2);
  const u8* q = block + 4;
  for (int j = 0; j < 16; j++) {
    y[j] = static_cast<float>(q[j] & 0xf) * d + m;
    y[j + 16] = static_cast<float>(q[j] >> 4) * d + m;
  }
}

// The fifth bits of elements j and j + 16, as 0 or 16.
int fifth_low(u32 high, int j) { return static_cast<int>(((high >> j) << 4) & 0x10); }
int fifth_high(u32 high, int j) { return static_cast<int>((high >> (j + 12)) & 0x10); }

void q5_0(const u8* block, float* y) {
  const float d = load_half(block);
  const u32 high = load_u32(block + 2);
  const u8* q = block + 6;
  for (int j = 0; j < 16; j++) {
    y[j] = static_cast<float>(((q[j] & 0xf) | fifth_low(high, j)) - 16) * d;
    y[j + 16] = static_cast<float>(((q[j] >> 4) | fifth_high(high, j)) - 16) * d;
  }
}

void q5_1(const u8* block, float* y) {
  const float d = load_half(block), m = load_half(block + 2);
  const u32 high = load_u32(block + 4);
  const u8* q = block + 8;
  for (int j = 0; j < 16; j++) {
    y[j] = static_cast<float>((q[j] & 0xf) | fifth_low(high, j)) * d + m;
    y[j + 16] = static_cast<float>((q[j] >> 4) | fifth_high(high, j)) * d + m;
  }
}

void q8_0(const u8* block, float* y) {
  const float d = load_half(block);
  for (int j = 0; j < 32; j++) y[j] = static_cast<float>(static_cast<i8>(block[2 + j])) * d;
}

// 16 sub-blocks of 16, each with a 4-bit scale and a 4-bit minimum: scales[16], 2-bit values[64], d, dmin.
void q2_k(const u8* block, float* y) {
  const float d = load_half(block + 80), dmin = load_half(block + 82);
  const u8* scale = block;
  for (const u8* q = block + 16; q < block + 80; q += 32) {
    for (int shift = 0; shift < 8; shift += 2) {
      for (int half = 0; half < 32; half += 16) {
        const float dl = d * static_cast<float>(*scale & 0xf), ml = dmin * static_cast<float>(*scale >> 4);
        scale++;
        for (int l = half; l < half + 16; l++) *y++ = dl * static_cast<float>((q[l] >> shift) & 3) - ml;
      }
    }
  }
}

// 16 sub-blocks of 16 with signed 6-bit scales: third bits[32], low 2 bits[64], scales[12], d. Scale i has its low 4 bits in byte
// i % 8 (high nibble from 8 on) and its high 2 bits in byte 8 + i % 4, at bit 2 * (i / 4).
void q3_k(const u8* block, float* y) {
  const float d = load_half(block + 108);
  const u8* third = block;
  const u8* packed = block + 96;
  u8 third_mask = 1;
  int index = 0;
  for (const u8* q = block + 32; q < block + 96; q += 32) {
    for (int shift = 0; shift < 8; shift += 2) {
      for (int half = 0; half < 32; half += 16) {
        const int low = (packed[index % 8] >> (index < 8 ? 0 : 4)) & 0xf, top = (packed[8 + index % 4] >> (2 * (index / 4))) & 3;
        const float dl = d * static_cast<float>((low | top << 4) - 32);
        index++;
        for (int l = half; l < half + 16; l++) {
          *y++ = dl * static_cast<float>(((q[l] >> shift) & 3) - ((third[l] & third_mask) ? 0 : 4));
        }
      }
      third_mask = static_cast<u8>(third_mask << 1);
    }
  }
}

struct ScaleMin {
  float scale, min;
};

// 6-bit scale and minimum of sub-block j of 8 in the 12 bytes that Q4_K and Q5_K share: the first four pairs stand plainly in bytes
// 0-3 and 4-7, the others have their low 4 bits in bytes 8-11 and their high 2 bits on top of the first ones.
ScaleMin scale_min(const u8* packed, int j) {
  const int scale = j < 4 ? packed[j] & 63 : (packed[j + 4] & 0xf) | (packed[j - 4] >> 6) << 4;
  const int min = j < 4 ? packed[j + 4] & 63 : packed[j + 4] >> 4 | (packed[j] >> 6) << 4;
  return {static_cast<float>(scale), static_cast<float>(min)};
}

// 8 sub-blocks of 32: d, dmin, scales[12], 4-bit values[128].
void q4_k(const u8* block, float* y) {
  const float d = load_half(block), dmin = load_half(block + 2);
  const u8* q = block + 16;
  for (int j = 0; j < 8; j += 2, q += 32, y += 64) {
    const ScaleMin low = scale_min(block + 4, j), high = scale_min(block + 4, j + 1);
    const float d1 = d * low.scale, m1 = dmin * low.min, d2 = d * high.scale, m2 = dmin * high.min;
    for (int l = 0; l < 32; l++) {
      y[l] = d1 * static_cast<float>(q[l] & 0xf) - m1;
      y[l + 32] = d2 * static_cast<float>(q[l] >> 4) - m2;
    }
  }
}

// As Q4_K with a fifth bit: d, dmin, scales[12], fifth bits[32], low 4 bits[128]. Sub-block j's fifth bits are bit j of the 32 bytes.
void q5_k(const u8* block, float* y) {
  const float d = load_half(block), dmin = load_half(block + 2);
  const u8* fifth = block + 16;
  const u8* q = block + 48;
  for (int j = 0; j < 8; j += 2, q += 32, y += 64) {
    const ScaleMin low = scale_min(block + 4, j), high = scale_min(block + 4, j + 1);
    const float d1 = d * low.scale, m1 = dmin * low.min, d2 = d * high.scale, m2 = dmin * high.min;
    for (int l = 0; l < 32; l++) {
      y[l] = d1 * static_cast<float>((q[l] & 0xf) + ((fifth[l] >> j & 1) << 4)) - m1;
      y[l + 32] = d2 * static_cast<float>((q[l] >> 4) + ((fifth[l] >> (j + 1) & 1) << 4)) - m2;
    }
  }
}

// 16 sub-blocks of 16 with 8-bit scales: low 4 bits[128], high 2 bits[64], scales[16], d.
void q6_k(const u8* block, float* y) {
  const float d = load_half(block + 208);
  const u8* low = block;
  const u8* high = block + 128;
  const u8* scale = block + 192;
  for (int n = 0; n < 2; n++, low += 64, high += 32, scale += 8, y += 128) {
    for (int part = 0; part < 4; part++) {
      const u8* nibbles = low + (part % 2) * 32;
      const int nibble_shift = part < 2 ? 0 : 4;
      for (int half = 0; half < 2; half++) {
        const float dl = d * static_cast<float>(static_cast<i8>(scale[part * 2 + half]));
        for (int l = half * 16; l < half * 16 + 16; l++) {
          const int q = (((nibbles[l] >> nibble_shift) & 0xf) | ((high[l] >> (2 * part)) & 3) << 4) - 32;
          y[part * 32 + l] = dl * static_cast<float>(q);
        }
      }
    }
  }
}

template <void (*block_function)(const u8*, float*)>
void blocks(TensorType type, const u8* source, float* destination, u64 count) {
  const TypeInfo& info = type_info(type);
  for (u64 i = 0; i < count; i += info.block_elements, source += info.block_bytes) block_function(source, destination + i);
}

}  // namespace

void dequantize(TensorType type, const u8* source, float* destination, u64 count) {
  require(count % type_info(type).block_elements == 0, "dequantize: the count is not a multiple of the block");
  switch (type) {
    case TensorType::F32: std::memcpy(destination, source, count * sizeof(float)); return;
    case TensorType::F16:
      for (u64 i = 0; i < count; i++) destination[i] = half_to_float(load_u16(source + 2 * i));
      return;
    case TensorType::BF16:
      for (u64 i = 0; i < count; i++) destination[i] = bfloat_to_float(load_u16(source + 2 * i));
      return;
    case TensorType::Q4_0: return blocks<q4_0>(type, source, destination, count);
    case TensorType::Q4_1: return blocks<q4_1>(type, source, destination, count);
    case TensorType::Q5_0: return blocks<q5_0>(type, source, destination, count);
    case TensorType::Q5_1: return blocks<q5_1>(type, source, destination, count);
    case TensorType::Q8_0: return blocks<q8_0>(type, source, destination, count);
    case TensorType::Q2_K: return blocks<q2_k>(type, source, destination, count);
    case TensorType::Q3_K: return blocks<q3_k>(type, source, destination, count);
    case TensorType::Q4_K: return blocks<q4_k>(type, source, destination, count);
    case TensorType::Q5_K: return blocks<q5_k>(type, source, destination, count);
    case TensorType::Q6_K: return blocks<q6_k>(type, source, destination, count);
  }
  throw InternalError("dequantize: a tensor type that is not in LLMC_TENSOR_TYPES");
}

}  // namespace llmc
