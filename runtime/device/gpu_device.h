// A GPU through its driver library. CUDA's driver API and HIP's module API are the same functions under two names: handles are
// pointers, device addresses 64-bit, results an int with 0 for success. GpuDriver is the list of those the runtime uses; what differs
// (opening a device, resident launches, naming errors) is in cuda.cpp and hip.cpp.
#pragma once
#include <map>
#include <string>
#include <vector>
#include "runtime/device/device.h"

namespace llmc {

using GpuHandle = void*;   // stream, module, function, graph, executable graph
using GpuAddress = u64;

struct GpuDriver {
  int (*mem_alloc)(GpuAddress*, size_t);
  int (*mem_free)(GpuAddress);
  int (*memset_d8_async)(GpuAddress, unsigned char, size_t, GpuHandle stream);
  int (*mem_get_info)(size_t* free, size_t* total);
  int (*copy_to_device)(GpuAddress, const void*, size_t, GpuHandle stream);
  int (*copy_to_host)(void*, GpuAddress, size_t, GpuHandle stream);
  int (*host_alloc)(void**, size_t, unsigned flags);
  int (*host_free)(void*);
  int (*host_device_address)(GpuAddress*, void*, unsigned flags);
  int (*stream_create)(GpuHandle*, unsigned flags);
  int (*stream_destroy)(GpuHandle);
  int (*stream_synchronize)(GpuHandle);
  int (*event_create)(GpuHandle*, unsigned flags);
  int (*event_destroy)(GpuHandle);
  int (*event_record)(GpuHandle event, GpuHandle stream);
  int (*event_synchronize)(GpuHandle);
  int (*module_load_data)(GpuHandle*, const void*, unsigned options, int* names, void** values);
  int (*module_unload)(GpuHandle);
  int (*module_get_function)(GpuHandle*, GpuHandle module, const char*);
  int (*occupancy)(int* blocks, GpuHandle function, int threads, size_t shared);
  int (*launch_kernel)(GpuHandle function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned shared, GpuHandle stream,
                       void** arguments, void** extra);
  int (*begin_capture)(GpuHandle stream, int mode);
  int (*end_capture)(GpuHandle stream, GpuHandle* graph);
  int (*graph_launch)(GpuHandle executable, GpuHandle stream);
  int (*graph_destroy)(GpuHandle);
  int (*graph_exec_destroy)(GpuHandle);
};

// A driver library, opened at run time.
class DriverLibrary {
 public:
  // The first of `names` that opens. Error(device) with `advice` where none does.
  DriverLibrary(std::span<const char* const> names, const std::string& advice);
  const std::string& name() const { return name_; }
  void* find(const char* symbol) const;  // null where the library has none
  // Error(device) where the driver is too old to have it.
  template <class Function>
  void bind(Function& function, const char* symbol) const {
    function = reinterpret_cast<Function>(need(symbol));
  }

 private:
  void* need(const char* symbol) const;
  void* handle_;  // stays open: drivers do not survive being unloaded
  std::string name_;
};

class GpuDevice : public Device {
 public:
  ~GpuDevice() override;
  DeviceInfo info() const override;
  u32 workers(const Plan& plan) const override;
  void* allocate(u64 bytes) override;
  void upload(void* destination, const void* source, u64 bytes) override;
  void upload_pieces(void* destination, const Pieces& pieces) override;
  void download(void* destination, const void* source, u64 bytes) override;
  const void* place_weights(std::span<const u8> packed) override;
  abi::Ring* allocate_ring(abi::Ring** device_address) override;
  void load(std::span<const u8> code) override;
  void prepare(std::span<const Launch> launches, const abi::Args& args) override;
  void launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) override;
  void capture(std::span<const Launch> launches, const abi::Args& args) override;
  void replay() override;
  void synchronize() override;

 protected:
  explicit GpuDevice(DeviceInfo info) : info_(std::move(info)) {}
  void open_stream();  // once `driver_` is filled and the device is current

  virtual int make_current() = 0;  // for the calling thread, before its calls of the driver
  virtual std::string error_name(int code) const = 0;
  virtual unsigned host_flags() const = 0;  // pinned, mapped, coherent
  // All workgroups at once, where the driver can promise it; the same parameters as launch_kernel's.
  virtual int launch_resident(GpuHandle function, u32 grid, const Launch& launch, void** arguments) = 0;
  virtual int instantiate(GpuHandle* executable, GpuHandle graph) = 0;
  // Allows `bytes` of dynamic shared memory.
  virtual int allow_shared(GpuHandle function, u32 bytes) = 0;
  virtual int load_module(const void* code) = 0;  // sets module_; may leave the compiler's words in load_log_

  void check(int code, const char* what) const;

  GpuDriver driver_ = {};
  DeviceInfo info_;
  GpuHandle stream_ = nullptr;
  GpuHandle module_ = nullptr;
  std::string load_log_;

 private:
  u32 grid_of(const Launch& launch, const abi::Args& args) const { return launch.grid == 0 ? args.workers : launch.grid; }

  std::map<std::string, GpuHandle> functions_;
  std::vector<GpuAddress> allocations_;
  std::vector<void*> host_allocations_;
  GpuHandle graph_ = nullptr;  // executable; null: plain launches
  std::vector<Launch> step_;   // what replay() launches then
  abi::Args step_args_ = {};
};

}  // namespace llmc
