// The stand-in's memory: device and pinned allocations, copies, fills.
#include <cstring>
#include "tests/emulator/hip_state.h"

using namespace llmc;
using namespace llmc::emu;

namespace {

constexpr u64 total_bytes = u64{16} << 30;

int allocate(void** address, size_t bytes, AllocationKind kind) {
  return guarded([&](Hip& hip) {
    if (hip.fault != hip_success) return hip.fault;
    if (hip.memory.bytes_in_use() + bytes > total_bytes) return int{hip_out_of_memory};
    const Allocation* allocation = hip.memory.allocate(bytes, kind);
    if (allocation == nullptr) return int{hip_out_of_memory};
    *address = reinterpret_cast<void*>(allocation->base);
    return int{hip_success};
  });
}

int release(u64 address) {
  return guarded([&](Hip& hip) { return address == 0 || hip.free(address) ? hip_success : hip_invalid_value; });
}

// The allocation that holds all of [address, address + bytes), outside of a capture.
Allocation* reachable(Hip& hip, u64 address, size_t bytes, const void* stream) {
  if (stream != nullptr && static_cast<const HipStream*>(stream)->capturing != nullptr) return nullptr;
  Allocation* allocation = hip.memory.find(address);
  return allocation == nullptr || bytes > allocation->end() - address ? nullptr : allocation;
}

}  // namespace

LLMC_HIP_API int hipMalloc(void** address, size_t bytes) { return allocate(address, bytes, AllocationKind::device); }
LLMC_HIP_API int hipFree(void* address) { return release(reinterpret_cast<u64>(address)); }
LLMC_HIP_API int hipHostMalloc(void** address, size_t bytes, unsigned) { return allocate(address, bytes, AllocationKind::host); }
LLMC_HIP_API int hipHostFree(void* address) { return release(reinterpret_cast<u64>(address)); }

LLMC_HIP_API int hipHostGetDevicePointer(void** device, void* host, unsigned) {
  *device = host;
  return hip_success;
}

LLMC_HIP_API int hipMemGetInfo(size_t* free, size_t* total) {
  return guarded([&](Hip& hip) {
    *total = total_bytes;
    *free = total_bytes - hip.memory.bytes_in_use();
    return hip_success;
  });
}

LLMC_HIP_API int hipMemsetD8Async(void* address, unsigned char value, size_t bytes, void* stream) {
  return guarded([&](Hip& hip) {
    const u64 first = reinterpret_cast<u64>(address);
    Allocation* allocation = reachable(hip, first, bytes, stream);
    if (allocation == nullptr) return hip_invalid_value;
    // Fresh pages are zero and stay unmapped until they are touched.
    const bool fresh = allocation->written_prefix == 0 && allocation->written.empty();
    if (value != 0 || !fresh) std::memset(address, value, bytes);
    allocation->mark_written(first - allocation->base, bytes);
    return hip_success;
  });
}

LLMC_HIP_API int hipMemcpyHtoDAsync(void* destination, const void* source, size_t bytes, void* stream) {
  return guarded([&](Hip& hip) {
    const u64 first = reinterpret_cast<u64>(destination);
    Allocation* allocation = reachable(hip, first, bytes, stream);
    if (allocation == nullptr) return hip_invalid_value;
    std::memcpy(destination, source, bytes);
    allocation->mark_written(first - allocation->base, bytes);
    return hip_success;
  });
}

LLMC_HIP_API int hipMemcpyDtoHAsync(void* destination, const void* source, size_t bytes, void* stream) {
  return guarded([&](Hip& hip) {
    if (hip.fault != hip_success) return hip.fault;
    if (reachable(hip, reinterpret_cast<u64>(source), bytes, stream) == nullptr) return int{hip_invalid_value};
    std::memcpy(destination, source, bytes);
    return int{hip_success};
  });
}
