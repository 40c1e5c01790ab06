// Device source compiled for the simulation and loaded into this process.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "common/types.h"
#include "kernels/abi.h"
#include "tests/kernels/simulation.h"

namespace llmc {

class HostProgram {
 public:
  explicit HostProgram(const std::vector<u8>& shared_object);
  HostProgram(HostProgram&& other) noexcept : file_(std::exchange(other.file_, -1)), handle_(std::exchange(other.handle_, nullptr)) {}
  HostProgram(const HostProgram&) = delete;
  ~HostProgram();

  using Kernel = void (*)(abi::Args, int, int, int);
  Kernel kernel(const std::string& name) const;  // throws where there is none
  void launch(const std::string& name, const SimulatedLaunch& launch, const abi::Args& args, int layer = 0, int start = 0, int n = 0) const;

 private:
  int file_;  // open as long as the program is loaded: dlopen knows objects by their path
  void* handle_ = nullptr;
};

// Compiles source (with the headers of kernels/ that it includes) for a wave of 32 or 64 lanes. Errors are Clang's, thrown.
std::vector<u8> compile_for_host(std::string_view source, u32 wave);

}  // namespace llmc
