// Bulk copies from global to shared memory that complete on an mbarrier (PTX ISA: cp.async.bulk, mbarrier; sm_90 and newer, which the planner
// knows). In the CPU simulation the lane that asks for a copy makes it; AMD's programs never call these.
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::prim {

#if defined(__NVPTX__)

// A phase of the barrier is complete when one thread has arrived and the bytes that it announced are there.
LLMC_FN void mbarrier_init(u64* barrier) { asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(shared_address(barrier)) : "memory"); }
LLMC_FN void mbarrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
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

#else

LLMC_FN void mbarrier_init(u64* barrier) { *barrier = 0; }
LLMC_FN void mbarrier_init_fence() {}
LLMC_FN void mbarrier_arrive(u64* barrier) { *(volatile u64*)barrier = *(volatile u64*)barrier + 1; }
LLMC_FN void mbarrier_wait(u64* barrier, u32 parity) {
  while ((*(volatile u64*)barrier & 1) == parity) pause();
}
LLMC_FN void bulk_load(u8* to, const u8* from, u32 bytes, u64* barrier) {
  for (u32 i = 0; i < bytes; i++) to[i] = from[i];
  mbarrier_arrive(barrier);
}

#endif

}  // namespace llmc::prim
