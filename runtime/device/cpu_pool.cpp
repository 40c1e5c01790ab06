#include "runtime/device/cpu_pool.h"

#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <system_error>

#include "common/error.h"

namespace llmc {
namespace {

constexpr u32 default_limit_ms = 10000;

void yield_core() { sched_yield(); }

// The time stamp counter's rate, over two milliseconds: it bounds waits of seconds, so a percent of error does not matter.
u64 measure_ticks_per_ms() {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  const u64 first = __builtin_ia32_rdtsc();
  while (clock::now() - start < std::chrono::milliseconds(2)) __builtin_ia32_pause();
  const double ms = std::chrono::duration<double, std::milli>(clock::now() - start).count();
  return static_cast<u64>(static_cast<double>(__builtin_ia32_rdtsc() - first) / ms);
}

// A worker that is not allowed its core still works: only speed is lost.
void pin(int core) {
  const int most = core + 1 > CPU_SETSIZE ? core + 1 : CPU_SETSIZE;
  cpu_set_t* mask = CPU_ALLOC(most);
  const size_t bytes = CPU_ALLOC_SIZE(most);
  CPU_ZERO_S(bytes, mask);
  CPU_SET_S(core, bytes, mask);
  pthread_setaffinity_np(pthread_self(), bytes, mask);
  CPU_FREE(mask);
}

}  // namespace

CpuPool::CpuPool(const std::vector<int>& cores, u32 threads) : ring_(std::make_unique<CpuJob[]>(ring_size)), ticks_per_ms_(measure_ticks_per_ms()) {
  barrier_.workers = threads;
  barrier_.yield = yield_core;
  set_limit_ms(default_limit_ms);
  try {
    for (u32 i = 0; i < threads; i++) {
      workers_.emplace_back([this, i, core = cores[i]] {
        pin(core);
        work(i);
      });
    }
  } catch (const std::system_error& error) {
    // Those that started wait for the others at no barrier yet: they only sleep.
    end();
    fail(Exit::failed, "The system refused thread {} of {} ({}). Use fewer with -t.", workers_.size() + 1, threads, error.what());
  }
}

CpuPool::~CpuPool() {
  wait();
  end();
}

// Lets the workers go home; they have no job.
void CpuPool::end() {
  stop_ = true;
  submitted_.fetch_add(1);
  wake_sleepers();
  for (std::thread& worker : workers_) worker.join();
}

void CpuPool::set_limit_ms(u32 milliseconds) { barrier_.limit_ticks = ticks_per_ms_ * milliseconds; }

void CpuPool::submit(const CpuJob& job) {
  const u32 index = submitted_.load(std::memory_order_relaxed);
  if (index - done_.load(std::memory_order_acquire) >= ring_size) wait_done(index - ring_size + 1);
  ring_[index % ring_size] = job;
  submitted_.store(index + 1);
  wake_sleepers();
}

// A worker counts itself as a sleeper before it looks at `submitted_` for the last time, and the caller stores `submitted_` before it looks
// for sleepers (both in one total order), so one of them sees the other. The same holds for `waiters_` and `done_`.
void CpuPool::wake_sleepers() {
  if (sleepers_.load() == 0) return;
  const std::lock_guard lock(mutex_);
  wake_.notify_all();
}

void CpuPool::wait_done(u32 at_least) {
  const auto reached = [&] { return static_cast<i32>(done_.load() - at_least) >= 0; };
  if (reached()) return;
  std::unique_lock lock(mutex_);
  waiters_.fetch_add(1);
  finished_.wait(lock, reached);
  waiters_.fetch_sub(1);
}

void CpuPool::wait() { wait_done(submitted_.load(std::memory_order_relaxed)); }

void CpuPool::work(u32 worker) {
  constexpr u32 spins_before_sleep = 4096;  // of about 40 ns (pause): some hundred microseconds
  for (u32 index = 0;; index++) {
    u32 spins = 0;
    while (submitted_.load(std::memory_order_acquire) == index) {
      __builtin_ia32_pause();
      if (++spins < spins_before_sleep) continue;
      std::unique_lock lock(mutex_);
      sleepers_.fetch_add(1);
      wake_.wait(lock, [&] { return submitted_.load() != index; });
      sleepers_.fetch_sub(1);
    }
    if (stop_.load(std::memory_order_acquire)) return;
    const CpuJob& job = ring_[index % ring_size];
    if (!faulted()) {
      job.kernel(&job.args, job.layer, job.start, job.n, worker, threads(), &barrier_);
      barrier_.wait();
    }
    // The caller may reuse a slot once the last worker has left it: the barrier has just said so to all.
    if (worker == 0) {
      done_.store(index + 1);
      // One wake-up when all is done, rather than one a job: whoever waits for less waits a little longer.
      if (waiters_.load() != 0 && submitted_.load() == index + 1) {
        const std::lock_guard lock(mutex_);
        finished_.notify_all();
      }
    }
  }
}

}  // namespace llmc
