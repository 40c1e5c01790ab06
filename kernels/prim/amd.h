// Primitives on AMD GPUs: gfx9 (wave64), gfx10 to gfx12 (wave32). Compiles with Clang 19 on its own and with Clang 15 under hipRTC.
#pragma once
#include "kernels/prim/types.h"

// One or two workgroups a processor are meant (a compute unit of four SIMDs, or a pair of units of two): asking the scheduler for no more
// than that leaves it registers to keep loads in flight.
#define LLMC_WAVES(threads, per) (((threads) + (per) * __AMDGCN_WAVEFRONT_SIZE - 1) / ((per) * __AMDGCN_WAVEFRONT_SIZE))
#define LLMC_KERNEL(threads)                                                          \
  extern "C" __global__ __attribute__((amdgpu_flat_work_group_size(threads, threads), \
                                       amdgpu_waves_per_eu(LLMC_WAVES(threads, 4), LLMC_WAVES(threads, 2))))

#define LLMC_APART __device__ inline __attribute__((always_inline))  // a call would need scratch memory

namespace llmc::prim {

extern "C" __shared__ __attribute__((aligned(16))) u8 llmc_shared[];

constexpr u32 kWave = __AMDGCN_WAVEFRONT_SIZE;
// The constant clock: 100 MHz, on the oldest two 25 MHz.
#if defined(__gfx906__) || defined(__gfx908__)
constexpr u64 ticks_per_ms = 25000;
#else
constexpr u64 ticks_per_ms = 100000;
#endif

// Opaque, so that what is computed from it in one phase of a kernel is not kept in registers for the next: it costs an instruction or
// two to compute again, and the phases in between need every register.
LLMC_FN u32 thread() {
  u32 id = __builtin_amdgcn_workitem_id_x();
  asm volatile("" : "+v"(id));
  __builtin_assume(id < 1024);
  return id;
}
LLMC_FN u32 threads() { return __builtin_amdgcn_workgroup_size_x(); }
LLMC_FN u32 block() { return __builtin_amdgcn_workgroup_id_x(); }
LLMC_FN u32 blocks() { return __builtin_amdgcn_grid_size_x() / __builtin_amdgcn_workgroup_size_x(); }
LLMC_FN u32 lane() { return thread() & (kWave - 1); }
LLMC_FN u32 wave() { return (u32)__builtin_amdgcn_readfirstlane((int)(thread() / kWave)); }
LLMC_FN void sync_block() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
LLMC_FN void sync_wave() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
  __builtin_amdgcn_wave_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}
LLMC_FN u8* shared() { return (u8*)llmc_shared; }

#if __AMDGCN_WAVEFRONT_SIZE == 32
// The other row's lane of the same number. LLVM 19 does not know that this instruction depends on which lanes are on, and moves it into a
// branch that alone uses its result, where the lanes it reads are off; it cannot move past an assembly statement.
LLMC_FN u32 exchange_rows(u32 v) {
  u32 other = (u32)__builtin_amdgcn_permlanex16((int)v, (int)v, 0x76543210, 0xfedcba98, false, false);
  asm volatile("" : "+v"(other));
  return other;
}
#endif

