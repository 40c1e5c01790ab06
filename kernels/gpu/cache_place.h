// cache_layout.h for the processor at hand.
#pragma once
#include "kernels/cache_layout.h"
#include "kernels/prim/mma.h"

namespace llmc {

// Where element `i` of a row of K or V stands in it, for the row of `position`.
template <u32 head_dim>
LLMC_FN u32 cache_place(u32 position, u32 i) {
  return cache_layout::place(head_dim, prim::has_mma, position, i);
}

}  // namespace llmc
