// Where the elements of a row of K or V stand in the cache. On processors with matrix instructions the row's 16-byte chunks are permuted by
// its position, so that eight rows of a tile that was copied to shared memory as it is can be read at once, a chunk each, from different
// banks (ldmatrix).
#pragma once
#include "kernels/prim/types.h"

namespace llmc::cache_layout {

// Element `i` of the row of `position`. A chunk's place differs from its number in the bits of the power of two in the number of chunks, in at most
// three.
__device__ constexpr u32 place(u32 head_dim, bool permuted, u32 position, u32 i) {
  const u32 chunks = head_dim / 8, power = chunks & (0u - chunks), mask = (power < 8 ? power : 8) - 1;
  return permuted ? i ^ (position & mask) * 8 : i;
}

}  // namespace llmc::cache_layout