// Masks are constants wherever it matters: the switch folds to one DPP move. Lanes 0..3 of a quad by quad_perm; within a row of 16 by
// row_xmask (gfx10 on) or the LDS crossbar; across rows by permlanex16 or the crossbar.
LLMC_FN u32 shfl_xor(u32 v, u32 mask) {
  int x = (int)v;
  switch (mask) {
    case 1: return (u32)__builtin_amdgcn_update_dpp(x, x, 0xB1, 0xF, 0xF, true);
    case 2: return (u32)__builtin_amdgcn_update_dpp(x, x, 0x4E, 0xF, 0xF, true);
    case 3: return (u32)__builtin_amdgcn_update_dpp(x, x, 0x1B, 0xF, 0xF, true);
#if __AMDGCN_WAVEFRONT_SIZE == 32
    case 4: return (u32)__builtin_amdgcn_update_dpp(x, x, 0x164, 0xF, 0xF, true);
    case 8: return (u32)__builtin_amdgcn_update_dpp(x, x, 0x168, 0xF, 0xF, true);
    case 16: return exchange_rows(v);
#else
    case 4: return (u32)__builtin_amdgcn_ds_swizzle(x, (4 << 10) | 0x1F);
    case 8: return (u32)__builtin_amdgcn_ds_swizzle(x, (8 << 10) | 0x1F);
    case 16: return (u32)__builtin_amdgcn_ds_swizzle(x, (16 << 10) | 0x1F);
#endif
    default: return (u32)__builtin_amdgcn_ds_bpermute((int)((lane() ^ mask) * 4), x);
  }
}
LLMC_FN u32 shfl(u32 v, u32 source) { return (u32)__builtin_amdgcn_ds_bpermute((int)(source * 4), (int)v); }
LLMC_FN u64 ballot(bool b) {
#if !__has_builtin(__builtin_amdgcn_ballot_w32)
  return __builtin_amdgcn_uicmp((u32)b, 0, 33);  // the name in hipRTC of Debian 12 (Clang 15), which compiles this in a test; 33: not equal
#elif __AMDGCN_WAVEFRONT_SIZE == 32
  return __builtin_amdgcn_ballot_w32(b);
#else
  return __builtin_amdgcn_ballot_w64(b);
#endif
}

// Sum of the products of four unsigned bytes of `a` and four signed bytes of `b`, plus `c`. Before gfx11 the instruction takes both
// as signed: the same for the codes met here, which are at most 127.
LLMC_FN i32 dot4_ss(u32 a, u32 b, i32 c) {
#if __has_builtin(__builtin_amdgcn_sudot4) && (defined(__GFX11__) || defined(__GFX12__))
  return __builtin_amdgcn_sudot4(true, (int)a, true, (int)b, c, false);
#else
  return __builtin_amdgcn_sdot4((int)a, (int)b, c, false);
#endif
}
// Whether dot4_us takes bytes above 127.
#if __has_builtin(__builtin_amdgcn_sudot4) && (defined(__GFX11__) || defined(__GFX12__))
constexpr bool dot4_us_takes_all = true;
#else
constexpr bool dot4_us_takes_all = false;
#endif
// Vector registers of a lane where a processor holds one workgroup of 512 threads.
#if defined(__gfx906__)
constexpr u32 lane_registers = 128;
#else
constexpr u32 lane_registers = 256;
#endif
LLMC_FN i32 dot4_us(u32 a, u32 b, i32 c) {
#if __has_builtin(__builtin_amdgcn_sudot4) && (defined(__GFX11__) || defined(__GFX12__))
  return __builtin_amdgcn_sudot4(false, (int)a, true, (int)b, c, false);
#else
  return __builtin_amdgcn_sdot4((int)a, (int)b, c, false);
#endif
}

// c plus the products of the two f16 of `a` and `b`.
LLMC_FN f32 dot2_f16(u32 a, u32 b, f32 c) {
  typedef _Float16 Halves __attribute__((ext_vector_type(2)));
  return __builtin_amdgcn_fdot2(__builtin_bit_cast(Halves, a), __builtin_bit_cast(Halves, b), c, false);
}

#define LLMC_GLOBAL __attribute__((address_space(1)))
LLMC_FN u32x4 load16(const void* p) { return __builtin_nontemporal_load((const LLMC_GLOBAL u32x4*)p); }
LLMC_FN u32x2 load8(const void* p) { return __builtin_nontemporal_load((const LLMC_GLOBAL u32x2*)p); }
LLMC_FN u32 load4(const void* p) { return __builtin_nontemporal_load((const LLMC_GLOBAL u32*)p); }
LLMC_FN u16 load2(const void* p) { return __builtin_nontemporal_load((const LLMC_GLOBAL u16*)p); }
LLMC_FN u32x4 load16_cached(const void* p) { return *(const LLMC_GLOBAL u32x4*)p; }

