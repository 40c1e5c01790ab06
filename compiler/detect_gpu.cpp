#include "compiler/detect_gpu.h"

#include "compiler/target/target.h"
#include "runtime/device/device.h"

namespace llmc {

std::optional<std::string> detect_gpu() {
  const std::optional<std::string> found = first_gpu_arch();
  return found ? arch_for_device(*found) : std::nullopt;
}

std::string default_arch() { return detect_gpu().value_or("native"); }

}  // namespace llmc
