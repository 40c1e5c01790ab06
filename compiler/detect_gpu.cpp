#include "compiler/detect_gpu.h"

#include <dlfcn.h>
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/target/target.h"

namespace llmc {
namespace {

template <class Function>
Function* symbol(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

bool is_supported(const std::string& arch) {
  return std::any_of(all_targets().begin(), all_targets().end(), [&](const Target& target) { return target.arch == arch; });
}

// The newest supported arch of the same or an older generation: PTX runs on later cards.
std::optional<std::string> nearest_nvidia(int capability) {
  std::optional<std::string> best;
  for (const Target& target : all_targets()) {
    if (target.family == "nvidia" && std::stoi(target.arch.substr(3)) <= capability) best = target.arch;
  }
  return best;
}

std::optional<std::string> detect_nvidia() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::nullopt;
  const auto init = symbol<int(unsigned)>(library, "cuInit");
  const auto get = symbol<int(int*, int)>(library, "cuDeviceGet");
  const auto attribute = symbol<int(int*, int, int)>(library, "cuDeviceGetAttribute");
  constexpr int capability_major = 75, capability_minor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
  int device = 0, major = 0, minor = 0;
  const bool found = init && get && attribute && init(0) == 0 && get(&device, 0) == 0 && attribute(&major, capability_major, device) == 0 &&
                     attribute(&minor, capability_minor, device) == 0;
  return found ? nearest_nvidia(major * 10 + minor) : std::nullopt;
}

std::optional<std::string> detect_amd() {
  void* library = nullptr;
  for (const char* name : {"libamdhip64.so.7", "libamdhip64.so.6"}) {
    if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) return std::nullopt;
  const auto count = symbol<int(int*)>(library, "hipGetDeviceCount");
  const auto properties = symbol<int(void*, int)>(library, "hipGetDevicePropertiesR0600");
  int devices = 0;
  if (!count || !properties || count(&devices) != 0 || devices == 0) return std::nullopt;
  constexpr size_t arch_name_offset = 1160;  // of gcnArchName in hipDeviceProp_tR0600
  std::array<char, 8192> bytes{};
  if (properties(bytes.data(), 0) != 0) return std::nullopt;
  std::string arch(&bytes[arch_name_offset]);
  arch.resize(std::min(arch.find(':'), arch.size()));
  return is_supported(arch) ? std::optional(arch) : std::nullopt;
}

}  // namespace

std::optional<std::string> detect_gpu() {
  std::optional<std::string> arch = detect_nvidia();
  return arch ? arch : detect_amd();
}

}  // namespace llmc
