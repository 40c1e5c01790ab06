#include "runtime/device/gpu_device.h"
#include <cstdio>
#include <cstring>
#include <mutex>
#include "common/error.h"

namespace llmc {
namespace {

constexpr unsigned non_blocking_stream = 1;   // both drivers
constexpr unsigned event_without_timing = 2;  // both drivers
constexpr int capture_thread_local = 1;       // both drivers
constexpr u64 direct_bytes = 1u << 20;        // what is larger goes through pinned memory
constexpr u64 piece_bytes = 1u << 20;

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

void GpuDevice::upload(void* destination, const void* source, u64 bytes) {
  if (bytes <= direct_bytes) {
    check(driver_.copy_to_device(address_of(destination), source, bytes, stream_), "writing to the device");
    check(driver_.stream_synchronize(stream_), "writing to the device");
    return;
  }
  Pieces pieces;
  for (u64 offset = 0; offset < bytes; offset += piece_bytes) pieces.ranges.push_back({offset, std::min(piece_bytes, bytes - offset)});
  pieces.make = [&](size_t i, u8* out) { std::memcpy(out, static_cast<const u8*>(source) + pieces.ranges[i].offset, pieces.ranges[i].bytes); };
  upload_pieces(destination, pieces);
}

// Every thread has two pinned buffers: while one is on its way to the device, at the speed of the bus, it makes the next piece in the other.
void GpuDevice::upload_pieces(void* destination, const Pieces& pieces) {
  u64 largest = 0;
  for (const Pieces::Range& range : pieces.ranges) largest = std::max(largest, align_up(range.bytes, 4096));
  struct Staging {
    u8* host = nullptr;
    GpuHandle sent = nullptr;  // event
    bool in_flight = false;
  };
  std::mutex mutex;
  std::vector<GpuHandle> events;
  PieceQueue queue(pieces.ranges.size());
  queue.run([&] {
    Staging staging[2];
    size_t i = 0;
    if (!queue.take(i)) return;
    check(make_current(), "using the device");
    void* host = nullptr;
    check(driver_.host_alloc(&host, 2 * largest, 0), "allocating pinned memory");
    for (u32 turn = 0; turn < 2; ++turn) {
      staging[turn].host = static_cast<u8*>(host) + turn * largest;
      check(driver_.event_create(&staging[turn].sent, event_without_timing), "creating an event");
    }
    {
      std::lock_guard lock(mutex);
      host_allocations_.push_back(host);
      events.insert(events.end(), {staging[0].sent, staging[1].sent});
    }
    u32 turn = 0;
    do {
      Staging& own = staging[turn];
      if (own.in_flight) check(driver_.event_synchronize(own.sent), "uploading");
      pieces.make(i, own.host);
      check(driver_.copy_to_device(address_of(destination) + pieces.ranges[i].offset, own.host, pieces.ranges[i].bytes, stream_), "uploading");
      check(driver_.event_record(own.sent, stream_), "uploading");
      own.in_flight = true;
      turn ^= 1;
    } while (queue.take(i));
  });
  check(driver_.stream_synchronize(stream_), "uploading");
  for (const GpuHandle event : events) driver_.event_destroy(event);
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
