// Kernels for faults_test.cpp: mistakes that a card would not speak of, each on a line marked with its name, and beside each the same
// without the mistake. 256 threads.
#include "kernels/prim/prim.h"

namespace llmc {

struct Buffers {
  u32* in;       // 256 words a workgroup
  u32* out;      // the same
  u32* barrier;  // 1 word, zero
};

LLMC_FN u32 global_thread() { return prim::block() * prim::threads() + prim::thread(); }

LLMC_KERNEL(256) void copy(Buffers b) { b.out[global_thread()] = b.in[global_thread()]; }

LLMC_KERNEL(256) void read_past_the_end(Buffers b) {
  const u32 i = global_thread();
  b.out[i] = b.in[i + (prim::thread() == 77 ? 1000000u : 0u)];  // FAULT read_past_the_end
}

LLMC_KERNEL(256) void write_past_the_end(Buffers b) {
  const u32 value = b.in[global_thread()];
  b.out[global_thread() + 1] = value;  // FAULT write_past_the_end
}

LLMC_KERNEL(256) void read_what_nobody_wrote(Buffers b) {
  if (prim::thread() < 100) b.out[global_thread()] = 1;
  b.out[global_thread()] = b.out[global_thread()] + 1;  // FAULT read_what_nobody_wrote
}

LLMC_KERNEL(256) void read_shared_that_nobody_wrote(Buffers b) {
  u32* shared = (u32*)prim::shared();
  if (prim::thread() < 200) shared[prim::thread()] = prim::thread();
  prim::sync_block();
  b.out[global_thread()] = shared[prim::thread()];  // FAULT read_shared_that_nobody_wrote
}

LLMC_KERNEL(256) void shared_past_the_end(Buffers b) {
  u32* shared = (u32*)prim::shared();
  shared[prim::thread() + 1] = b.in[global_thread()];  // FAULT shared_past_the_end
}

// Reads what threads of another wave have put into shared memory.
template <bool with_barrier>
LLMC_FN void turn(const Buffers& b) {
  u32* shared = (u32*)prim::shared();
  shared[prim::thread()] = 0;
  prim::sync_block();
  shared[prim::thread()] = b.in[global_thread()];  // FAULT no_block_barrier
  if (with_barrier) prim::sync_block();
  b.out[global_thread()] = shared[prim::thread() ^ 128];  // FAULT no_block_barrier
}
LLMC_KERNEL(256) void block_barrier(Buffers b) { turn<true>(b); }
LLMC_KERNEL(256) void no_block_barrier(Buffers b) { turn<false>(b); }

// All workgroups, which must be resident at once. `missing` more are waited for.
LLMC_FN void wait_for_all(u32* word, u32 missing) {
  prim::release_stores();
  prim::sync_block();
  if (prim::thread() == 0) {
    prim::atomic_add_acq_rel(word, 1);
    while (prim::load_acquire(word) < prim::blocks() + missing) prim::pause();  // FAULT too_few_at_the_barrier
  }
  prim::sync_block();
}

// Every workgroup reads what the next one has stored.
template <bool with_barrier>
LLMC_FN void exchange(const Buffers& b) {
  prim::store_coherent(b.out + global_thread(), global_thread());  // FAULT no_grid_barrier
  if (with_barrier) wait_for_all(b.barrier, 0);
  const u32 next = (prim::block() + 1) % prim::blocks();
  const u32 value = prim::load_coherent(b.out + next * prim::threads() + prim::thread());  // FAULT no_grid_barrier
  prim::store_coherent(b.in + global_thread(), value);
}
LLMC_KERNEL(256) void grid_barrier(Buffers b) { exchange<true>(b); }
LLMC_KERNEL(256) void no_grid_barrier(Buffers b) { exchange<false>(b); }

LLMC_KERNEL(256) void too_few_at_the_barrier(Buffers b) { wait_for_all(b.barrier, 1); }

LLMC_KERNEL(256) void barrier_that_not_all_reach(Buffers b) {
  if (prim::wave() == 1) return;
  prim::sync_block();  // FAULT barrier_that_not_all_reach
  b.out[global_thread()] = 1;
}

LLMC_KERNEL(256) void two_barriers(Buffers b) {
  if (prim::wave() == 0) {
    b.out[global_thread()] = 1;
    prim::sync_block();  // FAULT two_barriers
    b.out[global_thread()] = 2;
  } else {
    b.out[global_thread()] = 3;
    prim::sync_block();  // FAULT two_barriers
    b.out[global_thread()] = 4;
  }
}

// Workgroup 0 stores 256 words and raises a flag; the others wait for it and read the words by ordinary loads.
template <bool acquire>
LLMC_FN void publish(const Buffers& b) {
  u32* shared = (u32*)prim::shared();
  if (prim::block() == 0) {
    b.out[prim::thread()] = prim::thread() + 1;
    prim::release_stores();
    prim::sync_block();
    if (prim::thread() == 0) prim::store_release(b.barrier, 1u);
    return;
  }
  // Each wave waits for itself, so that no other's invalidation of caches stands in for its own.
  if (acquire) {
    while (prim::load_acquire(b.barrier) == 0) prim::pause();
  } else {
    while (prim::load_coherent(b.barrier) == 0) prim::pause();
  }
  shared[prim::thread()] = b.out[prim::thread()];  // FAULT flag_without_acquire
  b.in[global_thread()] = shared[prim::thread()];
}
LLMC_KERNEL(256) void flag_with_acquire(Buffers b) { publish<true>(b); }
LLMC_KERNEL(256) void flag_without_acquire(Buffers b) { publish<false>(b); }

// Data that carries its epoch: every word is polled until it is there.
LLMC_KERNEL(256) void polled_words(Buffers b) {
  u64* words = (u64*)b.out;
  if (prim::block() == 0) prim::store_coherent(words + prim::thread(), (u64)1 << 32 | prim::thread());
  if (prim::block() != 1) return;
  u64 word;
  while ((word = prim::load_coherent(words + prim::thread())) >> 32 != 1) prim::pause();  // FAULT polled_words
  b.in[prim::thread()] = (u32)word;
}

// Every workgroup stores the same words and reads them back.
LLMC_KERNEL(256) void same_words(Buffers b) {
  b.out[prim::thread()] = prim::thread();
  b.in[global_thread()] = b.out[prim::thread()];
}

// A load, its wait, and a use of what it brings.
#ifdef __GFX12__
#define PLANTED_WAIT "s_wait_loadcnt 0x0\n\t"
#else
#define PLANTED_WAIT "s_waitcnt vmcnt(0)\n\t"
#endif
#define PLANTED_LOAD(wait) "global_load_dword %0, %2, off\n\t" wait "v_mov_b32 %1, %0"
LLMC_KERNEL(256) void wait_for_a_load(Buffers b) {
  u32 loaded, used;
  asm volatile(PLANTED_LOAD(PLANTED_WAIT) : "=&v"(loaded), "=&v"(used) : "v"(b.in + global_thread()));
  b.out[global_thread()] = used;
}
LLMC_KERNEL(256) void no_wait_for_a_load(Buffers b) {
  u32 loaded, used;
  asm volatile(PLANTED_LOAD("") : "=&v"(loaded), "=&v"(used) : "v"(b.in + global_thread()));  // FAULT no_wait_for_a_load
  b.out[global_thread()] = used;
}

// For counts: LDS accesses of 4 bytes whose lanes are `stride` words apart.
template <u32 stride>
LLMC_FN void strided(const Buffers& b) {
  u32* shared = (u32*)prim::shared();
  shared[prim::thread() * stride % 8192] = b.in[global_thread()];
}
LLMC_KERNEL(256) void stride_1(Buffers b) { strided<1>(b); }
LLMC_KERNEL(256) void stride_2(Buffers b) { strided<2>(b); }
LLMC_KERNEL(256) void stride_32(Buffers b) { strided<32>(b); }

// Reads its workgroup's first word, and the words of all four workgroups, each line from one wave of each.
LLMC_KERNEL(256) void read_all(Buffers b) {
  u32 sum = 0;
  for (u32 i = 0; i < 4; i++) sum += b.in[i * 256 + prim::thread()];
  b.out[global_thread()] = sum;
}

}  // namespace llmc
