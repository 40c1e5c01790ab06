// AMD GPUs through libamdhip64, of whatever ROCm major is installed. Functions are declared here and no struct is taken from its
// headers, since hipDeviceProp_t changed between majors; the arch's name is read out of it at the offset that goes with the symbol.
// A resident launch is a plain one behind an occupancy check: that a cooperative launch can be captured is promised nowhere.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include "common/error.h"
#include "runtime/device/gpu_device.h"

namespace llmc {
namespace {

constexpr const char* library_names[] = {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "/opt/rocm/lib/libamdhip64.so"};
constexpr const char* advice = "Install AMD's ROCm runtime (the package hip-runtime-amd, or libamdhip64-5 on Debian); no compiler is needed.";

constexpr int attribute_multiprocessors = 63;  // hipDeviceAttribute_t, the same in 5.2, 6 and 7
constexpr unsigned host_mapped = 0x2, host_coherent = 0x40000000;
constexpr size_t properties_bytes = 16384;  // far more than any version of the struct has
constexpr size_t name_bytes = 256;          // at its start, in every version

struct HipProperties {
  std::string name, arch;
};

// hipGetDeviceProperties of whichever layout the library has.
class HipPropertiesReader {
 public:
  explicit HipPropertiesReader(const DriverLibrary& library) {
    const bool r0600 = library.find("hipGetDevicePropertiesR0600") != nullptr;
    library.bind(get_, r0600 ? "hipGetDevicePropertiesR0600" : "hipGetDeviceProperties");
    arch_offset_ = r0600 ? 1160 : 396;
  }

  // HIP's result: 0 for success.
  int read(int index, HipProperties& properties) const {
    std::vector<char> bytes(properties_bytes, 0);
    const int code = get_(bytes.data(), index);
    properties.name.assign(bytes.data(), strnlen(bytes.data(), name_bytes));
    properties.arch.assign(bytes.data() + arch_offset_, strnlen(bytes.data() + arch_offset_, name_bytes));
    properties.arch.resize(std::min(properties.arch.size(), properties.arch.find(':')));  // "gfx90a:sramecc+:xnack-"
    return code;
  }

 private:
  int (*get_)(void*, int) = nullptr;
  size_t arch_offset_ = 0;
};

struct HipFunctions {
  int (*init)(unsigned);
  int (*driver_version)(int*);
  int (*device_count)(int*);
  int (*set_device)(int);
  int (*device_attribute)(int*, int, int);
  const char* (*error_name)(int);
  int (*graph_instantiate)(GpuHandle*, GpuHandle, GpuHandle* node, char* log, size_t log_bytes);
};

class HipDevice final : public GpuDevice {
 public:
  HipDevice(const DriverLibrary& library, const Plan& plan, int index) : GpuDevice({}), properties_(library) {
    bind_functions(library);
    if (const int code = hip_.init(0); code != 0) no_device(code);
    int count = 0;
    if (const int code = hip_.device_count(&count); code != 0 || count == 0) no_device(code);
    if (index >= count) {
      fail(Exit::device, "--device {} asks for a GPU that is not there: {} found, counted from 0. HIP_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES may hide some.",
           index, count);
    }
    const HipProperties own = properties(index);
    info_.name = own.name;
    info_.arch = own.arch;
    if (info_.arch != plan.arch) {
      std::string found;
      for (int i = 0; i < count; ++i) {
        const HipProperties other = properties(i);
        found += fmt::format("{}{}: {} ({})", i == 0 ? "" : ", ", i, other.name, other.arch);
      }
      fail(Exit::device, "This program was compiled for {}; GPU {} is {}. Found {}. Choose one with --device, or compile with --arch {}.", plan.arch, index,
           info_.arch, found, info_.arch);
    }
    int units = 0;
    check(hip_.device_attribute(&units, attribute_multiprocessors, index), "asking for the GPU's properties");
    info_.units = static_cast<u32>(units);
    int version = 0;
    check(hip_.driver_version(&version), "asking for the runtime's version");
    info_.driver = fmt::format("HIP {}.{}", version / 10000000, version / 100000 % 100);
    index_ = index;
    check(make_current(), "opening the GPU");
    open_stream();
  }

