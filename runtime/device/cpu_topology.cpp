#include "runtime/device/cpu_topology.h"

#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>

namespace llmc {
namespace {

// The first CPU of the list of siblings ("0,64", "0-1", "3"); the CPU itself where the kernel does not say.
int first_sibling(int cpu) {
  const std::string path = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  int first = cpu;
  if (!file || std::fscanf(file.get(), "%d", &first) != 1) return cpu;
  return first;
}

}  // namespace

std::vector<int> physical_cores() {
  // Machines with more than 1,024 CPUs need a larger mask: ask until it fits.
  for (int most = CPU_SETSIZE; most <= 1 << 20; most *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(void*)> mask(CPU_ALLOC(most), std::free);
    const size_t bytes = CPU_ALLOC_SIZE(most);
    if (sched_getaffinity(0, bytes, mask.get()) != 0) continue;
    std::vector<int> cores;
    std::set<int> seen;
    for (int cpu = 0; cpu < most; cpu++) {
      if (CPU_ISSET_S(cpu, bytes, mask.get()) && seen.insert(first_sibling(cpu)).second) cores.push_back(cpu);
    }
    return cores;
  }
  return {0};
}

}  // namespace llmc
