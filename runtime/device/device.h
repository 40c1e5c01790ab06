// What the runtime needs of a processor: memory, a module, launches in order, a graph. One implementation each for CUDA's driver
// library, HIP's, and the CPU's thread pool. Launches are asynchronous and run in the order given. Any failure is
// Error(device) or Error(memory), with what was asked for, what was found and what to do.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include "common/types.h"
#include "compiler/plan/plan.h"
#include "kernels/abi.h"
#include "runtime/device/pieces.h"

namespace llmc {

struct DeviceInfo {
  std::string name;    // "NVIDIA H200"
  std::string arch;    // "sm_90", "gfx1100", "x86-64-v4"
  u32 units = 0;       // SMs, compute units, threads of the pool
  u64 memory_total = 0, memory_free = 0;
  std::string driver;  // "580.159.04, CUDA 13.0", "HIP 6.2", "Linux 6.1.0-18-amd64"
};

class Device {
 public:
  virtual ~Device() = default;
  virtual DeviceInfo info() const = 0;
  virtual u32 workers(const Plan& plan) const = 0;  // units * blocks_per_unit on GPUs, threads of the pool on a CPU

  virtual void* allocate(u64 bytes) = 0;  // zeroed, aligned to 256; freed with the device
  virtual void upload(void* destination, const void* source, u64 bytes) = 0;
  // Each piece to its place in the memory at `destination`. As it is here, for devices whose memory is the host's.
  virtual void upload_pieces(void* destination, const Pieces& pieces);
  virtual void download(void* destination, const void* source, u64 bytes) = 0;  // waits for the launches before it
  // Packed weights that are already in (mapped) host memory: a GPU allocates and copies, a CPU uses them where they are.
  virtual const void* place_weights(std::span<const u8> packed) = 0;
  virtual abi::Ring* allocate_ring(abi::Ring** device_address) = 0;  // pinned, zeroed; host address returned

  virtual void load(std::span<const u8> code) = 0;  // code object, PTX or cubin, shared object; once
  // Looks up every kernel of the launches and checks co-residency of those that hold a grid barrier.
  virtual void prepare(std::span<const Launch> launches, const abi::Args& args) = 0;
  virtual void launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) = 0;
  // One decode step, captured once (where the driver can; else plain launches with a note on standard error), then replayed.
  // Every launch gets (its own layer, decode_start(launch), 1).
  virtual void capture(std::span<const Launch> launches, const abi::Args& args) = 0;
  virtual void replay() = 0;
  virtual void synchronize() = 0;  // Error(device) where a kernel faulted
};

// `start` of a launch in a decode step: 1 for `sample`, which advances State::pos there; 0 for the others (row 0 of the activations).
inline int decode_start(const Launch& launch) { return launch.kernel == "sample" ? 1 : 0; }

struct DeviceOptions {
  int device = 0;    // --device
  u32 threads = 0;   // -t; 0: the physical cores this process may use
};

std::unique_ptr<Device> open_cuda(const Plan& plan, const DeviceOptions& options);
std::unique_ptr<Device> open_hip(const Plan& plan, const DeviceOptions& options);
std::unique_ptr<Device> open_cpu(const Plan& plan, const DeviceOptions& options);
std::unique_ptr<Device> open_device(const Plan& plan, const DeviceOptions& options);  // by plan.family

// The arch of this machine's first GPU ("sm_90", "gfx1100"), NVIDIA before AMD; nothing where no driver offers one.
std::optional<std::string> first_gpu_arch();
std::optional<std::string> first_cuda_arch();
std::optional<std::string> first_hip_arch();

}  // namespace llmc
