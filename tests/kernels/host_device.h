// The runtime's device interface over the simulation: runs a plan for family "host" (simulation_target) with `units` workgroups.
#pragma once
#include <memory>
#include "runtime/device/device.h"

namespace llmc {

std::unique_ptr<Device> open_simulation(const Plan& plan, u32 units);

}  // namespace llmc
