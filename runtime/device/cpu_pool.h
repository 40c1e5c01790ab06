// Threads, one pinned to each core, that run kernels in the order they were given: each kernel on all threads, a barrier after each.
//
// submit() appends to a ring of jobs and returns; workers read the ring by themselves, so a decode step of a hundred launches costs
// the caller one wake-up at most. A worker without a job spins for a fraction of a millisecond, then sleeps until the next submit.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include "common/types.h"
#include "kernels/abi.h"
#include "kernels/x86/barrier.h"

namespace llmc {

// An emitted kernel (templates/x86.mustache).
using CpuKernel = void (*)(const abi::Args* args, int layer, int start, int n, unsigned worker, unsigned workers, x86::Barrier* barrier);

struct CpuJob {
  CpuKernel kernel;
  abi::Args args;
  int layer, start, n;
};

class CpuPool {
 public:
  // One thread on each of the first `threads` of `cores`. Error(Exit::failed) where the system refuses a thread.
  CpuPool(const std::vector<int>& cores, u32 threads);
  ~CpuPool();  // after the jobs given
  CpuPool(const CpuPool&) = delete;
  CpuPool& operator=(const CpuPool&) = delete;

  u32 threads() const { return static_cast<u32>(workers_.size()); }
  void submit(const CpuJob& job);  // waits where the ring is full
  void wait();                     // until every job given has run
  bool faulted() const { return __atomic_load_n(&barrier_.fault, __ATOMIC_RELAXED) != 0; }
  void set_limit_ms(u32 milliseconds);  // of a wait inside a kernel; call only when no job runs

 private:
  static constexpr u32 ring_size = 1024;
  void work(u32 worker);
  void wait_done(u32 at_least);
  void wake_sleepers();
  void end();

  x86::Barrier barrier_;
  std::unique_ptr<CpuJob[]> ring_;
  alignas(64) std::atomic<u32> submitted_{0};  // jobs given
  alignas(64) std::atomic<u32> done_{0};       // jobs run
  alignas(64) std::atomic<u32> sleepers_{0};   // workers that sleep, or are about to
  std::atomic<u32> waiters_{0};                // callers that wait for `done_`
  std::mutex mutex_;                           // of the two conditions alone
  std::condition_variable wake_, finished_;
  std::atomic<bool> stop_{false};
  u64 ticks_per_ms_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace llmc
