// The GPU of the machine that compiles, asked of its driver library.
#pragma once
#include <optional>
#include <string>

namespace llmc {

// A supported arch ("sm_90", "gfx1100") of the first GPU, NVIDIA before AMD; nothing where there is no driver, no device, or one
// that llmc has no code for.
std::optional<std::string> detect_gpu();

// What `llmc compile` and `llmc plan` take without --arch: the GPU that is there, else native.
std::string default_arch();

}  // namespace llmc
