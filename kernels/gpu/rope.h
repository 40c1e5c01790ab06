// A head's row of q or k made ready for attention: QK norm where the model has it, then the rotation by position (RoPE).
//
// The angle is exact: `turns_per_position` is a 0.64 fixed-point fraction of a turn, so position times it, modulo 2^64, is the angle
// with no rounding at any position, and its upper 32 bits go to the sine. A float32 angle would be off by 1e-3 at position 10,000.
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::rope {

// Elements of pair `pair` (0 .. head_dim / 2) of a row. The first rope_dim elements rotate: `halves` pairs i with i + rope_dim / 2,
// the other order neighbours. The elements from rope_dim on pass unchanged, in twos.
template <class S>
LLMC_FN u32 pair_first(u32 pair) {
  return pair < S::rope_dim / 2 && S::rope_halves ? pair : 2 * pair;
}
template <class S>
LLMC_FN u32 pair_second(u32 pair) {
  return pair < S::rope_dim / 2 && S::rope_halves ? pair + S::rope_dim / 2 : 2 * pair + 1;
}

// Called by a whole wave. Reads the head_dim elements at `source` through `link`, applies the RMS norm with `weight` (where S::qk_norm, unless it is
// null), the rotation to `position` (0: none) and the factor `scale`; calls store(element, value) for each element once.
// S: head_dim, rope_dim, rope_halves, qk_norm, rms_eps, rope_turns(pair).
template <class S, class Link, class Store>
LLMC_FN void prepare_row(const Link& link, const f32* source, const f32* weight, u32 position, f32 scale, Store store) {
  constexpr u32 pairs = S::head_dim / 2, rounds = (pairs + prim::kWave - 1) / prim::kWave;
  f32 a[rounds], b[rounds], sine[rounds], cosine[rounds];
  u32 first[rounds], second[rounds];
  bool valid[rounds];
  LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
    const u32 pair = i * prim::kWave + prim::lane();
    valid[i] = pair < pairs;
    first[i] = pair_first<S>(pair);
    second[i] = pair_second<S>(pair);
    sine[i] = 0;
    cosine[i] = 1;
    if (pair < S::rope_dim / 2) {
      const u32 turns = (u32)(S::rope_turns(pair) * (u64)position >> 32);
      sine[i] = prim::sin_turns(turns);
      cosine[i] = prim::cos_turns(turns);
    }
  }
  link.read_pairs(source, first, second, valid, a, b);
  f32 squares = 0;
  LLMC_UNROLL for (u32 i = 0; i < rounds; i++) squares += a[i] * a[i] + b[i] * b[i];
  f32 factor = scale;
  if constexpr (S::qk_norm) {
    const f32 norm = prim::rsqrt(prim::wave_sum(squares) * (1.0f / S::head_dim) + S::rms_eps);
    if (weight != nullptr) factor *= norm;
  }
  LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
    if (!valid[i]) continue;
    f32 x = a[i] * factor, y = b[i] * factor;
    if (S::qk_norm && weight != nullptr) {
      x *= weight[first[i]];
      y *= weight[second[i]];
    }
    store(first[i], x * cosine[i] - y * sine[i]);
    store(second[i], x * sine[i] + y * cosine[i]);
  }
}

}  // namespace llmc::rope