 private:
  void bind_functions(const DriverLibrary& library) {
    library.bind(hip_.init, "hipInit");
    library.bind(hip_.driver_version, "hipRuntimeGetVersion");
    library.bind(hip_.device_count, "hipGetDeviceCount");
    library.bind(hip_.set_device, "hipSetDevice");
    library.bind(hip_.device_attribute, "hipDeviceGetAttribute");
    library.bind(hip_.error_name, "hipGetErrorName");
    library.bind(hip_.graph_instantiate, "hipGraphInstantiate");
    library.bind(driver_.mem_alloc, "hipMalloc");
    library.bind(driver_.mem_free, "hipFree");
    library.bind(driver_.memset_d8_async, "hipMemsetD8Async");
    library.bind(driver_.mem_get_info, "hipMemGetInfo");
    library.bind(driver_.copy_to_device, "hipMemcpyHtoDAsync");
    library.bind(driver_.copy_to_host, "hipMemcpyDtoHAsync");
    library.bind(driver_.host_alloc, "hipHostMalloc");
    library.bind(driver_.host_free, "hipHostFree");
    library.bind(driver_.host_device_address, "hipHostGetDevicePointer");
    library.bind(driver_.stream_create, "hipStreamCreateWithFlags");
    library.bind(driver_.stream_destroy, "hipStreamDestroy");
    library.bind(driver_.stream_synchronize, "hipStreamSynchronize");
    library.bind(driver_.event_create, "hipEventCreateWithFlags");
    library.bind(driver_.event_destroy, "hipEventDestroy");
    library.bind(driver_.event_record, "hipEventRecord");
    library.bind(driver_.event_synchronize, "hipEventSynchronize");
    library.bind(driver_.module_load_data, "hipModuleLoadDataEx");
    library.bind(driver_.module_unload, "hipModuleUnload");
    library.bind(driver_.module_get_function, "hipModuleGetFunction");
    library.bind(driver_.occupancy, "hipModuleOccupancyMaxActiveBlocksPerMultiprocessor");
    library.bind(driver_.launch_kernel, "hipModuleLaunchKernel");
    library.bind(driver_.begin_capture, "hipStreamBeginCapture");
    library.bind(driver_.end_capture, "hipStreamEndCapture");
    library.bind(driver_.graph_launch, "hipGraphLaunch");
    library.bind(driver_.graph_destroy, "hipGraphDestroy");
    library.bind(driver_.graph_exec_destroy, "hipGraphExecDestroy");
  }

  // The device file tells more than the library's error does.
  [[noreturn]] void no_device(int code) const {
    int version = 0;
    hip_.driver_version(&version);
    std::string next = "Check that `rocminfo` lists a GPU and that HIP_VISIBLE_DEVICES does not hide it.";
    const int file = open("/dev/kfd", O_RDWR | O_CLOEXEC);
    if (file >= 0) {
      close(file);
    } else if (errno == EACCES || errno == EPERM) {
      next = "This user may not open /dev/kfd: add it to the groups render and video (usermod -aG render,video USER) and log in again.";
    } else if (errno == ENOENT) {
      next = "/dev/kfd is not there: load the amdgpu kernel driver; in a container, start it with --device /dev/kfd --device /dev/dri.";
    }
    fail(Exit::device, "No AMD GPU can be used: the HIP runtime (version {}) says {}. {}", version,
         code == 0 ? std::string("that none is there") : error_name(code), next);
  }

  HipProperties properties(int index) const {
    HipProperties result;
    check(properties_.read(index, result), "asking for the GPU's properties");
    return result;
  }

  int make_current() override { return hip_.set_device(index_); }

  std::string error_name(int code) const override {
    const char* name = hip_.error_name(code);
    return name == nullptr ? "error " + std::to_string(code) : name;
  }

  unsigned host_flags() const override { return host_mapped | host_coherent; }

  int launch_resident(GpuHandle function, u32 grid, const Launch& launch, void** arguments) override {
    return driver_.launch_kernel(function, grid, 1, 1, launch.threads, 1, 1, launch.shared, stream_, arguments, nullptr);
  }

  int instantiate(GpuHandle* executable, GpuHandle graph) override { return hip_.graph_instantiate(executable, graph, nullptr, nullptr, 0); }

  int allow_shared(GpuHandle, u32) override { return 0; }  // LDS needs no permission; too much fails at the launch

  int load_module(const void* code) override { return driver_.module_load_data(&module_, code, 0, nullptr, nullptr); }

  HipFunctions hip_ = {};
  HipPropertiesReader properties_;
  int index_ = 0;
};

}  // namespace

std::unique_ptr<Device> open_hip(const Plan& plan, const DeviceOptions& options) {
  const DriverLibrary library(library_names, advice);
  return std::make_unique<HipDevice>(library, plan, options.device);
}

std::optional<std::string> first_hip_arch() {
  const DriverLibrary library(library_names, advice);
  HipFunctions hip = {};
  library.bind(hip.init, "hipInit");
  library.bind(hip.device_count, "hipGetDeviceCount");
  const HipPropertiesReader reader(library);
  int count = 0;
  HipProperties first;
  const bool found = hip.init(0) == 0 && hip.device_count(&count) == 0 && count > 0 && reader.read(0, first) == 0;
  return found ? std::optional(first.arch) : std::nullopt;
}

}  // namespace llmc
