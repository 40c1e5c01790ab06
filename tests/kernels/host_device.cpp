#include "tests/kernels/host_device.h"

#include <cstring>
#include <optional>

#include "common/error.h"
#include "tests/kernels/host_program.h"

namespace llmc {
namespace {

class HostDevice : public Device {
 public:
  HostDevice(const Plan& plan, u32 units) : wave_(plan.wave), units_(units) {}

  DeviceInfo info() const override { return {"simulation", "host", units_, u64{1} << 40, u64{1} << 40}; }
  u32 workers(const Plan& plan) const override { return units_ * plan.blocks_per_unit; }

  void* allocate(u64 bytes) override {
    allocations_.push_back(std::unique_ptr<u8, decltype(&free)>(static_cast<u8*>(std::aligned_alloc(256, align_up(bytes, 256))), &free));
    std::memset(allocations_.back().get(), 0, bytes);
    return allocations_.back().get();
  }
  void upload(void* destination, const void* source, u64 bytes) override { std::memcpy(destination, source, bytes); }
  void download(void* destination, const void* source, u64 bytes) override { std::memcpy(destination, source, bytes); }
  const void* place_weights(std::span<const u8> packed) override {
    void* place = allocate(packed.size());
    std::memcpy(place, packed.data(), packed.size());
    return place;
  }
  abi::Ring* allocate_ring(abi::Ring** device_address) override {
    return *device_address = static_cast<abi::Ring*>(allocate(sizeof(abi::Ring)));
  }

  void load(std::span<const u8> code) override { program_.emplace(std::vector<u8>(code.begin(), code.end())); }
  void prepare(std::span<const Launch> launches, const abi::Args&) override {
    for (const Launch& launch : launches) program_->kernel(launch.kernel);
  }
  void launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) override {
    const SimulatedLaunch simulated{launch.grid ? launch.grid : args.workers, launch.threads, launch.shared, wave_, launch.resident};
    try {
      program_->launch(launch.kernel, simulated, args, layer, start, n);
    } catch (const std::runtime_error& error) {
      fail(Exit::device, "{}: {}", launch.kernel, error.what());
    }
  }
  void capture(std::span<const Launch> launches, const abi::Args& args) override {
    captured_.assign(launches.begin(), launches.end());
    args_ = args;
  }
  void replay() override {
    for (const Launch& step : captured_) launch(step, args_, step.layer, decode_start(step), 1);
  }
  void synchronize() override {}

 private:
  u32 wave_, units_;
  std::vector<std::unique_ptr<u8, decltype(&free)>> allocations_;
  std::optional<HostProgram> program_;
  std::vector<Launch> captured_;
  abi::Args args_{};
};

}  // namespace

std::unique_ptr<Device> open_simulation(const Plan& plan, u32 units) { return std::make_unique<HostDevice>(plan, units); }

}  // namespace llmc
