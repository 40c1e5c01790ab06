// What the vector memory instructions share: making addresses, and moving data between registers, in which a lane's dwords lie a row
// apart, and memory, in which they are neighbours.
#pragma once
#include <algorithm>
#include <cstring>
#include "tests/emulator/memory.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {

// What a lane's access is made of: `bytes` of memory and how they stand in registers.
enum class Narrow : u8 { none, u8_, i8_, u16_, i16_, low16, high16, low_u8, low_i8, high_u8, high_i8, store8_high, store16_high };

template <unsigned Bytes, Narrow How>
inline void load_lane(u32* row, unsigned stride, const u8* from) {
  if constexpr (How == Narrow::none) {
    u32 data[Bytes / 4];
    std::memcpy(data, from, Bytes);
    for (unsigned k = 0; k < Bytes / 4; k++) row[k * stride] = data[k];
  } else {
    u16 v = 0;
    std::memcpy(&v, from, Bytes);
    const u32 sign8 = static_cast<u32>(static_cast<i32>(static_cast<i8>(v)));
    switch (How) {
      case Narrow::u8_: case Narrow::u16_: *row = v; break;
      case Narrow::i8_: *row = sign8; break;
      case Narrow::i16_: *row = static_cast<u32>(static_cast<i32>(static_cast<i16>(v))); break;
      case Narrow::low16: case Narrow::low_u8: *row = (*row & 0xffff'0000u) | v; break;
      case Narrow::low_i8: *row = (*row & 0xffff'0000u) | (sign8 & 0xffffu); break;
      case Narrow::high16: case Narrow::high_u8: *row = (*row & 0xffffu) | static_cast<u32>(v) << 16; break;
      case Narrow::high_i8: *row = (*row & 0xffffu) | sign8 << 16; break;
      default: break;
    }
  }
}
template <unsigned Bytes, Narrow How>
inline void store_lane(const u32* row, unsigned stride, u8* to) {
  if constexpr (Bytes >= 4) {
    u32 data[Bytes / 4];
    for (unsigned k = 0; k < Bytes / 4; k++) data[k] = row[k * stride];
    std::memcpy(to, data, Bytes);
  } else {
    const u32 v = How == Narrow::store8_high || How == Narrow::store16_high ? *row >> 16 : *row;
    std::memcpy(to, &v, Bytes);
  }
}

// Four lanes of 16 bytes at a time when all lanes are on: a 4 x 4 transpose in registers.
template <unsigned N, class Place>
inline void load_rows16(u32* dst, Place place) {
  for (unsigned l = 0; l < N; l += 4) {
    __m128 a = _mm_loadu_ps(reinterpret_cast<const float*>(place(l))), b = _mm_loadu_ps(reinterpret_cast<const float*>(place(l + 1)));
    __m128 c = _mm_loadu_ps(reinterpret_cast<const float*>(place(l + 2))), d = _mm_loadu_ps(reinterpret_cast<const float*>(place(l + 3)));
    _MM_TRANSPOSE4_PS(a, b, c, d);
    float* row = reinterpret_cast<float*>(dst + l);
    _mm_storeu_ps(row, a);
    _mm_storeu_ps(row + N, b);
    _mm_storeu_ps(row + 2 * N, c);
    _mm_storeu_ps(row + 3 * N, d);
  }
}

// place(l) is the host address of lane l's data.
template <unsigned N, unsigned Bytes, Narrow How, class Place>
inline void load_lanes(u32* dst, u64 lanes, Place place) {
  if (lanes == every_lane<N>) {
    if constexpr (Bytes == 16) {
      load_rows16<N>(dst, place);
    } else {
      for (unsigned l = 0; l < N; l++) load_lane<Bytes, How>(dst + l, N, place(l));
    }
    return;
  }
  for (; lanes; lanes &= lanes - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(lanes));
    load_lane<Bytes, How>(dst + l, N, place(l));
  }
}
template <unsigned N, unsigned Bytes, Narrow How, class Place>
inline void store_lanes(const u32* src, u64 lanes, Place place) {
  for (; lanes; lanes &= lanes - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(lanes));
    store_lane<Bytes, How>(src + l, N, place(l));
  }
}

}  // namespace llmc::emu
