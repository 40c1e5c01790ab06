// What GPU is here, for the compiler.
#include "common/error.h"
#include "runtime/device/device.h"

namespace llmc {
namespace {

// No driver, or one too old, is no GPU.
std::optional<std::string> ask(std::optional<std::string> (*first_arch)()) {
  try {
    return first_arch();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> first_gpu_arch() {
  const std::optional<std::string> arch = ask(first_cuda_arch);
  return arch ? arch : ask(first_hip_arch);
}

}  // namespace llmc
