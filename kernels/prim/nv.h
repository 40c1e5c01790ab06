// Primitives on NVIDIA GPUs (sm_80 and newer). Everything that orders memory is inline assembly: Clang 19 drops order and scope of
// atomic read-modify-writes on this target and refuses the rest.
#pragma once
#include "kernels/prim/types.h"

#define LLMC_KERNEL(threads) extern "C" __global__ __attribute__((launch_bounds(threads, 1)))

// A function of its own, with registers of its own: what the caller keeps is put aside only where the call is reached.
#define LLMC_APART __device__ __attribute__((noinline))

namespace llmc::prim {

extern "C" __shared__ __attribute__((aligned(16))) u8 llmc_shared[];

constexpr u32 kWave = 32;
constexpr u64 ticks_per_ms = 1000000;

// Volatile, so that what is computed from it in one phase of a kernel is not kept in registers for the next.
LLMC_FN u32 thread() {
  u32 id;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(id));
  __builtin_assume(id < 1024);
  return id;
}
LLMC_FN u32 threads() { return (u32)__nvvm_read_ptx_sreg_ntid_x(); }
LLMC_FN u32 block() { return (u32)__nvvm_read_ptx_sreg_ctaid_x(); }
LLMC_FN u32 blocks() { return (u32)__nvvm_read_ptx_sreg_nctaid_x(); }
LLMC_FN u32 lane() { return thread() & (kWave - 1); }
LLMC_FN u32 wave() { return thread() / kWave; }
LLMC_FN void sync_block() { asm volatile("bar.sync 0;" ::: "memory"); }
LLMC_FN void sync_wave() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }
LLMC_FN u8* shared() { return (u8*)llmc_shared; }

LLMC_FN u32 shfl_xor(u32 v, u32 mask) {
  u32 r;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(r) : "r"(v), "r"(mask));
  return r;
}
LLMC_FN u32 shfl(u32 v, u32 source) {
  u32 r;
  asm volatile("shfl.sync.idx.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(r) : "r"(v), "r"(source));
  return r;
}
LLMC_FN u64 ballot(bool b) {
  u32 r;
  asm volatile("{ .reg .pred p; setp.ne.u32 p, %1, 0; vote.sync.ballot.b32 %0, p, 0xffffffff; }" : "=r"(r) : "r"((u32)b));
  return r;
}

// Sum of the products of four unsigned bytes of `a` and four signed bytes of `b`, plus `c`.
constexpr bool dot4_us_takes_all = true;  // bytes above 127 too
constexpr u32 lane_registers = 128;  // of a workgroup of 512 threads
LLMC_FN i32 dot4_us(u32 a, u32 b, i32 c) {
  i32 r;
  asm("dp4a.u32.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}
LLMC_FN i32 dot4_ss(u32 a, u32 b, i32 c) {
  i32 r;
  asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}

// Two f16 products, each added to its sum and rounded.
LLMC_FN u32 multiply_add_f16(u32 a, u32 x, u32 sum) {
  u32 r;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(x), "r"(sum));
  return r;
}
// Sum of the products of 16 pairs of f16, those of `a` with `x` and of `b` with `y`: rounded to f16 at each step, in two chains of 8.
LLMC_FN f32 dot_f16(u32x4 a, u32x4 x, u32x4 b, u32x4 y) {
  u32 sum = 0;
  LLMC_UNROLL for (u32 i = 0; i < 4; i++) sum = multiply_add_f16(a[i], x[i], sum);
  LLMC_UNROLL for (u32 i = 0; i < 4; i++) sum = multiply_add_f16(b[i], y[i], sum);
  f32 low, high;
  asm("{ .reg .f16 l, h; mov.b32 {l, h}, %2; cvt.f32.f16 %0, l; cvt.f32.f16 %1, h; }" : "=f"(low), "=f"(high) : "r"(sum));
  return low + high;
}
// `x` in the lower half.
LLMC_FN u32 float2_to_half2(f32 x, f32 y) {
  u32 r;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(y), "f"(x));
  return r;
}

// Maximum over the wave.
LLMC_FN i32 wave_max(i32 v) {
  i32 r;
  asm volatile("redux.sync.max.s32 %0, %1, 0xffffffff;" : "=r"(r) : "r"(v));
  return r;
}

LLMC_FN u64 global_address(const void* p) { return (u64)(const __attribute__((address_space(1))) void*)p; }
LLMC_FN u32 shared_address(const void* p) { return (u32)(u64)(const __attribute__((address_space(3))) void*)p; }

LLMC_FN u32x4 load16(const void* p) {
  u32 a, b, c, d;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "l"(global_address(p)));
  return u32x4{a, b, c, d};
}
LLMC_FN u32x2 load8(const void* p) {
  u32 a, b;
  asm volatile("ld.global.nc.L1::no_allocate.v2.u32 {%0, %1}, [%2];" : "=r"(a), "=r"(b) : "l"(global_address(p)));
  return u32x2{a, b};
}
LLMC_FN u32 load4(const void* p) {
  u32 a;
  asm volatile("ld.global.nc.L1::no_allocate.u32 %0, [%1];" : "=r"(a) : "l"(global_address(p)));
  return a;
}
LLMC_FN u16 load2(const void* p) {
  u16 a;
  asm volatile("ld.global.nc.L1::no_allocate.u16 %0, [%1];" : "=h"(a) : "l"(global_address(p)));
  return a;
}
LLMC_FN u32x4 load16_cached(const void* p) {
  return *(const __attribute__((address_space(1))) u32x4*)p;
}

