// The stand-in's card and its properties.
#include <cstring>
#include "tests/emulator/hip_state.h"

using namespace llmc;
using namespace llmc::emu;

namespace {

constexpr size_t arch_name_offset = 1160;  // of gcnArchName in hipDeviceProp_tR0600
constexpr size_t properties_bytes = 1472;
constexpr int attribute_multiprocessors = 63;
constexpr int version = 60000000;

void put(void* properties, size_t offset, const std::string& text) {
  std::memcpy(static_cast<char*>(properties) + offset, text.c_str(), std::min<size_t>(text.size(), 255) + 1);
}

}  // namespace

LLMC_HIP_API int hipInit(unsigned) {
  return guarded([](Hip&) { return hip_success; });
}

LLMC_HIP_API int hipRuntimeGetVersion(int* result) {
  *result = version;
  return hip_success;
}

LLMC_HIP_API int hipGetDeviceCount(int* count) {
  *count = 0;
  return guarded([&](Hip&) {
    *count = 1;
    return hip_success;
  });
}

LLMC_HIP_API int hipSetDevice(int device) { return device == 0 ? hip_success : hip_invalid_device; }

LLMC_HIP_API int hipDeviceGetAttribute(int* value, int attribute, int device) {
  if (device != 0) return hip_invalid_device;
  if (attribute != attribute_multiprocessors) return hip_invalid_value;
  return guarded([&](Hip& hip) {
    *value = static_cast<int>(hip.card.processors());
    return hip_success;
  });
}

LLMC_HIP_API int hipGetDevicePropertiesR0600(void* properties, int device) {
  if (device != 0) return hip_invalid_device;
  return guarded([&](Hip& hip) {
    std::memset(properties, 0, properties_bytes);
    put(properties, 0, hip.card.target().title + ", emulated");
    put(properties, arch_name_offset, hip.card.arch());
    return hip_success;
  });
}

LLMC_HIP_API const char* hipGetErrorName(int error) {
  switch (error) {
    case hip_success: return "hipSuccess";
    case hip_invalid_value: return "hipErrorInvalidValue";
    case hip_out_of_memory: return "hipErrorOutOfMemory";
    case hip_no_device: return "hipErrorNoDevice";
    case hip_invalid_device: return "hipErrorInvalidDevice";
    case hip_invalid_image: return "hipErrorInvalidImage";
    case hip_invalid_handle: return "hipErrorInvalidHandle";
    case hip_not_found: return "hipErrorNotFound";
    case hip_launch_timed_out: return "hipErrorLaunchTimeOut";
    case hip_launch_failure: return "hipErrorLaunchFailure";
    case hip_capture_unsupported: return "hipErrorStreamCaptureUnsupported";
    default: return "hipErrorUnknown";
  }
}