// There is no prefetch into L2 on these targets that does not occupy a register.
LLMC_FN void prefetch(const void*) {}

LLMC_FN u32 coherent_load(const u32* p) { return __hip_atomic_load(p, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN u64 coherent_load(const u64* p) { return __hip_atomic_load(p, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN u32x4 coherent_load(const u32x4* p) {
  u64 low = coherent_load((const u64*)p), high = coherent_load((const u64*)p + 1);
  return u32x4{(u32)low, (u32)(low >> 32), (u32)high, (u32)(high >> 32)};
}
LLMC_FN void coherent_store(u32* p, u32 v) { __hip_atomic_store(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN void coherent_store(u64* p, u64 v) { __hip_atomic_store(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN void coherent_store(u32x4* p, u32x4 v) {
  coherent_store((u64*)p, v[0] | (u64)v[1] << 32);
  coherent_store((u64*)p + 1, v[2] | (u64)v[3] << 32);
}
LLMC_FN u32 load_acquire(const u32* p) { return __hip_atomic_load(p, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN void store_release(u32* p, u32 v) { __hip_atomic_store(p, v, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN u32 atomic_add_acq_rel(u32* p, u32 v) { return __hip_atomic_fetch_add(p, v, __ATOMIC_ACQ_REL, __HIP_MEMORY_SCOPE_AGENT); }
LLMC_FN u32 atomic_add_relaxed(u32* p, u32 v) { return __hip_atomic_fetch_add(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
// Relaxed add to shared memory (histograms, compaction); returns the old value.
LLMC_FN u32 shared_add(u32* p, u32 v) { return __hip_atomic_fetch_add(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP); }
LLMC_FN void system_store(u32* p, u32 v) { __hip_atomic_store(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM); }
// Before a barrier after which another workgroup reads what this thread stored: every wave waits for its own stores.
LLMC_FN void release_stores() { __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent"); }
LLMC_FN void fence_device() { __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "agent"); }
LLMC_FN void fence_system() { __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, ""); }
LLMC_FN u64 ticks() {
#if __has_builtin(__builtin_readsteadycounter)
  return __builtin_readsteadycounter();
#else
  return __builtin_amdgcn_s_memrealtime();
#endif
}
LLMC_FN u64 clock() { return __builtin_readcyclecounter(); }
LLMC_FN void pause() { __builtin_amdgcn_s_sleep(1); }

#if __has_builtin(__builtin_amdgcn_exp2f)
LLMC_FN f32 exp2(f32 x) { return __builtin_amdgcn_exp2f(x); }
#else
LLMC_FN f32 exp2(f32 x) { return __builtin_exp2f(x); }
#endif
#if __has_builtin(__builtin_amdgcn_logf)
LLMC_FN f32 log2(f32 x) { return __builtin_amdgcn_logf(x); }
#else
LLMC_FN f32 log2(f32 x) { return __builtin_log2f(x); }
#endif
LLMC_FN f32 rcp(f32 x) { return __builtin_amdgcn_rcpf(x); }
LLMC_FN f32 rsqrt(f32 x) { return __builtin_amdgcn_rsqf(x); }
LLMC_FN f32 sqrt(f32 x) { return __builtin_sqrtf(x); }
LLMC_FN f32 sin_turns(u32 turns) { return __builtin_amdgcn_sinf((f32)(i32)turns * (1.0f / 4294967296.0f)); }
LLMC_FN f32 cos_turns(u32 turns) { return __builtin_amdgcn_cosf((f32)(i32)turns * (1.0f / 4294967296.0f)); }
LLMC_FN i32 round_to_int(f32 x) { return (i32)__builtin_rintf(x); }

}  // namespace llmc::prim
