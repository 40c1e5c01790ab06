#include "compiler/target/host_cpu.h"
#include <cpuid.h>

namespace llmc {
namespace {

constexpr bool bit(unsigned value, unsigned index) { return (value >> index) & 1; }

// XCR0: the register states that the kernel saves on a context switch. Only valid where OSXSAVE is set.
unsigned saved_state() {
  unsigned low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

HostCpu host_cpu() {
  HostCpu cpu;
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !bit(c, 27)) return cpu;
  unsigned state = saved_state();
  const bool saves_ymm = (state & 0x6) == 0x6, saves_zmm = (state & 0xe6) == 0xe6;
  if (!saves_ymm) return cpu;
  cpu.fma = bit(c, 12);
  cpu.f16c = bit(c, 29);
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return cpu;
  cpu.avx2 = bit(b, 5);
  if (!saves_zmm) return cpu;
  cpu.avx512f = bit(b, 16);
  cpu.avx512dq = bit(b, 17);
  cpu.avx512bw = bit(b, 30);
  cpu.avx512vl = bit(b, 31);
  cpu.avx512vnni = bit(c, 11);
  return cpu;
}

std::string best_x86_arch(const HostCpu& cpu) {
  const bool v3 = cpu.avx2 && cpu.fma && cpu.f16c;
  const bool v4 = v3 && cpu.avx512f && cpu.avx512bw && cpu.avx512vl && cpu.avx512dq && cpu.avx512vnni;
  return v4 ? "x86-64-v4" : v3 ? "x86-64-v3" : "";
}

}  // namespace llmc
