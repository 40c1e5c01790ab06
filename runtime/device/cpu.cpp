#include "runtime/device/cpu.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/error.h"
#include "runtime/device/cpu_topology.h"

namespace llmc {
namespace {

// Whether the processor has what the plan's code was generated for (compiler/target/x86.toml).
void check_features(const std::string& arch) {
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vnni");
  if (arch == "x86-64-v4" ? v4 : v3) return;
  fail(Exit::device, "This program was compiled for {} ({}), which this processor does not have. Compile the model with {}.", arch,
       arch == "x86-64-v4" ? "AVX-512 with VNNI" : "AVX2, FMA and F16C", v3 ? "--arch x86-64-v3" : "a target of this machine: llmc targets lists them");
}

u32 choose_threads(const std::vector<int>& cores, u32 asked) {
  if (asked == 0) return static_cast<u32>(cores.size());
  if (asked > cores.size()) {
    fail(Exit::usage, "-t {} is more than the {} physical core{} this process may use. Use -t {} or less.", asked, cores.size(),
         cores.size() == 1 ? "" : "s", cores.size());
  }
  return asked;
}

std::string processor_name() {
  std::string name = "x86-64 processor";
  if (std::FILE* file = std::fopen("/proc/cpuinfo", "re")) {
    char line[256];
    while (std::fgets(line, sizeof line, file)) {
      const char* colon = std::strchr(line, ':');
      if (std::strncmp(line, "model name", 10) != 0 || !colon || colon[1] == 0) continue;
      name.assign(colon + 2, std::strcspn(colon + 2, "\n"));
      break;
    }
    std::fclose(file);
  }
  return name;
}

std::string system_release() {
  struct utsname system;
  return uname(&system) == 0 ? fmt::format("{} {}", system.sysname, system.release) : std::string("unknown");
}

// Bytes of a field of /proc/meminfo. MemAvailable counts the page cache, which a model that is mapped fills.
u64 memory_info(const char* field) {
  u64 kilobytes = 0;
  if (std::FILE* file = std::fopen("/proc/meminfo", "re")) {
    char line[128];
    while (std::fgets(line, sizeof line, file)) {
      const size_t length = std::strlen(field);
      if (std::strncmp(line, field, length) == 0 && line[length] == ':') kilobytes = std::strtoull(line + length + 1, nullptr, 10);
    }
    std::fclose(file);
  }
  return kilobytes * 1024;
}

}  // namespace

CpuDevice::CpuDevice(const Plan& plan, const DeviceOptions& options)
    : arch_((check_features(plan.arch), plan.arch)), pool_([&] {
        if (options.device != 0) fail(Exit::usage, "--device {} chooses a GPU; this program runs on the CPU. Leave it out.", options.device);
        const std::vector<int> cores = physical_cores();
        return CpuPool(cores, choose_threads(cores, options.threads));
      }()) {}

CpuDevice::~CpuDevice() {
  pool_.wait();
  for (const Mapping& mapping : mappings_) munmap(mapping.address, mapping.bytes);
  if (module_) dlclose(module_);
}

DeviceInfo CpuDevice::info() const {
  return {processor_name(), arch_, pool_.threads(), memory_info("MemTotal"), memory_info("MemAvailable"), system_release()};
}

u32 CpuDevice::workers(const Plan& plan) const { return pool_.threads() * plan.blocks_per_unit; }

void* CpuDevice::allocate(u64 bytes) {
  // Anonymous pages are zero and are taken when touched, so a long context costs nothing until it is used.
  const u64 size = align_up(bytes ? bytes : 1, 4096);
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    fail(Exit::memory, "The system refused {} bytes of memory ({}). Use a smaller context (-c) or free memory.", bytes, std::strerror(errno));
  }
  madvise(address, size, MADV_HUGEPAGE);
  mappings_.push_back({address, size});
  return address;
}

void CpuDevice::upload(void* destination, const void* source, u64 bytes) {
  pool_.wait();
  std::memcpy(destination, source, bytes);
}

void CpuDevice::download(void* destination, const void* source, u64 bytes) {
  synchronize();
  std::memcpy(destination, source, bytes);
}

const void* CpuDevice::place_weights(std::span<const u8> packed) {
  const u64 page = 4096, begin = reinterpret_cast<u64>(packed.data()) / page * page;
  madvise(reinterpret_cast<void*>(begin), reinterpret_cast<u64>(packed.data()) + packed.size() - begin, MADV_WILLNEED);
  return packed.data();
}

abi::Ring* CpuDevice::allocate_ring(abi::Ring** device_address) {
  *device_address = static_cast<abi::Ring*>(allocate(sizeof(abi::Ring)));
  return *device_address;
}

void CpuDevice::load(std::span<const u8> code) {
  const int file = memfd_create("llmc-code", MFD_CLOEXEC);
  if (file < 0) fail(Exit::device, "The system refused memory for the program's code (memfd_create: {}).", std::strerror(errno));
  for (size_t done = 0; done < code.size();) {
    const ssize_t n = write(file, code.data() + done, code.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(file);
      fail(Exit::memory, "No memory for the program's code ({} bytes: {}).", code.size(), std::strerror(errno));
    }
    done += static_cast<size_t>(n);
  }
  module_ = dlopen(fmt::format("/proc/self/fd/{}", file).c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* why = module_ ? nullptr : dlerror();
  close(file);
  if (!module_) {
    fail(Exit::device, "The program's code cannot be loaded ({}). Where /proc or executable memory is forbidden, x86 programs do not run.",
         why ? why : "unknown");
  }
}

CpuKernel CpuDevice::kernel(const std::string& name) {
  const auto known = kernels_.find(name);
  if (known != kernels_.end()) return known->second;
  require(module_ != nullptr, "a kernel was asked for before its code was loaded");
  void* symbol = dlsym(module_, name.c_str());
  if (!symbol) fail(Exit::bad_input, "The program's code has no kernel '{}', which its plan names. The file is damaged: make it again.", name);
  return kernels_[name] = reinterpret_cast<CpuKernel>(symbol);
}

void CpuDevice::prepare(std::span<const Launch> launches, const abi::Args&) {
  for (const Launch& launch : launches) kernel(launch.kernel);
}

void CpuDevice::launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) {
  pool_.submit({kernel(launch.kernel), args, layer, start, n});
}

void CpuDevice::capture(std::span<const Launch> launches, const abi::Args& args) {
  captured_.clear();
  for (const Launch& launch : launches) captured_.push_back({kernel(launch.kernel), args, launch.layer, decode_start(launch), 1});
}

void CpuDevice::replay() {
  for (const CpuJob& job : captured_) pool_.submit(job);
}

void CpuDevice::synchronize() {
  pool_.wait();
  if (pool_.faulted()) {
    fail(Exit::device, "A thread did not reach a point where the others waited for it, within the limit. The processor may be far overloaded.");
  }
}

std::unique_ptr<Device> open_cpu(const Plan& plan, const DeviceOptions& options) { return std::make_unique<CpuDevice>(plan, options); }

}  // namespace llmc
