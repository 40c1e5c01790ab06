// NVIDIA GPUs through libcuda.so.1, which comes with the driver. Declarations follow CUDA's driver API reference; the versioned names
// (_v2) are the ones that its header maps the plain names to. Cooperative launches promise that all workgroups are resident, also as
// nodes of a graph.
#include <cstring>
#include <fstream>
#include "common/error.h"
#include "runtime/device/gpu_device.h"

namespace llmc {
namespace {

constexpr const char* library_names[] = {"libcuda.so.1"};
constexpr const char* advice = "Install NVIDIA's driver (nvidia-smi must list the GPU); in a container, start it with the GPU passed through.";

// CUdevice_attribute
constexpr int attribute_multiprocessors = 16, attribute_major = 75, attribute_minor = 76, attribute_cooperative = 95;
constexpr int function_max_dynamic_shared = 8;                                     // CUfunction_attribute
constexpr int jit_error_log = 5, jit_error_log_bytes = 6;                          // CUjit_option
constexpr unsigned host_portable = 1, host_mapped = 2;
constexpr int error_no_device = 100, error_no_permission = 800, error_driver_mismatch = 803;

// CUlaunchAttribute: id, padding to the value, 64 bytes of value. CUlaunchConfig as in the driver API since 11.8.
struct LaunchAttribute {
  int id;
  char padding[4];
  union {
    char bytes[64];
    int cooperative;
  } value;
};
static_assert(sizeof(LaunchAttribute) == 72);
constexpr int attribute_id_cooperative = 2;

struct LaunchConfig {
  unsigned grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes;
  GpuHandle stream;
  LaunchAttribute* attributes;
  unsigned attribute_count;
};

std::string arch_name(int major, int minor) { return fmt::format("sm_{}{}", major, minor); }

struct CudaFunctions {
  int (*init)(unsigned);
  int (*driver_version)(int*);
  int (*device_count)(int*);
  int (*device)(int*, int);
  int (*device_name)(char*, int, int);
  int (*device_attribute)(int*, int, int);
  int (*primary_context_retain)(GpuHandle*, int);
  int (*set_current)(GpuHandle);
  int (*error_name)(int, const char**);
  int (*set_function_attribute)(GpuHandle, int, int);
  int (*graph_instantiate)(GpuHandle*, GpuHandle, unsigned long long);
  int (*launch_kernel_ex)(const LaunchConfig*, GpuHandle, void**, void**);
};

class CudaDevice final : public GpuDevice {
 public:
  CudaDevice(const DriverLibrary& library, const Plan& plan, int index) : GpuDevice({}) {
    bind_functions(library);
    if (const int code = cuda_.init(0); code != 0) no_device(code);
    int count = 0;
    if (const int code = cuda_.device_count(&count); code != 0 || count == 0) no_device(code);
    if (index >= count) fail(Exit::device, "--device {} asks for a GPU that is not there: {} found, counted from 0. CUDA_VISIBLE_DEVICES may hide some.", index, count);
    check(cuda_.device(&device_, index), "opening the GPU");
    char name[256] = {};
    check(cuda_.device_name(name, sizeof(name) - 1, device_), "asking for the GPU's name");
    info_.name = name;
    info_.arch = arch_name(attribute(attribute_major), attribute(attribute_minor));
    info_.units = static_cast<u32>(attribute(attribute_multiprocessors));
    info_.driver = driver_name();
    require_arch(plan);
    check(cuda_.primary_context_retain(&context_, device_), "opening a context");
    check(make_current(), "opening a context");
    open_stream();
  }

 private:
  void bind_functions(const DriverLibrary& library) {
    library.bind(cuda_.init, "cuInit");
    library.bind(cuda_.driver_version, "cuDriverGetVersion");
    library.bind(cuda_.device_count, "cuDeviceGetCount");
    library.bind(cuda_.device, "cuDeviceGet");
    library.bind(cuda_.device_name, "cuDeviceGetName");
    library.bind(cuda_.device_attribute, "cuDeviceGetAttribute");
    library.bind(cuda_.primary_context_retain, "cuDevicePrimaryCtxRetain");
    library.bind(cuda_.set_current, "cuCtxSetCurrent");
    library.bind(cuda_.error_name, "cuGetErrorName");
    library.bind(cuda_.set_function_attribute, "cuFuncSetAttribute");
    library.bind(cuda_.launch_kernel_ex, "cuLaunchKernelEx");
    library.bind(driver_.mem_alloc, "cuMemAlloc_v2");
    library.bind(driver_.mem_free, "cuMemFree_v2");
    library.bind(driver_.memset_d8_async, "cuMemsetD8Async");
    library.bind(driver_.mem_get_info, "cuMemGetInfo_v2");
    library.bind(driver_.copy_to_device, "cuMemcpyHtoDAsync_v2");
    library.bind(driver_.copy_to_host, "cuMemcpyDtoHAsync_v2");
    library.bind(driver_.host_alloc, "cuMemHostAlloc");
    library.bind(driver_.host_free, "cuMemFreeHost");
    library.bind(driver_.host_device_address, "cuMemHostGetDevicePointer_v2");
    library.bind(driver_.stream_create, "cuStreamCreate");
    library.bind(driver_.stream_destroy, "cuStreamDestroy_v2");
    library.bind(driver_.stream_synchronize, "cuStreamSynchronize");
    library.bind(driver_.event_create, "cuEventCreate");
    library.bind(driver_.event_destroy, "cuEventDestroy_v2");
    library.bind(driver_.event_record, "cuEventRecord");
    library.bind(driver_.event_synchronize, "cuEventSynchronize");
    library.bind(driver_.module_load_data, "cuModuleLoadDataEx");
    library.bind(driver_.module_unload, "cuModuleUnload");
    library.bind(driver_.module_get_function, "cuModuleGetFunction");
    library.bind(driver_.occupancy, "cuOccupancyMaxActiveBlocksPerMultiprocessor");
    library.bind(driver_.launch_kernel, "cuLaunchKernel");
    library.bind(driver_.begin_capture, "cuStreamBeginCapture_v2");
    library.bind(driver_.end_capture, "cuStreamEndCapture");
    library.bind(cuda_.graph_instantiate, "cuGraphInstantiateWithFlags");
    library.bind(driver_.graph_launch, "cuGraphLaunch");
    library.bind(driver_.graph_destroy, "cuGraphDestroy");
    library.bind(driver_.graph_exec_destroy, "cuGraphExecDestroy");
  }

