// The GPU layout of row tiles: 8 rows, cut into micro tiles of 128 columns (256 for the K types) as kernels/formats/format.h describes.
// Each packer below writes one block of the stored type (32 or 256 elements of one row) into the planes of a micro tile; planes and
// offsets are those that kernels/formats/NAME.h reads. Packing is pure, so callers spread tiles over threads.
//
//   micro tile of Q4_K, 8 rows x 256 columns (lane = 4 row + part):
//        0  nibbles of unit 0: lane 0's block of 32 in 16 bytes, lane 1's, ...
//      512  nibbles of unit 1
//     1024  (scale, min) bytes: lane 0 unit 0, lane 0 unit 1, lane 1 unit 0, ...
//     1152  (d, dmin) f16: row 0, row 1, ...
#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "compiler/plan/layout.h"

namespace llmc::gpu_layout {
namespace {

constexpr u32 rows_of_tile = 8;

struct MicroTile {
  u32 columns, bytes;
};

MicroTile micro_tile(TensorType type) {
  switch (type) {
#define LLMC_FORMAT(name, columns, bytes, form) \
  case TensorType::name: return {columns, bytes};
#include "kernels/formats/formats.def"
#undef LLMC_FORMAT
  }
  throw InternalError("a tensor type without a GPU format");
}

template <class T>
T load(const u8* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
template <class T>
void store(u8* p, T value) {
  std::memcpy(p, &value, sizeof value);
}

// Where a block goes: `lane` of its first part (4 row), within `tile`.
struct Place {
  u8* tile;
  u32 row, part;
  u32 lane() const { return 4 * row + part; }
};

// 16 bytes whose byte i has element i in the low nibble and element i + 16 in the high one, from bytes that hold the 32 elements in
// their low (shift 0) or high (shift 4) nibbles.
void nibble_piece(const u8* source, u32 shift, u8* piece) {
  constexpr u64 low_nibbles = 0x0f0f0f0f0f0f0f0f;
  for (u32 i = 0; i < 16; i += 8) {
    const u64 low = load<u64>(source + i) >> shift & low_nibbles, high = load<u64>(source + 16 + i) >> shift & low_nibbles;
    store(piece + i, low | high << 4);
  }
}

// Bit `bit` of 32 bytes: that of element 4k + b goes to bit 8b + k. Eight bytes at a time: even k in the lower word, odd in the upper.
u32 bit_plane(const u8* source, u32 bit) {
  u64 planes = 0;
  for (u32 k = 0; k < 4; k++) planes |= (load<u64>(source + 8 * k) >> bit & 0x0101010101010101) << 2 * k;
  return static_cast<u32>(planes) | static_cast<u32>(planes >> 32) << 1;
}

// Bits `shift` and `shift + 1` of 16 bytes: those of element 4k + b go to bits 8b + 2k.
u32 two_bit_plane(const u8* source, u32 shift) {
  constexpr u64 low_pairs = 0x0303030303030303;
  const u64 planes = (load<u64>(source) >> shift & low_pairs) | (load<u64>(source + 8) >> shift & low_pairs) << 4;
  return static_cast<u32>(planes) | static_cast<u32>(planes >> 32) << 2;
}

// The fifth bits of Q5_0 and Q5_1 (element i at bit i), rearranged as bit_plane does.
u32 spread_bits(u32 bits) {
  u32 plane = 0;
  for (u32 k = 0; k < 8; k++) plane |= (((bits >> 4 * k & 15) * 0x00204081u) & 0x01010101u) << k;
  return plane;
}

template <u32 element_bytes>
void pack_float(const u8* block, const Place& at) {  // 32 elements
  constexpr u32 count = 16 / element_bytes;
  for (u32 i = 0; i < 32; i += count) {
    const u32 column = 32 * at.part + i;
    const u32 piece = column / (4 * count), lane = 4 * at.row + column / count % 4;
    std::memcpy(at.tile + 512 * piece + 16 * lane, block + element_bytes * i, 16);
  }
}

void pack_q4_0(const u8* block, const Place& at) {
  std::memcpy(at.tile + 16 * at.lane(), block + 2, 16);
  std::memcpy(at.tile + 512 + 2 * at.lane(), block, 2);
}

void pack_q4_1(const u8* block, const Place& at) {
  std::memcpy(at.tile + 16 * at.lane(), block + 4, 16);
  std::memcpy(at.tile + 512 + 4 * at.lane(), block, 4);
}

void pack_q5_0(const u8* block, const Place& at) {
  std::memcpy(at.tile + 16 * at.lane(), block + 6, 16);
  store(at.tile + 512 + 4 * at.lane(), spread_bits(load<u32>(block + 2)));
  std::memcpy(at.tile + 640 + 2 * at.lane(), block, 2);
}

void pack_q5_1(const u8* block, const Place& at) {
  std::memcpy(at.tile + 16 * at.lane(), block + 8, 16);
  store(at.tile + 512 + 8 * at.lane(), spread_bits(load<u32>(block + 4)));
  std::memcpy(at.tile + 512 + 8 * at.lane() + 4, block, 4);
}

void pack_q8_0(const u8* block, const Place& at) {
  std::memcpy(at.tile + 16 * at.lane(), block + 2, 16);
  std::memcpy(at.tile + 512 + 16 * at.lane(), block + 18, 16);
  std::memcpy(at.tile + 1024 + 2 * at.lane(), block, 2);
}

// The K types: 256 elements are 8 blocks of 32; block b is unit b / 4 of the lane with part b % 4.

void pack_q2_k(const u8* block, const Place& at) {
  for (u32 b = 0; b < 8; b++) {
    const u32 lane = at.lane() + b % 4, unit = b / 4;
    const u8* codes = block + 16 + 32 * unit;
    store(at.tile + 16 * lane + 8 * unit, two_bit_plane(codes, 2 * (b % 4)));
    store(at.tile + 16 * lane + 8 * unit + 4, two_bit_plane(codes + 16, 2 * (b % 4)));
    std::memcpy(at.tile + 512 + 4 * lane + 2 * unit, block + 2 * b, 2);
  }
  std::memcpy(at.tile + 640 + 4 * at.row, block + 80, 4);
}

void pack_q3_k(const u8* block, const Place& at) {
  const u8* packed = block + 96;
  u8 scales[16];
  for (u32 i = 0; i < 16; i++) {
    const u32 low = packed[i % 8] >> (i < 8 ? 0 : 4) & 15, top = packed[8 + i % 4] >> 2 * (i / 4) & 3;
    scales[i] = static_cast<u8>((low | top << 4) - 32);
  }
  for (u32 b = 0; b < 8; b++) {
    const u32 lane = at.lane() + b % 4, unit = b / 4;
    const u8* codes = block + 32 + 32 * unit;
    store(at.tile + 16 * lane + 8 * unit, two_bit_plane(codes, 2 * (b % 4)));
    store(at.tile + 16 * lane + 8 * unit + 4, two_bit_plane(codes + 16, 2 * (b % 4)));
    store(at.tile + 512 + 8 * lane + 4 * unit, bit_plane(block, b));
    std::memcpy(at.tile + 768 + 4 * lane + 2 * unit, scales + 2 * b, 2);
  }
  std::memcpy(at.tile + 896 + 2 * at.row, block + 108, 2);
}

// The 6-bit scales and minimums of Q4_K and Q5_K's 8 blocks as (scale, min) bytes. The first four pairs stand plainly in bytes 0-3
// and 4-7; the others have their low 4 bits in bytes 8-11 and their high 2 bits on top of the first ones.
void scale_min_bytes(const u8* packed, u8* pairs) {
  for (u32 b = 0; b < 4; b++) {
    pairs[2 * b] = packed[b] & 63;
    pairs[2 * b + 1] = packed[b + 4] & 63;
    pairs[2 * b + 8] = static_cast<u8>((packed[b + 8] & 15) | packed[b] >> 6 << 4);
    pairs[2 * b + 9] = static_cast<u8>(packed[b + 8] >> 4 | packed[b + 4] >> 6 << 4);
  }
}

void pack_q4_k(const u8* block, const Place& at) {
  u8 pairs[16];
  scale_min_bytes(block + 4, pairs);
  for (u32 b = 0; b < 8; b++) {
    const u32 lane = at.lane() + b % 4, unit = b / 4;
    nibble_piece(block + 16 + 32 * (b / 2), 4 * (b % 2), at.tile + 512 * unit + 16 * lane);
    std::memcpy(at.tile + 1024 + 4 * lane + 2 * unit, pairs + 2 * b, 2);
  }
  std::memcpy(at.tile + 1152 + 4 * at.row, block, 4);
}

void pack_q5_k(const u8* block, const Place& at) {
  u8 pairs[16];
  scale_min_bytes(block + 4, pairs);
  for (u32 b = 0; b < 8; b++) {
    const u32 lane = at.lane() + b % 4, unit = b / 4;
    nibble_piece(block + 48 + 32 * (b / 2), 4 * (b % 2), at.tile + 512 * unit + 16 * lane);
    store(at.tile + 1024 + 8 * lane + 4 * unit, bit_plane(block + 16, b));
    std::memcpy(at.tile + 1280 + 4 * lane + 2 * unit, pairs + 2 * b, 2);
  }
  std::memcpy(at.tile + 1408 + 4 * at.row, block, 4);
}

void pack_q6_k(const u8* block, const Place& at) {
  for (u32 b = 0; b < 8; b++) {
    const u32 lane = at.lane() + b % 4, unit = b / 4, quarter = b % 4;
    const u8* high = block + 128 + 32 * unit;
    nibble_piece(block + 64 * unit + 32 * (quarter % 2), 4 * (quarter / 2), at.tile + 512 * unit + 16 * lane);
    store(at.tile + 1024 + 16 * lane + 8 * unit, two_bit_plane(high, 2 * quarter));
    store(at.tile + 1024 + 16 * lane + 8 * unit + 4, two_bit_plane(high + 16, 2 * quarter));
    std::memcpy(at.tile + 1536 + 4 * lane + 2 * unit, block + 192 + 2 * b, 2);
  }
  std::memcpy(at.tile + 1664 + 2 * at.row, block + 208, 2);
}

// Walks the blocks of a row tile in the order of the packed bytes. `elements` of a block are 32 (a part) or 256 (a whole micro tile row).
template <u32 elements, class Pack>
void pack_blocks(const MicroTile& micro, u32 block_bytes, u32 columns, u32 rows, const u8* source, u8* tile, Pack pack) {
  const u64 stride = u64{columns} / elements * block_bytes;
  const u32 blocks = columns / elements, per_tile = micro.columns / elements;
  for (u32 first = 0; first < blocks; first += per_tile, tile += micro.bytes) {
    for (u32 row = 0; row < rows; row++) {
      const u8* block = source + row * stride + u64{first} * block_bytes;
      for (u32 i = 0; i < per_tile && first + i < blocks; i++, block += block_bytes) pack(block, Place{tile, row, i});
    }
  }
}

// Rows of float types need not be whole blocks of 32: the last one goes through a padded copy.
template <u32 element_bytes>
void pack_floats(const MicroTile& micro, u32 columns, u32 rows, const u8* source, u8* tile) {
  const u64 stride = u64{columns} * element_bytes;
  for (u32 first = 0; first < columns; first += micro.columns, tile += micro.bytes) {
    for (u32 row = 0; row < rows; row++) {
      for (u32 part = 0; part < micro.columns / 32; part++) {
        const u32 column = first + 32 * part;
        if (column >= columns) break;
        u8 block[32 * element_bytes] = {};
        std::memcpy(block, source + row * stride + u64{column} * element_bytes, std::min(32u, columns - column) * element_bytes);
        pack_float<element_bytes>(block, Place{tile, row, part});
      }
    }
  }
}

}  // namespace

u32 tile_rows() { return rows_of_tile; }

u64 row_tile_bytes(TensorType type, u32 columns) {
  const MicroTile micro = micro_tile(type);
  return ceil_div(columns, micro.columns) * micro.bytes;
}

void pack_row_tile(TensorType type, u32 columns, u32 rows, const u8* source, u8* tile) {
  const MicroTile micro = micro_tile(type);
  const u32 block_bytes = type_info(type).block_bytes;
  if (rows < rows_of_tile || columns % micro.columns != 0) std::memset(tile, 0, row_tile_bytes(type, columns));
  const auto pack32 = [&](auto pack) { pack_blocks<32>(micro, block_bytes, columns, rows, source, tile, pack); };
  const auto pack256 = [&](auto pack) { pack_blocks<256>(micro, block_bytes, columns, rows, source, tile, pack); };
  switch (type) {
    case TensorType::F32: return pack_floats<4>(micro, columns, rows, source, tile);
    case TensorType::F16:
    case TensorType::BF16: return pack_floats<2>(micro, columns, rows, source, tile);
    case TensorType::Q4_0: return pack32([](auto... a) { pack_q4_0(a...); });
    case TensorType::Q4_1: return pack32([](auto... a) { pack_q4_1(a...); });
    case TensorType::Q5_0: return pack32([](auto... a) { pack_q5_0(a...); });
    case TensorType::Q5_1: return pack32([](auto... a) { pack_q5_1(a...); });
    case TensorType::Q8_0: return pack32([](auto... a) { pack_q8_0(a...); });
    case TensorType::Q2_K: return pack256([](auto... a) { pack_q2_k(a...); });
    case TensorType::Q3_K: return pack256([](auto... a) { pack_q3_k(a...); });
    case TensorType::Q4_K: return pack256([](auto... a) { pack_q4_k(a...); });
    case TensorType::Q5_K: return pack256([](auto... a) { pack_q5_k(a...); });
    case TensorType::Q6_K: return pack256([](auto... a) { pack_q6_k(a...); });
  }
}

}  // namespace llmc::gpu_layout
