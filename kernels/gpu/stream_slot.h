// How many micro tiles of a format a slot of the weight stream holds: read by the kernels and by the planner.
#pragma once
#include "kernels/prim/types.h"

namespace llmc {

constexpr u32 slot_target_bytes = 2432;
__device__ constexpr u32 tiles_per_slot(u32 tile_bytes) {
  return tile_bytes > slot_target_bytes ? 1 : slot_target_bytes / tile_bytes < 4 ? slot_target_bytes / tile_bytes : 4;
}

}  // namespace llmc