LLMC_FN void prefetch(const void* p) { asm volatile("prefetch.global.L2 [%0];" ::"l"(global_address(p))); }

LLMC_FN u32 coherent_load(const u32* p) {
  u32 r;
  asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(r) : "l"(global_address(p)) : "memory");
  return r;
}
LLMC_FN u64 coherent_load(const u64* p) {
  u64 r;
  asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(r) : "l"(global_address(p)) : "memory");
  return r;
}
// Two words of 8 bytes, each loaded as one.
LLMC_FN u32x4 coherent_load(const u32x4* p) {
  u64 a, b;
  asm volatile("ld.relaxed.gpu.global.v2.u64 {%0, %1}, [%2];" : "=l"(a), "=l"(b) : "l"(global_address(p)) : "memory");
  return u32x4{(u32)a, (u32)(a >> 32), (u32)b, (u32)(b >> 32)};
}
LLMC_FN void coherent_store(u32* p, u32 v) {
  asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(global_address(p)), "r"(v) : "memory");
}
LLMC_FN void coherent_store(u64* p, u64 v) {
  asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(global_address(p)), "l"(v) : "memory");
}
LLMC_FN void coherent_store(u32x4* p, u32x4 v) {
  const u64 a = v[0] | (u64)v[1] << 32, b = v[2] | (u64)v[3] << 32;
  asm volatile("st.relaxed.gpu.global.v2.u64 [%0], {%1, %2};" ::"l"(global_address(p)), "l"(a), "l"(b) : "memory");
}
LLMC_FN u32 load_acquire(const u32* p) {
  u32 r;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(r) : "l"(global_address(p)) : "memory");
  return r;
}
LLMC_FN void store_release(u32* p, u32 v) {
  asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(global_address(p)), "r"(v) : "memory");
}
LLMC_FN u32 atomic_add_acq_rel(u32* p, u32 v) {
  u32 r;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(r) : "l"(global_address(p)), "r"(v) : "memory");
  return r;
}
LLMC_FN u32 atomic_add_relaxed(u32* p, u32 v) {
  u32 r;
  asm volatile("atom.relaxed.gpu.global.add.u32 %0, [%1], %2;" : "=r"(r) : "l"(global_address(p)), "r"(v) : "memory");
  return r;
}
// Relaxed add to shared memory (histograms, compaction); returns the old value.
LLMC_FN u32 shared_add(u32* p, u32 v) {
  u32 r;
  asm volatile("atom.shared.add.u32 %0, [%1], %2;" : "=r"(r) : "r"(shared_address(p)), "r"(v) : "memory");
  return r;
}
LLMC_FN void system_store(u32* p, u32 v) {
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(global_address(p)), "r"(v) : "memory");
}
// Before a barrier after which another workgroup reads what this thread stored: thread 0's release is cumulative here.
LLMC_FN void release_stores() {}
LLMC_FN void fence_device() { asm volatile("fence.acq_rel.gpu;" ::: "memory"); }
LLMC_FN void fence_system() { asm volatile("fence.acq_rel.sys;" ::: "memory"); }
LLMC_FN u64 ticks() {
  u64 t;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t));
  return t;
}
// Cycles of this multiprocessor.
LLMC_FN u64 clock() {
  u64 t;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(t));
  return t;
}
LLMC_FN void pause() {}

LLMC_FN f32 exp2(f32 x) { return __nvvm_ex2_approx_ftz_f(x); }
LLMC_FN f32 log2(f32 x) { return __nvvm_lg2_approx_f(x); }
LLMC_FN f32 rcp(f32 x) { return __nvvm_rcp_approx_ftz_f(x); }
LLMC_FN f32 rsqrt(f32 x) { return __nvvm_rsqrt_approx_f(x); }
LLMC_FN f32 sqrt(f32 x) { return __nvvm_sqrt_rn_f(x); }
// The hardware's sine takes radians; within half a turn its error is below 2^-20.
LLMC_FN f32 sin_turns(u32 turns) { return __nvvm_sin_approx_f((f32)(i32)turns * (6.2831853072f / 4294967296.0f)); }
LLMC_FN f32 cos_turns(u32 turns) { return __nvvm_cos_approx_f((f32)(i32)turns * (6.2831853072f / 4294967296.0f)); }
LLMC_FN i32 round_to_int(f32 x) {
  i32 r;
  asm("cvt.rni.s32.f32 %0, %1;" : "=r"(r) : "f"(x));
  return r;
}

}  // namespace llmc::prim
