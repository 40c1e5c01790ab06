// The x86 layout (kernels/x86/format.h has the picture, kernels/x86/formats/ each format's unit): 16 rows a tile; a 32-bit lane of a
// 64-byte register is a row, its 4 bytes 4 neighbouring columns. Packing reads a block of a row into plain codes and scales, then
// spreads them over the planes; nothing is rounded.
#include <cstring>

#include "common/error.h"
#include "compiler/plan/layout.h"

namespace llmc::x86_layout {
namespace {

constexpr u32 kRows = 16;

// One block of 32 columns of a row: codes, and two scale bytes (of its halves, or scale and minimum).
struct Block32 {
  u8 code[32];
  u8 scale[2];
};

// A plane of `bits` bits a code: which bits of a code it holds, and how its registers are shared between groups.
void write_nibbles(const u8* code, u32 row, u8* plane) {
  for (u32 i = 0; i < 16; i++) {
    const u32 group = i / 4, byte = i % 4;
    plane[group * 64 + row * 4 + byte] = static_cast<u8>((code[i] & 15) | (code[i + 16] & 15) << 4);
  }
}
void write_pairs(const u8* code, u32 shift, u32 row, u8* plane) {
  for (u32 half = 0; half < 2; half++) {
    for (u32 byte = 0; byte < 4; byte++) {
      u32 packed = 0;
      for (u32 g = 0; g < 4; g++) packed |= (code[half * 16 + g * 4 + byte] >> shift & 3u) << (2 * g);
      plane[half * 64 + row * 4 + byte] = static_cast<u8>(packed);
    }
  }
}
void write_bits(const u8* code, u32 bit, u32 row, u8* plane) {
  for (u32 byte = 0; byte < 4; byte++) {
    u32 packed = 0;
    for (u32 g = 0; g < 8; g++) packed |= (code[g * 4 + byte] >> bit & 1u) << g;
    plane[row * 4 + byte] = static_cast<u8>(packed);
  }
}
void write_bytes(const u8* code, u32 row, u8* plane) {
  for (u32 g = 0; g < 8; g++) std::memcpy(plane + g * 64 + row * 4, code + g * 4, 4);
}

u8 bit_of(const u8* source, u32 i) { return source[i / 8] >> (i % 8) & 1; }

// Types with blocks of 32. A unit: [d: 2 x 16 f16] ([m: 2 x 16 f16]) then the planes of its two blocks.
struct Simple {
  bool minimum;
  u32 codes_at, high_at;  // offsets in the stored block; high_at 0: no fifth bit
};

u32 simple_planes(TensorType type, const Simple& shape) { return type == TensorType::Q8_0 ? 512 : shape.high_at ? 320 : 256; }

Simple simple_shape(TensorType type) {
  switch (type) {
    case TensorType::Q4_0: return {false, 2, 0};
    case TensorType::Q4_1: return {true, 4, 0};
    case TensorType::Q5_0: return {false, 6, 2};
    case TensorType::Q5_1: return {true, 8, 4};
    default: return {false, 2, 0};
  }
}

void pack_simple(TensorType type, u32 columns, u32 row, const u8* source, u8* tile) {
  const Simple shape = simple_shape(type);
  const u32 block_bytes = type_info(type).block_bytes, planes = simple_planes(type, shape), head = shape.minimum ? 128 : 64;
  for (u32 i = 0; i < columns / 32; i++, source += block_bytes) {
    u8* unit = tile + u64{i / 2} * (head + 2 * planes);
    const u32 b = i % 2;
    std::memcpy(unit + b * 32 + row * 2, source, 2);
    if (shape.minimum) std::memcpy(unit + 64 + b * 32 + row * 2, source + 2, 2);
    u8* plane = unit + head + b * planes;
    u8 code[32];
    if (type == TensorType::Q8_0) {
      for (u32 k = 0; k < 32; k++) code[k] = source[2 + k] ^ 0x80;
      write_bytes(code, row, plane);
      continue;
    }
    for (u32 k = 0; k < 16; k++) {
      code[k] = source[shape.codes_at + k] & 15;
      code[k + 16] = source[shape.codes_at + k] >> 4;
    }
    write_nibbles(code, row, plane);
    if (shape.high_at) {
      for (u32 k = 0; k < 32; k++) code[k] = bit_of(source + shape.high_at, k);
      write_bits(code, 0, row, plane + 256);
    }
  }
}

// The 6-bit scale and minimum of block b of a Q4_K or Q5_K block (ggml's get_scale_min_k4).
void scale_min_k4(u32 b, const u8* packed, u8* scale, u8* minimum) {
  if (b < 4) {
    *scale = packed[b] & 63;
    *minimum = packed[b + 4] & 63;
  } else {
    *scale = static_cast<u8>((packed[b + 4] & 15) | (packed[b - 4] >> 6) << 4);
    *minimum = static_cast<u8>(packed[b + 4] >> 4 | (packed[b] >> 6) << 4);
  }
}

// Scale j (of 16) of a Q3_K block, 6 bits: low 4 bits in the first 8 bytes, high 2 in the last 4.
u8 scale_q3(u32 j, const u8* packed) {
  const u32 low = j < 8 ? packed[j] & 15u : packed[j - 8] >> 4;
  const u32 high = packed[8 + j % 4] >> (2 * (j / 4)) & 3u;
  return static_cast<u8>(static_cast<int>(low | high << 4) - 32);
}

// Offsets of d and dmin in a stored super-block; dmin_at 0: none.
struct Super {
  u32 d_at, dmin_at, planes;
};
Super super_shape(TensorType type) {
  switch (type) {
    case TensorType::Q2_K: return {80, 82, 128};
    case TensorType::Q3_K: return {108, 0, 192};
    case TensorType::Q4_K: return {0, 2, 256};
    case TensorType::Q5_K: return {0, 2, 320};
    default: return {208, 0, 384};  // Q6_K
  }
}

// Block b (32 columns) of a stored super-block.
Block32 read_block(TensorType type, const u8* s, u32 b) {
  Block32 out;
  switch (type) {
    case TensorType::Q2_K:
      for (u32 k = 0; k < 32; k++) out.code[k] = s[16 + b / 4 * 32 + k] >> (2 * (b % 4)) & 3;
      out.scale[0] = s[2 * b];
      out.scale[1] = s[2 * b + 1];
      break;
    case TensorType::Q3_K:
      for (u32 k = 0; k < 32; k++) {
        out.code[k] = static_cast<u8>((s[32 + b / 4 * 32 + k] >> (2 * (b % 4)) & 3) | (s[k] >> b & 1) << 2);
      }
      out.scale[0] = scale_q3(2 * b, s + 96);
      out.scale[1] = scale_q3(2 * b + 1, s + 96);
      break;
    case TensorType::Q4_K:
    case TensorType::Q5_K: {
      scale_min_k4(b, s + 4, &out.scale[0], &out.scale[1]);
      const u8* low = s + (type == TensorType::Q4_K ? 16 : 48) + b / 2 * 32;
      for (u32 k = 0; k < 32; k++) {
        out.code[k] = b % 2 ? low[k] >> 4 : low[k] & 15;
        if (type == TensorType::Q5_K) out.code[k] = static_cast<u8>(out.code[k] | (s[16 + k] >> b & 1) << 4);
      }
      break;
    }
    default: {  // Q6_K: per 128 columns 64 bytes of low nibbles, 32 bytes of high pairs
      const u32 part = b / 4, strip = b % 4;
      const u8* low = s + part * 64 + (strip % 2) * 32;
      const u8* high = s + 128 + part * 32;
      for (u32 k = 0; k < 32; k++) {
        out.code[k] = static_cast<u8>((strip < 2 ? low[k] & 15 : low[k] >> 4) | (high[k] >> (2 * strip) & 3) << 4);
      }
      out.scale[0] = s[192 + 2 * b];
      out.scale[1] = s[192 + 2 * b + 1];
      break;
    }
  }
  return out;
}

void pack_super(TensorType type, u32 columns, u32 row, const u8* source, u8* tile) {
  const Super shape = super_shape(type);
  const u32 block_bytes = type_info(type).block_bytes;
  for (u32 i = 0; i < columns / 256; i++, source += block_bytes) {
    u8* unit = tile + u64{i} * (320 + 8 * shape.planes);
    std::memcpy(unit + row * 2, source + shape.d_at, 2);
    if (shape.dmin_at) std::memcpy(unit + 32 + row * 2, source + shape.dmin_at, 2);
    for (u32 b = 0; b < 8; b++) {
      const Block32 block = read_block(type, source, b);
      unit[64 + b * 32 + row] = block.scale[0];
      unit[64 + b * 32 + 16 + row] = block.scale[1];
      u8* plane = unit + 320 + b * shape.planes;
      switch (type) {
        case TensorType::Q2_K: write_pairs(block.code, 0, row, plane); break;
        case TensorType::Q3_K: write_pairs(block.code, 0, row, plane), write_bits(block.code, 2, row, plane + 128); break;
        case TensorType::Q4_K: write_nibbles(block.code, row, plane); break;
        case TensorType::Q5_K: write_nibbles(block.code, row, plane), write_bits(block.code, 4, row, plane + 256); break;
        default: write_nibbles(block.code, row, plane), write_pairs(block.code, 4, row, plane + 256); break;
      }
    }
  }
}

}  // namespace

u32 tile_rows() { return kRows; }

u64 row_tile_bytes(TensorType type, u32 columns) {
  if (is_float(type)) return align_up(u64{columns} * kRows * type_info(type).block_bytes, 64);
  if (type_info(type).block_elements == 256) return u64{columns} / 256 * (320 + 8 * super_shape(type).planes);
  const Simple shape = simple_shape(type);
  return ceil_div(columns, 64) * ((shape.minimum ? 128 : 64) + 2 * simple_planes(type, shape));
}

void pack_row_tile(TensorType type, u32 columns, u32 rows, const u8* source, u8* tile) {
  std::memset(tile, 0, row_tile_bytes(type, columns));
  const u64 stride = row_bytes(type, columns);
  for (u32 row = 0; row < rows; row++, source += stride) {
    if (is_float(type)) {
      const u32 size = type_info(type).block_bytes;
      for (u32 k = 0; k < columns; k++) std::memcpy(tile + (u64{k} * kRows + row) * size, source + u64{k} * size, size);
    } else if (type_info(type).block_elements == 256) {
      pack_super(type, columns, row, source, tile);
    } else {
      pack_simple(type, columns, row, source, tile);
    }
  }
}

}  // namespace llmc::x86_layout
