// Which of the x86 levels this host's CPU and kernel run.
#pragma once
#include <string>

namespace llmc {

struct HostCpu {
  bool avx2 = false, fma = false, f16c = false;                                                    // what v3 code uses
  bool avx512f = false, avx512bw = false, avx512vl = false, avx512dq = false, avx512vnni = false;  // what v4 code uses
};

// Asks cpuid, and XGETBV for the register state that the kernel saves.
HostCpu host_cpu();

// "x86-64-v4", "x86-64-v3" or "" where neither runs.
std::string best_x86_arch(const HostCpu& cpu);

}  // namespace llmc
