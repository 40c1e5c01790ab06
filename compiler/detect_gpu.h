// The processor to compile for where none is named: the GPU of this machine, asked of its driver library, else its CPU.
#pragma once
#include <string>

namespace llmc {

struct DefaultArch {
  std::string arch;  // that of the first GPU ("sm_90", "gfx1100"), NVIDIA before AMD, else "native"
  std::string why;   // native: why it is no GPU (none is there, or llmc has no code for it); else empty
};

// What `llmc compile` and `llmc plan` take without --arch.
DefaultArch default_arch();

}  // namespace llmc
