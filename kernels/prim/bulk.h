// Bulk copies from global to shared memory that complete on an mbarrier: sm_90, and the CPU simulation (where a copy is done at once).
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::prim {

#if defined(LLMC_HOST)

LLMC_FN void mbarrier_init(u64* barrier) { *barrier = 0; }
LLMC_FN void mbarrier_init_fence() {}
LLMC_FN void mbarrier_wait(u64* barrier, u32 parity) {
  while ((*(volatile u64*)barrier & 1) == parity) pause();
}
LLMC_FN void bulk_load(u8* to, const u8* from, u32 bytes, u64* barrier) {
  __builtin_memcpy(to, from, bytes);
  *(volatile u64*)barrier += 1;
}

#else

LLMC_FN u32 shared_address(const void* p) { return (u32)(u64)(const __attribute__((address_space(3))) void*)p; }

// One arrival a phase: the one that announces the bytes.
LLMC_FN void mbarrier_init(u64* barrier) { asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(shared_address(barrier)) : "memory"); }
LLMC_FN void mbarrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
// Waits until the phase of that parity is complete.
LLMC_FN void mbarrier_wait(u64* barrier, u32 parity) {
  asm volatile(
      "{\n.reg .pred p;\nwait_%=:\nmbarrier.try_wait.parity.shared.b64 p, [%0], %1;\n@!p bra wait_%=;\n}" ::"r"(shared_address(barrier)), "r"(parity)
      : "memory");
}
// `to`, `from` and `bytes` are multiples of 16.
LLMC_FN void bulk_load(u8* to, const u8* from, u32 bytes, u64* barrier) {
  asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
               ::"r"(shared_address(to)), "l"(global_address(from)), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
}

#endif

}  // namespace llmc::prim
