// A row of the embedding matrix, de-quantised.
#pragma once
#include "kernels/gpu/gemv.h"

namespace llmc {

// x[0..columns) = row `row`. Thread t of `threads` takes blocks t, t + threads, ... of 32 columns.
template <class F, u32 columns>
LLMC_HOT LLMC_FN void embed_row(const u8* matrix, u64 stride, u32 row, f32* x, u32 thread, u32 threads) {
  constexpr u32 blocks = (columns + 31) / 32, per_tile = F::columns / 32;
  const u8* row_tile = matrix + row / fmt::tile_rows * stride;
  LLMC_GRID_STRIDE for (u32 block = thread; block < blocks; block += threads) {
    f32 v[32];
    F::dequantize(row_tile + block / per_tile * F::bytes, row % fmt::tile_rows, block % per_tile, v);
    LLMC_UNROLL for (u32 i = 0; i < 32; i += 4) {
      if (columns % 32 == 0 || 32 * block + i < columns) {
        prim::store_coherent((f32x4*)(x + 32 * block + i), f32x4{v[i], v[i + 1], v[i + 2], v[i + 3]});
      }
    }
  }
}

}  // namespace llmc
