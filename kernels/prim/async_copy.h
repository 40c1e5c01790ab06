// Copies from global to shared memory that complete on an mbarrier while the wave goes on (PTX ISA: mbarrier). Bulk copies (cp.async.bulk) need
// sm_90, which the planner knows; where they are missing every lane copies 16 bytes at a time (cp.async, sm_80). In the CPU simulation the lane that
// asks for a copy makes it; AMD's programs never call these.
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::prim {

#if defined(__NVPTX__)

// A phase of the barrier is complete when so many threads have arrived and the bytes that they announced are there.
LLMC_FN void mbarrier_init(u64* barrier, u32 arrivals = 1) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}
LLMC_FN void mbarrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
// Before a copy to where this thread, or another since the last synchronisation, wrote with ordinary stores.
LLMC_FN void bulk_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
LLMC_FN void mbarrier_arrive(u64* barrier) { asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory"); }
// Waits until the phase of that parity is complete.
LLMC_FN void mbarrier_wait(u64* barrier, u32 parity) {
  asm volatile(
      "{\n.reg .pred p;\nwait_%=:\nmbarrier.try_wait.parity.shared.b64 p, [%0], %1;\n@!p bra wait_%=;\n}" ::"r"(shared_address(barrier)), "r"(parity)
      : "memory");
}
// `to`, `from` and `bytes` are multiples of 16. Arrives at the barrier, which completes with the copy.
LLMC_FN void bulk_load(u8* to, const u8* from, u32 bytes, u64* barrier) {
  asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
               ::"r"(shared_address(to)), "l"(global_address(from)), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
}

// As mbarrier_wait, where that instruction is missing.
LLMC_FN void mbarrier_poll(u64* barrier, u32 parity) {
  asm volatile(
      "{\n.reg .pred p;\nwait_%=:\nmbarrier.test_wait.parity.shared.b64 p, [%0], %1;\n@!p bra wait_%=;\n}" ::"r"(shared_address(barrier)), "r"(parity)
      : "memory");
}
LLMC_FN void copy16(u8* to, const u8* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(global_address(from)) : "memory");
}
// Arrives when the thread's copies so far are there.
LLMC_FN void arrive_with_copies(u64* barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");
}

#else

// The barrier's halves: phases that are complete, and arrivals wanted (16 bits) and there (16 bits).
struct HostBarrier {
  u32 phases;
  u16 wanted, there;
};
LLMC_FN void mbarrier_init(u64* barrier, u32 arrivals = 1) { *(volatile u64*)barrier = __builtin_bit_cast(u64, HostBarrier{0, (u16)arrivals, 0}); }
LLMC_FN void mbarrier_init_fence() {}
LLMC_FN void bulk_fence() {}
LLMC_FN void mbarrier_arrive(u64* barrier) {
  HostBarrier b = __builtin_bit_cast(HostBarrier, *(volatile u64*)barrier);
  if (++b.there == b.wanted) {
    b.there = 0;
    b.phases++;
  }
  *(volatile u64*)barrier = __builtin_bit_cast(u64, b);
}
LLMC_FN void mbarrier_wait(u64* barrier, u32 parity) {
  while (__builtin_bit_cast(HostBarrier, *(volatile u64*)barrier).phases % 2 == parity) pause();
}
LLMC_FN void bulk_load(u8* to, const u8* from, u32 bytes, u64* barrier) {
  if (((u64)to | (u64)from | bytes) % 16 != 0) __builtin_trap();
  for (u32 i = 0; i < bytes; i++) to[i] = from[i];
  mbarrier_arrive(barrier);
}

LLMC_FN void mbarrier_poll(u64* barrier, u32 parity) { mbarrier_wait(barrier, parity); }
LLMC_FN void copy16(u8* to, const u8* from) {
  if (((u64)to | (u64)from) % 16 != 0) __builtin_trap();
  for (u32 i = 0; i < 16; i++) to[i] = from[i];
}
LLMC_FN void arrive_with_copies(u64* barrier) { mbarrier_arrive(barrier); }

#endif

// Copies by a wave, bulk or not, one for each phase of a barrier.
template <bool bulk>
struct WaveCopies {
  // One lane; the workgroup synchronises before anyone waits.
  static LLMC_FN void init(u64* barrier) {
    mbarrier_init(barrier, bulk ? 1 : kWave);
    if constexpr (bulk) mbarrier_init_fence();
  }
  // Between a thread's ordinary accesses of shared memory and copies to there.
  static LLMC_FN void fence() {
    if constexpr (bulk) bulk_fence();
  }
  // All lanes; `bytes` may be 0.
  static LLMC_FN void copy(u8* to, const u8* from, u32 bytes, u64* barrier, u32 lane) {
    if constexpr (bulk) {
      if (lane != 0) return;
      if (bytes != 0) bulk_load(to, from, bytes, barrier);
      else mbarrier_arrive(barrier);
    } else {
      LLMC_GRID_STRIDE for (u32 i = 16 * lane; i < bytes; i += 16 * kWave) copy16(to + i, from + i);
      arrive_with_copies(barrier);
    }
  }
  static LLMC_FN void wait(u64* barrier, u32 parity) {
    if constexpr (bulk) mbarrier_wait(barrier, parity);
    else mbarrier_poll(barrier, parity);
  }
};

}  // namespace llmc::prim
