// The stand-in's modules, their kernels, and launches.
#include "tests/emulator/hip_state.h"

using namespace llmc;
using namespace llmc::emu;

LLMC_HIP_API int hipModuleLoadDataEx(void** module, const void* image, unsigned, int*, void**) {
  return guarded([&](Hip& hip) {
    hip.modules.push_back(std::make_unique<LoadedCode>(image, hip.memory, hip.card));
    *module = hip.modules.back().get();
    return hip_success;
  });
}

// The code stays, with its counts.
LLMC_HIP_API int hipModuleUnload(void* module) {
  return guarded([&](Hip& hip) {
    if (module == nullptr) return hip_invalid_handle;
    hip.write_counts();
    return hip_success;
  });
}

LLMC_HIP_API int hipModuleGetFunction(void** function, void* module, const char* name) {
  return guarded([&](Hip& hip) {
    auto* code = static_cast<LoadedCode*>(module);
    const Kernel* kernel = code->object.kernel(name);
    if (kernel == nullptr) return hip_not_found;
    hip.functions.push_back({code, kernel});
    *function = &hip.functions.back();
    return hip_success;
  });
}

LLMC_HIP_API int hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* function, int threads, size_t shared) {
  return guarded([&](Hip& hip) {
    const Kernel& kernel = *static_cast<const HipFunction*>(function)->kernel;
    *blocks = static_cast<int>(hip.card.groups_per_processor(kernel, static_cast<u32>(threads), kernel.group_bytes + shared));
    return hip_success;
  });
}

LLMC_HIP_API int hipModuleLaunchKernel(void* function, unsigned groups_x, unsigned groups_y, unsigned groups_z, unsigned threads_x,
                                       unsigned threads_y, unsigned threads_z, unsigned shared, void* stream, void** arguments,
                                       void** extra) {
  return guarded([&](Hip& hip) {
    if (extra != nullptr) return int{hip_invalid_value};
    const auto* of = static_cast<const HipFunction*>(function);
    HipLaunch launch = {
        of, {{groups_x, groups_y, groups_z}, {threads_x, threads_y, threads_z}, shared}, pack_arguments(*of->kernel, arguments)};
    auto* on = static_cast<HipStream*>(stream);
    if (on != nullptr && on->capturing != nullptr) {
      on->capturing->push_back(std::move(launch));
      return int{hip_success};
    }
    return hip.launch(launch);
  });
}
