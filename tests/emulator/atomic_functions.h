// The new value of an atomic from the old one, by name; shared by LDS and global atomics. `b` is the second data register of a compare.
#pragma once
#include <algorithm>
#include "tests/emulator/lane_types.h"

namespace llmc::emu {

namespace fetch {
constexpr auto add = [](auto old, auto a, auto) { return static_cast<decltype(old)>(old + a); };
constexpr auto sub = [](auto old, auto a, auto) { return static_cast<decltype(old)>(old - a); };
constexpr auto minimum = [](auto old, auto a, auto) { return std::min(old, a); };
constexpr auto maximum = [](auto old, auto a, auto) { return std::max(old, a); };
constexpr auto and_ = [](auto old, auto a, auto) { return old & a; };
constexpr auto or_ = [](auto old, auto a, auto) { return old | a; };
constexpr auto xor_ = [](auto old, auto a, auto) { return old ^ a; };
constexpr auto exchange = [](auto, auto a, auto) { return a; };
// Up to the limit, then 0; down from the limit (RDNA3 ISA, GLOBAL_ATOMIC_INC_U32, _DEC_U32).
constexpr auto increment = [](auto old, auto a, auto) { return old >= a ? decltype(old){0} : static_cast<decltype(old)>(old + 1); };
constexpr auto decrement = [](auto old, auto a, auto) { return old == 0 || old > a ? a : static_cast<decltype(old)>(old - 1); };
// Data holds the new value, the second data (or the next registers, in global memory) the value to compare with.
constexpr auto compare_lds_new = [](auto old, auto a, auto b) { return old == b ? a : old; };
// ds_cmpst of gfx9 and gfx10 has them the other way round.
constexpr auto compare_lds_old = [](auto old, auto a, auto b) { return old == a ? b : old; };
}  // namespace fetch

// A lane's value from, and to, rows of N lanes.
template <unsigned N, class T>
inline void load_value(const u32* row, unsigned l, T& value) {
  if constexpr (sizeof(T) == 8) value = std::bit_cast<T>(row[l] | static_cast<u64>(row[l + N]) << 32);
  else value = std::bit_cast<T>(row[l]);
}
template <unsigned N, class T>
inline void store_value(u32* row, unsigned l, T value) {
  if constexpr (sizeof(T) == 8) {
    const u64 bits = std::bit_cast<u64>(value);
    row[l] = static_cast<u32>(bits);
    row[l + N] = static_cast<u32>(bits >> 32);
  } else {
    row[l] = std::bit_cast<u32>(value);
  }
}

}  // namespace llmc::emu
