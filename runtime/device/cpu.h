// The CPU as a device: memory is memory, a module is a shared object, launches go to a pool of pinned threads.
#pragma once
#include <map>
#include <vector>

#include "runtime/device/cpu_pool.h"
#include "runtime/device/device.h"

namespace llmc {

class CpuDevice final : public Device {
 public:
  CpuDevice(const Plan& plan, const DeviceOptions& options);
  ~CpuDevice() override;

  DeviceInfo info() const override;
  u32 workers(const Plan& plan) const override;
  void* allocate(u64 bytes) override;
  void upload(void* destination, const void* source, u64 bytes) override;
  void download(void* destination, const void* source, u64 bytes) override;
  const void* place_weights(std::span<const u8> packed) override;
  abi::Ring* allocate_ring(abi::Ring** device_address) override;
  void load(std::span<const u8> code) override;
  void prepare(std::span<const Launch> launches, const abi::Args& args) override;
  void launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) override;
  void capture(std::span<const Launch> launches, const abi::Args& args) override;
  void replay() override;
  void synchronize() override;

 private:
  struct Mapping {
    void* address;
    u64 bytes;
  };
  CpuKernel kernel(const std::string& name);

  std::string arch_;
  CpuPool pool_;
  std::vector<Mapping> mappings_;
  void* module_ = nullptr;
  std::map<std::string, CpuKernel> kernels_;
  std::vector<CpuJob> captured_;
};

}  // namespace llmc
