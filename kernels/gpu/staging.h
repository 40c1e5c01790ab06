// The first weights of a phase, staged in shared memory: each group of lanes has a slot, into which a bulk copy brings the beginning of its
// first unit of work while the phase's input is waited for. They arrive without a lane waiting for them, and come from memory straight to
// where they are used; what is brought into L2 ahead goes through it twice.
//
// For formats of floats only. Integer formats gain nothing: their products are more instructions a byte, and the second form of them, from
// shared memory, costs more to fetch than it saves (docs/performance.md).
//
// Every group's barrier completes once for each phase that stages, whether there is something to copy or not, so all know the parity.
#pragma once
#include "kernels/gpu/workspace.h"
#include "kernels/prim/async_copy.h"

namespace llmc {

struct NoStaging {
  static constexpr u32 slot_bytes = 0;
};

// `groups` slots of `bytes` bytes from `offset` on in shared memory. `parity`: of the number of phases before this
// one that staged.
template <u32 groups, u32 offset, u32 bytes>
struct StagingSlots {
  static_assert(groups * sizeof(u64) <= staging_barriers_bytes);
  using Copies = prim::WaveCopies<true>;
  static constexpr u32 slot_bytes = bytes;
  u32 parity;

  LLMC_FN static u8* slot(u32 group) { return prim::shared() + offset + group * bytes; }
  LLMC_FN static u64* barrier(u32 group) { return (u64*)(prim::shared() + staging_barriers_offset) + group; }

  // Once a launch, by the lane of each group that will copy.
  LLMC_FN static void begin(u32 group) { Copies::init(barrier(group)); }
  // One lane of the group, when all its lanes have read the slot; no bytes where the group has no work.
  LLMC_FN static void copy(u32 group, const u8* from, u32 size) { Copies::copy(slot(group), from, size, barrier(group), 0); }
  // All lanes.
  LLMC_FN void wait(u32 group) const { Copies::wait(barrier(group), parity); }
};

}  // namespace llmc
