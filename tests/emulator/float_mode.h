// MODE's rounding and denormals, carried by the host's own control register while a wave runs.
#pragma once
#include <immintrin.h>
#include "common/types.h"

namespace llmc::emu {

// MODE [1:0] is the rounding of float32 (0 nearest even, 1 up, 2 down, 3 to zero), [5:4] its denormals (bit 0: sources, bit 1: results
// are kept). The host has one setting for all widths; 16-bit floats keep their denormals whatever it is, since they pass through float32.
inline void apply_float_mode(u32 mode) {
  constexpr u32 rounding[4] = {_MM_ROUND_NEAREST, _MM_ROUND_UP, _MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO};
  constexpr u32 masked_exceptions = 0x1f80;
  u32 csr = masked_exceptions | rounding[mode & 3];
  if (!(mode >> 4 & 1)) csr |= _MM_DENORMALS_ZERO_ON;
  if (!(mode >> 5 & 1)) csr |= _MM_FLUSH_ZERO_ON;
  _mm_setcsr(csr);
}

// Sets it for a scope.
class FloatModeScope {
 public:
  explicit FloatModeScope(u32 mode) : before_(_mm_getcsr()) { apply_float_mode(mode); }
  ~FloatModeScope() { _mm_setcsr(before_); }
  FloatModeScope(const FloatModeScope&) = delete;
  FloatModeScope& operator=(const FloatModeScope&) = delete;

 private:
  u32 before_;
};

}  // namespace llmc::emu