  std::string cuda_version() const {
    int version = 0;
    cuda_.driver_version(&version);
    return fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10);
  }

  // The library knows only the version of CUDA that it serves; the kernel module tells its own.
  std::string driver_name() const {
    std::ifstream file("/proc/driver/nvidia/version");
    for (std::string word; file >> word && word != "GCC";) {
      if (word.find_first_not_of("0123456789.") == std::string::npos && word.find('.') != std::string::npos) return word + ", " + cuda_version();
    }
    return cuda_version();
  }

  [[noreturn]] void no_device(int code) const {
    const char* next = advice;
    if (code == error_no_permission) next = "This user may not use the GPU: check the permissions of /dev/nvidia*.";
    if (code == error_driver_mismatch) next = "The driver library and the kernel module differ in version: reboot, or install matching ones.";
    fail(Exit::device, "No NVIDIA GPU can be used: the driver ({}) says {}. {}", cuda_version(),
         error_name(code == 0 ? error_no_device : code), next);
  }

  int attribute(int which) const {
    int value = 0;
    check(cuda_.device_attribute(&value, which, device_), "asking for the GPU's properties");
    return value;
  }

  // PTX runs on its own generation and newer; what section fits exactly is choose_code()'s decision.
  void require_arch(const Plan& plan) const {
    if (!plan.arch.starts_with("sm_")) return;
    const int needed = std::atoi(plan.arch.c_str() + 3), found = std::atoi(info_.arch.c_str() + 3);
    if (found < needed) {
      fail(Exit::device, "{} is {}; this program needs {} or newer. Choose another GPU with --device, or compile with --arch {}.", info_.name, info_.arch,
           plan.arch, info_.arch);
    }
    if (attribute(attribute_cooperative) == 0) {
      fail(Exit::device, "{} does not offer cooperative launches, which this program needs. Choose another GPU with --device.", info_.name);
    }
  }

  int make_current() override { return cuda_.set_current(context_); }

  std::string error_name(int code) const override {
    const char* name = nullptr;
    if (cuda_.error_name(code, &name) != 0 || name == nullptr) return "error " + std::to_string(code);
    return name;
  }

  unsigned host_flags() const override { return host_portable | host_mapped; }

  int launch_resident(GpuHandle function, u32 grid, const Launch& launch, void** arguments) override {
    LaunchAttribute cooperative = {};
    cooperative.id = attribute_id_cooperative;
    cooperative.value.cooperative = 1;
    const LaunchConfig config = {grid, 1, 1, launch.threads, 1, 1, launch.shared, stream_, &cooperative, 1};
    return cuda_.launch_kernel_ex(&config, function, arguments, nullptr);
  }

  int instantiate(GpuHandle* executable, GpuHandle graph) override { return cuda_.graph_instantiate(executable, graph, 0); }

  int allow_shared(GpuHandle function, u32 bytes) override {
    return cuda_.set_function_attribute(function, function_max_dynamic_shared, static_cast<int>(bytes));
  }

  int load_module(const void* code) override {
    std::vector<char> log(1 << 14, 0);
    int names[] = {jit_error_log, jit_error_log_bytes};
    void* values[] = {log.data(), reinterpret_cast<void*>(log.size() - 1)};
    const int result = driver_.module_load_data(&module_, code, 2, names, values);
    load_log_ = log.data();
    return result;
  }

  CudaFunctions cuda_ = {};
  int device_ = 0;
  GpuHandle context_ = nullptr;  // the primary one: the driver releases it with the process
};

}  // namespace

std::unique_ptr<Device> open_cuda(const Plan& plan, const DeviceOptions& options) {
  const DriverLibrary library(library_names, advice);
  return std::make_unique<CudaDevice>(library, plan, options.device);
}

std::optional<std::string> first_cuda_arch() {
  const DriverLibrary library(library_names, advice);
  CudaFunctions cuda = {};
  library.bind(cuda.init, "cuInit");
  library.bind(cuda.device, "cuDeviceGet");
  library.bind(cuda.device_attribute, "cuDeviceGetAttribute");
  int device = 0, major = 0, minor = 0;
  const bool found = cuda.init(0) == 0 && cuda.device(&device, 0) == 0 && cuda.device_attribute(&major, attribute_major, device) == 0 &&
                     cuda.device_attribute(&minor, attribute_minor, device) == 0;
  return found ? std::optional(arch_name(major, minor)) : std::nullopt;
}

}  // namespace llmc
