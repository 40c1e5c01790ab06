// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011): a counter-based generator, so
// the number of a position needs no state and no order.
#pragma once
#include "kernels/prim/types.h"

namespace llmc::philox {

struct Words {
  u32 w[4];
};

// The ten rounds of `counter` under `key`.
LLMC_FN Words philox(Words counter, u64 key) {
  u32 key_low = (u32)key, key_high = (u32)(key >> 32);
  LLMC_GRID_STRIDE for (u32 round = 0; round < 10; round++) {
    u64 a = (u64)0xD2511F53u * counter.w[0], b = (u64)0xCD9E8D57u * counter.w[2];
    counter = Words{{(u32)(b >> 32) ^ counter.w[1] ^ key_low, (u32)b, (u32)(a >> 32) ^ counter.w[3] ^ key_high, (u32)a}};
    key_low += 0x9E3779B9u;
    key_high += 0xBB67AE85u;
  }
  return counter;
}

// 64 uniform bits for the token at `position`: a fraction 0.64 of one.
LLMC_FN u64 uniform(u64 seed, u32 position) {
  Words r = philox(Words{{position, 0, 0, 0}}, seed);
  return r.w[0] | (u64)r.w[1] << 32;
}

}  // namespace llmc::philox
