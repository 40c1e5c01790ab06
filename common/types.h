// Short names for the fixed-width types, used everywhere but in device code (kernels/ has its own, the same names).
#pragma once
#include <cstddef>
#include <cstdint>

namespace llmc {
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

constexpr u64 align_up(u64 n, u64 to) { return (n + to - 1) / to * to; }
constexpr u64 ceil_div(u64 a, u64 b) { return (a + b - 1) / b; }
}  // namespace llmc
