// Small sources that the tests of compiler/build compile.
#pragma once
#include <string>

namespace llmc::test {

// The words of each GPU family for one kernel text.
inline const char* const gpu_words = R"(
#if defined(__AMDGCN__)
#define KERNEL extern "C" __attribute__((global)) __attribute__((amdgpu_flat_work_group_size(256, 256))) void
#define THREAD __builtin_amdgcn_workitem_id_x()
#define BLOCK __builtin_amdgcn_workgroup_id_x()
#define SYNC __builtin_amdgcn_s_barrier()
#else
#define KERNEL extern "C" __attribute__((global)) __attribute__((launch_bounds(256))) void
#define THREAD __nvvm_read_ptx_sreg_tid_x()
#define BLOCK __nvvm_read_ptx_sreg_ctaid_x()
#define SYNC __syncthreads()
#endif
#define DEVICE static __attribute__((device)) inline
#define SHARED static __attribute__((shared))
#define LLMC_HOT __attribute__((hot))
#define LLMC_GRID_STRIDE _Pragma("nounroll")
)";

// Two kernels: one with 1 KiB of shared memory, one without any.
inline std::string two_kernels() {
  return std::string(gpu_words) + R"(
KERNEL block_sum(const float* in, float* out) {
  SHARED float parts[256];
  parts[THREAD] = in[BLOCK * 256 + THREAD];
  for (unsigned half = 128; half > 0; half /= 2) {
    SYNC;
    if (THREAD < half) parts[THREAD] += parts[THREAD + half];
  }
  if (THREAD == 0) out[BLOCK] = parts[0];
}
KERNEL scale(float* x, float by) { x[BLOCK * 256 + THREAD] *= by; }
)";
}

// More live values than registers: scratch on every AMD arch.
inline std::string scratch_kernel() {
  return std::string(gpu_words) + R"(
KERNEL spilling(const int* index, int* out) {
  int table[64];
  for (int i = 0; i < 64; i++) table[i] = index[i] + (int)THREAD;
  for (int i = 0; i < 64; i++) table[index[i] & 63] ^= i;
  out[THREAD] = table[index[THREAD] & 63];
}
)";
}

}  // namespace llmc::test
