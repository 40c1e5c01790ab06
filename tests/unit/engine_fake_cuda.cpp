// Answers as libcuda.so.1 does: memory is the host's, kernels only count. Its behaviour is set through fake_cuda() (engine_fake_cuda.h).
#include "tests/unit/engine_fake_cuda.h"
#include <cstdlib>
#include <cstring>

using llmc::test::FakeCuda;

namespace {

FakeCuda fake;
bool capturing = false;
int handle;  // every handle is its address
thread_local bool current = false;  // whether the thread has a context
void count(int& counter, int by) { __atomic_fetch_add(&counter, by, __ATOMIC_RELAXED); }

}  // namespace

#define API extern "C" __attribute__((visibility("default"))) int

extern "C" __attribute__((visibility("default"))) FakeCuda* fake_cuda() { return &fake; }

API cuInit(unsigned) { return fake.init_result; }
API cuDriverGetVersion(int* version) { return *version = 13000, 0; }
API cuDeviceGetCount(int* count) { return *count = fake.devices, 0; }
API cuDeviceGet(int* device, int index) { return *device = index, 0; }
API cuDeviceGetName(char* name, int size, int) { return std::strncpy(name, "A fake H200", static_cast<size_t>(size)), 0; }
API cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 16: *value = 4; break;                 // multiprocessors
    case 75: *value = fake.capability / 10; break;
    case 76: *value = fake.capability % 10; break;
    case 95: *value = 1; break;                 // cooperative launches
    default: return 1;
  }
  return 0;
}
API cuDevicePrimaryCtxRetain(void** context, int) { return *context = &handle, 0; }
API cuCtxSetCurrent(void* context) { return current = context == &handle, 0; }
API cuGetErrorName(int code, const char** name) { return *name = code == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_OF_TEST", 0; }
API cuFuncSetAttribute(void*, int attribute, int value) { return attribute == 8 && value <= 232448 ? 0 : 1; }
API cuMemAlloc_v2(unsigned long long* address, size_t bytes) {
  if (!current) return 201;
  count(fake.live_allocations, 1);
  *address = reinterpret_cast<unsigned long long>(std::malloc(bytes));
  return 0;
}
API cuMemFree_v2(unsigned long long address) {
  count(fake.live_allocations, -1);
  std::free(reinterpret_cast<void*>(address));
  return 0;
}
API cuMemsetD8Async(unsigned long long address, unsigned char value, size_t bytes, void*) {
  std::memset(reinterpret_cast<void*>(address), value, bytes);
  return 0;
}
API cuMemGetInfo_v2(size_t* free, size_t* total) { return *free = size_t{1} << 30, *total = size_t{2} << 30, 0; }
API cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, size_t bytes, void*) {
  if (!current) return 201;
  count(fake.copies, 1);
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return 0;
}
API cuMemcpyDtoHAsync_v2(void* to, unsigned long long from, size_t bytes, void*) {
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return 0;
}
API cuMemHostAlloc(void** host, size_t bytes, unsigned) {
  if (!current) return 201;
  count(fake.live_allocations, 1);
  *host = std::malloc(bytes);
  return 0;
}
API cuMemFreeHost(void* host) {
  count(fake.live_allocations, -1);
  std::free(host);
  return 0;
}
API cuMemHostGetDevicePointer_v2(unsigned long long* address, void* host, unsigned) {
  *address = reinterpret_cast<unsigned long long>(host);
  return 0;
}
API cuStreamCreate(void** stream, unsigned) { return *stream = &handle, 0; }
API cuStreamDestroy_v2(void*) { return 0; }
API cuStreamSynchronize(void*) { return fake.synchronize_result; }
API cuEventCreate(void** event, unsigned) { return *event = &handle, 0; }
API cuEventDestroy_v2(void*) { return 0; }
API cuEventRecord(void*, void*) { return 0; }
API cuEventSynchronize(void*) { return 0; }
API cuModuleLoadDataEx(void** module, const void* code, unsigned count, int* names, void** values) {
  if (std::strcmp(static_cast<const char*>(code), "good code") == 0) return *module = &handle, 0;
  for (unsigned i = 0; i < count; ++i) {
    if (names[i] == 5) std::strcpy(static_cast<char*>(values[i]), "ptxas: line 1 is wrong");
  }
  return 218;
}
API cuModuleUnload(void*) { return 0; }
API cuModuleGetFunction(void** function, void*, const char* name) {
  *function = &handle;
  return std::strcmp(name, "absent") == 0 ? 500 : 0;
}
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void*, int, size_t) { return *blocks = fake.blocks_per_unit, 0; }
API cuLaunchKernel(void*, unsigned grid, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void** arguments, void**) {
  (capturing ? fake.captured : fake.launched)++;
  fake.last_grid = grid;
  fake.last_start = *static_cast<int*>(arguments[2]);
  return 0;
}
namespace {
struct Attribute {
  int id;
  char padding[4];
  union {
    char bytes[64];
    int cooperative;
  } value;
};
struct Config {
  unsigned grid_x, grid_y, grid_z, block_x, block_y, block_z, shared;
  void* stream;
  Attribute* attributes;
  unsigned attribute_count;
};
}  // namespace
API cuLaunchKernelEx(const Config* config, void*, void**, void**) {
  if (config->attribute_count == 1 && config->attributes[0].id == 2 && config->attributes[0].value.cooperative == 1) fake.cooperative++;
  (capturing ? fake.captured : fake.launched)++;
  return 0;
}
API cuStreamBeginCapture_v2(void*, int) {
  if (fake.refuse_capture) return 900;
  capturing = true;
  return 0;
}
API cuStreamEndCapture(void*, void** graph) {
  capturing = false;
  *graph = &handle;
  return 0;
}
API cuGraphInstantiateWithFlags(void** executable, void*, unsigned long long) { return *executable = &handle, 0; }
API cuGraphLaunch(void*, void*) { return fake.graph_launches++, 0; }
API cuGraphDestroy(void*) { return 0; }
API cuGraphExecDestroy(void*) { return 0; }
