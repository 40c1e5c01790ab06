#include "runtime/device/gpu_device.h"
#include <cstdio>
#include <cstring>
#include "common/error.h"

namespace llmc {
namespace {

constexpr unsigned non_blocking_stream = 1;   // both drivers
constexpr unsigned event_without_timing = 2;  // both drivers
constexpr int capture_thread_local = 1;       // both drivers

GpuAddress address_of(const void* pointer) { return reinterpret_cast<GpuAddress>(pointer); }

}  // namespace

void GpuDevice::check(int code, const char* what) const {
  if (code == 0) return;
  const std::string name = error_name(code);
  // CUDA and HIP number these the same.
  if (code == 2) {
    size_t free = 0, total = 0;
    driver_.mem_get_info(&free, &total);
    fail(Exit::memory, "{} ran out of memory: {} failed with {}, {} of {} bytes are free. Close what else uses it, or use a smaller context with -c.",
         info_.name, what, name, free, total);
  }
  fail(Exit::device, "{}: {} failed with {} (error {}). Start again; if it stays so, check the driver's log (dmesg) and run `selftest`.", info_.name, what,
       name, code);
}

void GpuDevice::open_stream() { check(driver_.stream_create(&stream_, non_blocking_stream), "creating a stream"); }

GpuDevice::~GpuDevice() {
  if (stream_ != nullptr) driver_.stream_synchronize(stream_);
  if (graph_ != nullptr) driver_.graph_exec_destroy(graph_);
  for (Staging& staging : staging_) {
    if (staging.sent != nullptr) driver_.event_destroy(staging.sent);
  }
  for (void* host : host_allocations_) driver_.host_free(host);
  for (const GpuAddress address : allocations_) driver_.mem_free(address);
  if (module_ != nullptr) driver_.module_unload(module_);
  if (stream_ != nullptr) driver_.stream_destroy(stream_);
}

DeviceInfo GpuDevice::info() const {
  DeviceInfo info = info_;
  size_t free = 0, total = 0;
  check(driver_.mem_get_info(&free, &total), "asking for free memory");
  info.memory_free = free;
  info.memory_total = total;
  return info;
}

u32 GpuDevice::workers(const Plan& plan) const { return info_.units * plan.blocks_per_unit; }

void* GpuDevice::allocate(u64 bytes) {
  GpuAddress address = 0;
  bytes = std::max<u64>(bytes, 256);
  check(driver_.mem_alloc(&address, bytes), "allocating memory");
  allocations_.push_back(address);
  check(driver_.memset_d8_async(address, 0, bytes, stream_), "clearing memory");
  return reinterpret_cast<void*>(address);
}

// Small writes go through as they are. Large ones through two pinned buffers, so that copying from the mapped file into one overlaps
// the transfer of the other, and the transfer runs at the speed of the bus.
void GpuDevice::upload(void* destination, const void* source, u64 bytes) {
  if (bytes <= (1u << 16)) {
    check(driver_.copy_to_device(address_of(destination), source, bytes, stream_), "writing to the device");
    check(driver_.stream_synchronize(stream_), "writing to the device");
    return;
  }
  for (Staging& staging : staging_) {
    if (staging.host != nullptr) continue;
    check(driver_.host_alloc(&staging.host, staging_bytes, 0), "allocating pinned memory");
    host_allocations_.push_back(staging.host);
    check(driver_.event_create(&staging.sent, event_without_timing), "creating an event");
  }
  u32 turn = 0;
  for (u64 done = 0; done < bytes; turn ^= 1) {
    const u64 count = std::min(staging_bytes, bytes - done);
    Staging& staging = staging_[turn];
    if (staging.in_flight) check(driver_.event_synchronize(staging.sent), "uploading");
    std::memcpy(staging.host, static_cast<const u8*>(source) + done, count);
    check(driver_.copy_to_device(address_of(destination) + done, staging.host, count, stream_), "uploading");
    check(driver_.event_record(staging.sent, stream_), "uploading");
    staging.in_flight = true;
    done += count;
  }
  check(driver_.stream_synchronize(stream_), "uploading");
}

void GpuDevice::download(void* destination, const void* source, u64 bytes) {
  check(driver_.copy_to_host(destination, address_of(source), bytes, stream_), "reading from the device");
  check(driver_.stream_synchronize(stream_), "reading from the device");
}

const void* GpuDevice::place_weights(std::span<const u8> packed) {
  void* placed = allocate(packed.size());
  upload(placed, packed.data(), packed.size());
  return placed;
}

abi::Ring* GpuDevice::allocate_ring(abi::Ring** device_address) {
  void* host = nullptr;
  check(driver_.host_alloc(&host, sizeof(abi::Ring), host_flags()), "allocating pinned memory");
  host_allocations_.push_back(host);
  std::memset(host, 0, sizeof(abi::Ring));
  GpuAddress address = 0;
  check(driver_.host_device_address(&address, host, 0), "mapping pinned memory");
  *device_address = reinterpret_cast<abi::Ring*>(address);
  return static_cast<abi::Ring*>(host);
}

void GpuDevice::load(std::span<const u8> code) {
  require(module_ == nullptr, "code is loaded once");
  // PTX must end in a zero byte.
  std::vector<u8> copy(code.begin(), code.end());
  copy.push_back(0);
  const int result = load_module(copy.data());
  if (result == 0) return;
  fail(Exit::device, "{} ({}) refused the program's code: {}. {}{}The driver may be too old for it: install a newer one, or compile for this device.",
       info_.name, info_.arch, error_name(result), load_log_, load_log_.empty() ? "" : "\n");
}

void GpuDevice::prepare(std::span<const Launch> launches, const abi::Args& args) {
  std::map<std::string, bool> checked;
  for (const Launch& launch : launches) {
    if (!checked.emplace(launch.kernel, true).second) continue;
    GpuHandle& function = functions_[launch.kernel];
    if (function == nullptr) {
      if (const int code = driver_.module_get_function(&function, module_, launch.kernel.c_str()); code != 0) {
        fail(Exit::bad_input, "The program's code has no kernel {}, which its plan launches ({}). Make the program again.", launch.kernel, error_name(code));
      }
      if (launch.shared > 0) {
        if (const int code = allow_shared(function, launch.shared); code != 0) {
          fail(Exit::device, "{} does not give {} bytes of shared memory to a workgroup of {} ({}). Compile for this device with --arch.", info_.name,
               launch.shared, launch.kernel, error_name(code));
        }
      }
    }
    if (!launch.resident) continue;
    int blocks = 0;
    check(driver_.occupancy(&blocks, function, static_cast<int>(launch.threads), launch.shared), "asking for the occupancy");
    const u64 room = u64{info_.units} * static_cast<u32>(std::max(blocks, 0));
    if (grid_of(launch, args) > room) {
      fail(Exit::device, "{} holds {} workgroups of {} at a time and {} are needed, since they wait for each other. Compile with --fuse op for this device.",
           info_.name, room, launch.kernel, grid_of(launch, args));
    }
  }
}

void GpuDevice::launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) {
  const auto function = functions_.find(launch.kernel);
  require(function != functions_.end(), "a launch that was not prepared");
  abi::Args copy = args;
  void* arguments[] = {&copy, &layer, &start, &n};
  const u32 grid = grid_of(launch, args);
  const int code = launch.resident ? launch_resident(function->second, grid, launch, arguments)
                                   : driver_.launch_kernel(function->second, grid, 1, 1, launch.threads, 1, 1, launch.shared, stream_, arguments, nullptr);
  check(code, launch.kernel.c_str());
}

