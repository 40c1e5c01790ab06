// The stand-in's streams, events and graphs. Work is done when it is asked for, so that nothing is ever left to wait for.
#include "tests/emulator/hip_state.h"

using namespace llmc;
using namespace llmc::emu;

LLMC_HIP_API int hipStreamCreateWithFlags(void** stream, unsigned) {
  *stream = new HipStream;
  return hip_success;
}

LLMC_HIP_API int hipStreamDestroy(void* stream) {
  delete static_cast<HipStream*>(stream);
  return hip_success;
}

LLMC_HIP_API int hipStreamSynchronize(void* stream) {
  return guarded([&](Hip& hip) {
    if (stream != nullptr && static_cast<HipStream*>(stream)->capturing != nullptr) return int{hip_capture_unsupported};
    return hip.fault;
  });
}

LLMC_HIP_API int hipEventCreateWithFlags(void** event, unsigned) {
  *event = new char;
  return hip_success;
}

LLMC_HIP_API int hipEventDestroy(void* event) {
  delete static_cast<char*>(event);
  return hip_success;
}

LLMC_HIP_API int hipEventRecord(void*, void*) { return hip_success; }

LLMC_HIP_API int hipEventSynchronize(void*) {
  return guarded([](Hip& hip) { return hip.fault; });
}

LLMC_HIP_API int hipStreamBeginCapture(void* stream, int) {
  return guarded([&](Hip&) {
    auto* on = static_cast<HipStream*>(stream);
    if (on == nullptr || on->capturing != nullptr) return hip_capture_unsupported;
    on->capturing = std::make_unique<HipGraph>();
    return hip_success;
  });
}

LLMC_HIP_API int hipStreamEndCapture(void* stream, void** graph) {
  return guarded([&](Hip&) {
    auto* on = static_cast<HipStream*>(stream);
    if (on == nullptr || on->capturing == nullptr) return hip_capture_unsupported;
    *graph = on->capturing.release();
    return hip_success;
  });
}

LLMC_HIP_API int hipGraphInstantiate(void** executable, void* graph, void**, char*, size_t) {
  *executable = new HipGraph(*static_cast<const HipGraph*>(graph));
  return hip_success;
}

LLMC_HIP_API int hipGraphLaunch(void* executable, void* stream) {
  return guarded([&](Hip& hip) {
    if (stream != nullptr && static_cast<HipStream*>(stream)->capturing != nullptr) return int{hip_capture_unsupported};
    for (const HipLaunch& launch : *static_cast<const HipGraph*>(executable)) {
      if (const int code = hip.launch(launch); code != hip_success) return code;
    }
    return int{hip_success};
  });
}

LLMC_HIP_API int hipGraphDestroy(void* graph) {
  delete static_cast<HipGraph*>(graph);
  return hip_success;
}

LLMC_HIP_API int hipGraphExecDestroy(void* executable) { return hipGraphDestroy(executable); }
