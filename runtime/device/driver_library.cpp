#include <dlfcn.h>
#include "common/error.h"
#include "runtime/device/gpu_device.h"

namespace llmc {

DriverLibrary::DriverLibrary(std::span<const char* const> names, const std::string& advice) {
  std::string tried;
  for (const char* name : names) {
    handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) {
      name_ = name;
      return;
    }
    tried += (tried.empty() ? "" : ", ") + std::string(name);
  }
  const char* why = dlerror();
  fail(Exit::device, "The GPU's driver library was not found (tried {}; {}). {}", tried, why == nullptr ? "no reason given" : why, advice);
}

void* DriverLibrary::find(const char* symbol) const { return dlsym(handle_, symbol); }

void* DriverLibrary::need(const char* symbol) const {
  void* address = find(symbol);
  if (address == nullptr) fail(Exit::device, "The driver library {} has no {}: it is too old for this program. Install a newer driver.", name_, symbol);
  return address;
}

}  // namespace llmc
