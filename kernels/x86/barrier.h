// The spin barrier between phases, shared by the thread pool (runtime/device/cpu_pool.cpp) and the emitted code. A waiter spins, then
// gives its core away now and then (`yield`, the pool's: emitted code has no libc), and gives up after `limit_ticks` of the time stamp
// counter: it raises `fault`, on which every other wait ends too, so that a lost thread ends in an error and not in a hang.
#pragma once

namespace llmc::x86 {

struct Barrier {
  alignas(64) unsigned arrived = 0;
  alignas(64) unsigned generation = 0;
  alignas(64) unsigned fault = 0;
  unsigned workers = 1;
  unsigned long long limit_ticks = 0;
  void (*yield)() = nullptr;

  // False if a worker did not arrive in time: the caller returns at once.
  bool wait() {
    if (workers == 1) return true;
    const unsigned mine = __atomic_load_n(&generation, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == workers) {
      __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
      __atomic_store_n(&generation, mine + 1, __ATOMIC_RELEASE);
      return __atomic_load_n(&fault, __ATOMIC_RELAXED) == 0;
    }
    unsigned long long last = __builtin_ia32_rdtsc(), waited = 0;
    for (unsigned spins = 1; __atomic_load_n(&generation, __ATOMIC_ACQUIRE) == mine; spins++) {
      __builtin_ia32_pause();
      if (spins % 1024 != 0) continue;
      if (__atomic_load_n(&fault, __ATOMIC_RELAXED) != 0) return false;
      // A process that was stopped (a terminal's Ctrl-Z, a laptop's sleep) must not count that time: a step counts 1/64 at most.
      const unsigned long long now = __builtin_ia32_rdtsc(), step = now - last;
      last = now;
      waited += step < limit_ticks / 64 ? step : limit_ticks / 64;
      if (waited > limit_ticks) {
        __atomic_store_n(&fault, 1, __ATOMIC_RELAXED);
        return false;
      }
      yield();
    }
    return __atomic_load_n(&fault, __ATOMIC_RELAXED) == 0;
  }
};

}  // namespace llmc::x86
