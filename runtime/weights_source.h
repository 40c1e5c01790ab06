// Where a program's weights come from: the section of its own file, or the GGUF it was compiled from, repacked at start.
#pragma once
#include <memory>
#include <span>
#include <string>
#include "common/types.h"
#include "compiler/plan/plan.h"
#include "runtime/device/device.h"
#include "runtime/image.h"

namespace llmc {

class WeightsSource {
 public:
  virtual ~WeightsSource() = default;
  // Device address of the packed weights, which live as long as the device and this object.
  virtual const void* place(Device& device, const Plan& plan) const = 0;
};

// The image's section. Going to a GPU every byte is read anyway, so its hash is checked beside the opening of the device and the upload:
// Error(bad_input) from place(). A CPU only maps it, and `selftest` checks.
std::unique_ptr<WeightsSource> embedded_weights(const Image& image, const Plan& plan);

// The GGUF that a program with extern weights reads. `path`: --weights; empty: the GGUF's own name, beside the program. Error(usage)
// where that is not there, so that the flag is needed.
std::string extern_weights_file(const Image& image, const std::string& path);

// Of that file. Error(bad_input) where it cannot be opened, or is another model than the program was compiled from.
std::unique_ptr<WeightsSource> extern_weights(const Image& image, const std::string& path);

}  // namespace llmc
