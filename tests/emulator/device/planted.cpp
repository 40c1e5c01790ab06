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

}  // namespace llmc