void GpuDevice::capture(std::span<const Launch> launches, const abi::Args& args) {
  step_.assign(launches.begin(), launches.end());
  step_args_ = args;
  check(driver_.stream_synchronize(stream_), "preparing");
  GpuHandle graph = nullptr;
  int code = driver_.begin_capture(stream_, capture_thread_local);
  if (code == 0) {
    std::string fault;
    try {
      for (const Launch& step : step_) launch(step, args, step.layer, decode_start(step), 1);
    } catch (const Error& error) {
      fault = error.what();
    }
    code = driver_.end_capture(stream_, &graph);
    if (code == 0 && fault.empty()) code = instantiate(&graph_, graph);
    if (graph != nullptr) driver_.graph_destroy(graph);
    if (code == 0 && fault.empty()) return;
    if (graph_ != nullptr) driver_.graph_exec_destroy(graph_);
  }
  graph_ = nullptr;
  const std::string note = fmt::format("Note: {} does not capture a decode step in a graph ({}); kernels are launched one by one, which is slower.\n",
                                       info_.name, error_name(code));
  std::fputs(note.c_str(), stderr);
}

void GpuDevice::replay() {
  if (graph_ != nullptr) {
    check(driver_.graph_launch(graph_, stream_), "launching a decode step");
    return;
  }
  for (const Launch& step : step_) launch(step, step_args_, step.layer, decode_start(step), 1);
}

void GpuDevice::synchronize() { check(driver_.stream_synchronize(stream_), "waiting for the device"); }

}  // namespace llmc
