// Which driver a program's family is driven by.
#include "common/error.h"
#include "runtime/device/device.h"

namespace llmc {

std::unique_ptr<Device> open_device(const Plan& plan, const DeviceOptions& options) {
  if (plan.family == "nvidia") return open_cuda(plan, options);
  if (plan.family == "amd") return open_hip(plan, options);
  if (plan.family == "x86") return open_cpu(plan, options);
  fail(Exit::bad_input, "This program was compiled for the family \"{}\", which its runtime does not know. Make it again with one version of llmc.", plan.family);
}

}  // namespace llmc
