#include "tests/kernels/host_program.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include <fmt/format.h>

#include "compiler/build/build.h"
#include "compiler/emit/flatten.h"

namespace llmc {

HostProgram::HostProgram(const std::vector<u8>& shared_object) : file_(memfd_create("kernels", MFD_CLOEXEC)) {
  if (file_ < 0 || write(file_, shared_object.data(), shared_object.size()) != static_cast<ssize_t>(shared_object.size())) {
    throw std::runtime_error("no memory file for the shared object");
  }
  handle_ = dlopen(fmt::format("/proc/self/fd/{}", file_).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) throw std::runtime_error(dlerror());
  const auto start = reinterpret_cast<void (*)(const prim::HostTable*)>(dlsym(handle_, "llmc_host_start"));
  if (!start) throw std::runtime_error("the shared object has no llmc_host_start");
  start(&simulation_table());
}

HostProgram::~HostProgram() {
  if (handle_) dlclose(handle_);
  if (file_ >= 0) close(file_);
}

HostProgram::Kernel HostProgram::kernel(const std::string& name) const {
  const auto function = reinterpret_cast<Kernel>(dlsym(handle_, name.c_str()));
  if (!function) throw std::runtime_error(fmt::format("the program has no kernel '{}'", name));
  return function;
}

void HostProgram::launch(const std::string& name, const SimulatedLaunch& launch, const abi::Args& args, int layer, int start, int n) const {
  const Kernel function = kernel(name);
  simulate(launch, [&] { function(args, layer, start, n); });
}

std::vector<u8> compile_for_host(std::string_view source, u32 wave) {
  const Target target = simulation_target(wave);
  BuildRequest request;
  request.name = "simulation";
  request.source = flatten_includes(source);
  request.target = &target;
  request.defines = {fmt::format("LLMC_WAVE={}", wave)};
  request.opt_level = 1;
  return build_in_process(request).object;
}

}  // namespace llmc
