#include "compiler/detect_gpu.h"

#include <fmt/format.h>
#include "compiler/target/target.h"
#include "runtime/device/device.h"

namespace llmc {

DefaultArch default_arch() {
  const std::optional<std::string> found = first_gpu_arch();
  if (!found) return {"native", "no GPU was found"};
  if (const std::optional<std::string> arch = arch_for_device(*found)) return {*arch, ""};
  return {"native", fmt::format("llmc has no code for the GPU that was found, a {}", *found)};
}

}  // namespace llmc
