#include "tests/kernels/x86_module.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/emit/flatten.h"
#include "compiler/target/host_cpu.h"
#include "compiler/target/target.h"

namespace llmc {

X86Module::X86Module(const std::string& source, const std::string& arch) {
  const Target target = find_target(arch);
  BuildRequest request;
  request.source = flatten_includes(source);
  request.target = &target;
  const BuildResult built = build_in_process(request);
  const int file = memfd_create("test-code", MFD_CLOEXEC);
  require(file >= 0 && write(file, built.object.data(), built.object.size()) == static_cast<ssize_t>(built.object.size()), "cannot write the code");
  handle_ = dlopen(fmt::format("/proc/self/fd/{}", file).c_str(), RTLD_NOW | RTLD_LOCAL);
  close(file);
  if (!handle_) throw InternalError(dlerror());
}

X86Module::~X86Module() {
  if (handle_) dlclose(handle_);
}

void* X86Module::symbol(const std::string& name) const {
  void* address = dlsym(handle_, name.c_str());
  if (!address) throw InternalError("no function " + name);
  return address;
}

bool runs_here(const std::string& arch) {
  const std::string best = best_x86_arch(host_cpu());
  return best == arch || best == "x86-64-v4";
}

}  // namespace llmc
