// What a program emitted for the CPU simulation (prim/host.h) asks of the scheduler that runs its fibers. The table is handed in
// once, before the first launch, through the exported function `llmc_host_start`: the shared object has no undefined symbol.
#pragma once
#include "kernels/prim/types.h"

namespace llmc::prim {

// The lane whose fiber is running.
struct HostLane {
  u32 thread, threads, block, blocks;
  u8* shared;  // of its workgroup
};

struct HostTable {
  const HostLane* const* lane;
  // A wave operation: returns when every lane of the wave has come to the same `site`, with the values of all its lanes. A lane that
  // waits elsewhere or has ended is a divergence error, which the scheduler reports.
  const u64* (*exchange)(u64 value, u32 wave_size, u32 site);
  void (*sync_block)();
  void (*yield)();  // in a spin: lets the other fibers run
  u64 (*nanoseconds)();
  f32 (*exp2)(f32);
  f32 (*log2)(f32);
  f32 (*sin)(f32);  // of radians
  f32 (*cos)(f32);
};

}  // namespace llmc::prim
