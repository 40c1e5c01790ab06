// Who does what: pure functions of a phase's shape and the number of workers, the same on the host and on the device.
#pragma once
#include "kernels/prim/types.h"

namespace llmc {

struct Range {
  u32 begin, end;
};

// Items [begin, end) of worker `worker`: contiguous, sizes differing by at most one. items * workers is below 2^32: 64-bit divisions take
// hundreds of cycles on a GPU.
__device__ constexpr Range split(u32 items, u32 workers, u32 worker) {
  return {items * worker / workers, items * (worker + 1) / workers};
}

// Into how many slices of the columns a row tile is cut, so that the row tiles of one worker (items of `tiles_per_item`) fill its
// groups of 32 lanes evenly. A unit of work (tile x slice) costs its micro tiles and, for starting its loads and adding up its lanes,
// about as much as one and a half more.
constexpr u32 pick_slices(u32 items, u32 tiles_per_item, u32 micro_tiles, u32 groups, u32 workers) {
  const u32 tiles = (items + workers - 1) / workers * tiles_per_item;
  u32 best = 1, best_cost = ~0u;
  for (u32 slices = 1; slices <= groups && slices <= micro_tiles; slices++) {
    const u32 rounds = (tiles * slices + groups - 1) / groups;
    const u32 cost = rounds * (2 * ((micro_tiles + slices - 1) / slices) + 3);
    if (cost < best_cost) {
      best = slices;
      best_cost = cost;
    }
  }
  return best;
}

}  // namespace llmc
