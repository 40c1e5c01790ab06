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

// A run of items of the same cost.
struct ItemRun {
  u32 items, cost;
};

// Of runs of items one after another: the item that begins nearest to `cost` in the sum of the costs of all. The runs are constants, so that
// the divisions are multiplications. Always inlined: a call in a hot kernel of AMD's would take a stack.
template <ItemRun run, ItemRun... rest>
LLMC_FN constexpr u32 item_at(u32 cost) {
  if constexpr (sizeof...(rest) == 0) {
    return (cost + run.cost / 2) / run.cost;
  } else {
    return cost <= run.items * run.cost ? (cost + run.cost / 2) / run.cost : run.items + item_at<rest...>(cost - run.items * run.cost);
  }
}
template <ItemRun... runs>
constexpr u32 total_cost = (... + (runs.items * runs.cost));

// What pick_slices knows of a phase: `items` of `tiles_per_item` row tiles, each `micro_tiles` of `columns` columns.
struct RowTiles {
  u32 items, tiles_per_item, micro_tiles, columns;
};

// What it costs the worker with the most to cut row tiles into `slices` each, in columns that a group could have read meanwhile: a model, fitted
// to the times of 110 programs on an H200 (docs/performance.md). A unit of work (tile x slice) costs its columns, and a wait for each batch of
// loads and two for its own beginning and end; slices of different lengths make groups wait for each other; a loop over batches costs more
// than as many units in turn; and unrolled products cost the time to fetch their instructions.
constexpr u32 slices_cost(const RowTiles& t, u32 groups, u32 workers, u32 slices) {
  constexpr u32 wait = 256, batch = 4;  // micro tiles loaded at once; fitted so for all formats, though some load fewer or more
  const u32 units = (t.items + workers - 1) / workers * t.tiles_per_item * slices, rounds = (units + groups - 1) / groups;
  const u32 whole = t.micro_tiles / slices, extra = t.micro_tiles % slices, longest = whole + (extra != 0);
  const u32 batches = (whole + batch - 1) / batch + (extra != 0);
  const u32 products = (whole >= batch ? batch : 0) + whole % batch + (extra != 0);
  return rounds * (longest * t.columns + wait * (batches + 2)) + 4 * wait * rounds * extra / slices + (whole >= 2 * batch ? 16 * wait : 0) +
         products * t.columns * 5 / 2;
}

// Into how many slices of the columns a row tile is cut, so that the row tiles of one worker fill its groups of 32 lanes evenly.
constexpr u32 pick_slices(const RowTiles& tiles, u32 groups, u32 workers) {
  u32 best = 1;
  for (u32 slices = 2; slices <= groups && slices <= tiles.micro_tiles; slices++) {
    if (slices_cost(tiles, groups, workers, slices) < slices_cost(tiles, groups, workers, best)) best = slices;
  }
  return best;
}

}  // namespace llmc
