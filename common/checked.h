// Arithmetic on sizes that come from a file: nothing where the true result does not fit 64 bits, so that no sum or product wraps.
#pragma once
#include <optional>
#include "common/types.h"

namespace llmc {

inline std::optional<u64> checked_add(u64 a, u64 b) {
  u64 sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

inline std::optional<u64> checked_mul(u64 a, u64 b) {
  u64 product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// Whether [offset, offset + size) lies inside [0, total).
inline bool range_fits(u64 offset, u64 size, u64 total) { return offset <= total && size <= total - offset; }

}  // namespace llmc
