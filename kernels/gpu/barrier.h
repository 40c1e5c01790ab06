// A barrier of all workgroups of a launch, which must be co-resident. One word counts arrivals: workgroup 0 adds 2^31 - (workers - 1), the
// others 1, so that the top bit flips when the last one arrives; it never has to be reset (the scheme of CUDA's cooperative groups).
//
// Nobody waits for ever: after State::spin_limit_ms a waiting workgroup sets State::fault, and all others, which look at it as they
// spin, leave too. grid_barrier then returns false in every thread and the kernel must return.
#pragma once
#include "kernels/gpu/args.h"

namespace llmc {

constexpr u32 spins_between_checks = 256;

// Thread 0's wait for the top bit of `word` to differ from that of `before`.
LLMC_FN bool wait_for_flip(const abi::Args& a, u32* word, u32 before) {
  const u64 start = prim::ticks();
  const u64 limit = (u64)state(a)->spin_limit_ms * prim::ticks_per_ms;
  u32 spins = 0;
  LLMC_GRID_STRIDE while (((prim::load_acquire(word) ^ before) >> 31) == 0) {
    prim::pause();
    if (++spins % spins_between_checks != 0) continue;
    if (faulted(a)) return false;
    if (prim::ticks() - start > limit) {
      prim::store_coherent(&state(a)->fault, 1u);
      prim::store_system(&a.ring->fault, 1u);
      return false;
    }
  }
  return true;
}

// `word`: the barrier buffer. Uses the first word of shared memory. Orders all memory accesses before it in any workgroup before those
// after it in any other (device scope).
LLMC_HOT LLMC_FN bool grid_barrier(const abi::Args& a, u32* word) {
  u32* passed = (u32*)prim::shared();
  prim::release_stores();
  prim::sync_block();
  if (prim::thread() == 0) {
    const u32 share = prim::block() == 0 ? 0x80000000u - (a.workers - 1) : 1u;
    const u32 before = prim::atomic_add_acq_rel(word, share);
    *passed = wait_for_flip(a, word, before);
  }
  prim::sync_block();
  const bool ok = *passed != 0;
  prim::sync_block();
  return ok;
}

}  // namespace llmc
