// Primitives on the CPU, for tests without a GPU: every thread of a workgroup is a fiber, a wave operation is a rendezvous of the
// wave's fibers. -DLLMC_WAVE=32 or 64 picks the wave. Fibers run one at a time, so ordinary memory accesses are coherent.
#pragma once
#include "kernels/prim/host_table.h"

#define LLMC_KERNEL(threads) extern "C" __attribute__((visibility("default")))

#define LLMC_APART inline

namespace llmc::prim {

static const HostTable* host_table;
extern "C" __attribute__((visibility("default"))) void llmc_host_start(const HostTable* table) { host_table = table; }

constexpr u32 kWave = LLMC_WAVE;
constexpr u64 ticks_per_ms = 1000000;

LLMC_FN const HostLane& host_lane() { return **host_table->lane; }
LLMC_FN u32 thread() { return host_lane().thread; }
LLMC_FN u32 threads() { return host_lane().threads; }
LLMC_FN u32 block() { return host_lane().block; }
LLMC_FN u32 blocks() { return host_lane().blocks; }
LLMC_FN u32 lane() { return thread() & (kWave - 1); }
LLMC_FN u32 wave() { return thread() / kWave; }
LLMC_FN void sync_block() { host_table->sync_block(); }
LLMC_FN void sync_wave() { host_table->exchange(0, kWave, 1); }
LLMC_FN u8* shared() { return host_lane().shared; }

LLMC_FN u32 shfl_xor(u32 v, u32 mask) { return (u32)host_table->exchange(v, kWave, 2)[lane() ^ mask]; }
LLMC_FN u32 shfl(u32 v, u32 source) { return (u32)host_table->exchange(v, kWave, 3)[source & (kWave - 1)]; }
LLMC_FN u64 ballot(bool b) {
  const u64* all = host_table->exchange(b, kWave, 4);
  u64 bits = 0;
  for (u32 i = 0; i < kWave; i++) bits |= all[i] << i;
  return bits;
}

constexpr bool dot4_us_takes_all = true;
constexpr u32 lane_registers = 128;  // as on NVIDIA
LLMC_FN i32 dot4_us(u32 a, u32 b, i32 c) {
  for (u32 i = 0; i < 4; i++) c += (i32)(u8)(a >> 8 * i) * (i8)(b >> 8 * i);
  return c;
}
LLMC_FN i32 dot4_ss(u32 a, u32 b, i32 c) {
  for (u32 i = 0; i < 4; i++) c += (i32)(i8)(a >> 8 * i) * (i8)(b >> 8 * i);
  return c;
}
LLMC_FN f32 dot2_f16(u32 a, u32 b, f32 c) {
  const auto half = [](u32 word, u32 i) { return (f32)__builtin_bit_cast(_Float16, (u16)(word >> 16 * i)); };
  return half(a, 1) * half(b, 1) + (half(a, 0) * half(b, 0) + c);
}

LLMC_FN u32x4 load16(const void* p) { return *(const u32x4*)p; }
LLMC_FN u32x2 load8(const void* p) { return *(const u32x2*)p; }
LLMC_FN u32 load4(const void* p) { return *(const u32*)p; }
LLMC_FN u16 load2(const void* p) { return *(const u16*)p; }
LLMC_FN u32x4 load16_cached(const void* p) { return *(const u32x4*)p; }

LLMC_FN void prefetch(const void*) {}

template <class T>
LLMC_FN T coherent_load(const T* p) { return *(const volatile T*)p; }
template <class T>
LLMC_FN void coherent_store(T* p, T v) { *(volatile T*)p = v; }
LLMC_FN u32 load_acquire(const u32* p) { return *(const volatile u32*)p; }
LLMC_FN void store_release(u32* p, u32 v) { *(volatile u32*)p = v; }
LLMC_FN u32 atomic_add_acq_rel(u32* p, u32 v) {
  u32 old = *(volatile u32*)p;
  *(volatile u32*)p = old + v;
  return old;
}
LLMC_FN u32 atomic_add_relaxed(u32* p, u32 v) { return atomic_add_acq_rel(p, v); }
LLMC_FN u32 shared_add(u32* p, u32 v) { return atomic_add_acq_rel(p, v); }
LLMC_FN void system_store(u32* p, u32 v) { *(volatile u32*)p = v; }
LLMC_FN void release_stores() {}
LLMC_FN void fence_device() { asm volatile("" ::: "memory"); }
LLMC_FN void fence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
LLMC_FN u64 ticks() { return host_table->nanoseconds(); }
LLMC_FN u64 clock() { return host_table->nanoseconds(); }
LLMC_FN void pause() { host_table->yield(); }

LLMC_FN f32 exp2(f32 x) { return host_table->exp2(x); }
LLMC_FN f32 log2(f32 x) { return host_table->log2(x); }
LLMC_FN f32 rcp(f32 x) { return 1.0f / x; }
LLMC_FN f32 sqrt(f32 x) { return __builtin_elementwise_sqrt(x); }
LLMC_FN f32 rsqrt(f32 x) { return 1.0f / sqrt(x); }
LLMC_FN f32 sin_turns(u32 turns) { return host_table->sin((f32)(i32)turns * (6.2831853072f / 4294967296.0f)); }
LLMC_FN f32 cos_turns(u32 turns) { return host_table->cos((f32)(i32)turns * (6.2831853072f / 4294967296.0f)); }
LLMC_FN i32 round_to_int(f32 x) { return (i32)__builtin_elementwise_roundeven(x); }

}  // namespace llmc::prim
