// A GPU's workgroups on the CPU: every thread is a fiber, a wave operation is a rendezvous of the wave's fibers and a block barrier one
// of the workgroup's (kernels/prim/host.h asks for them). Fibers run one at a time and are resumed in a fixed order, so every run is
// the same. What a GPU would answer with nonsense or a hang is an error here: lanes of a wave at different wave operations, threads
// that end while others wait for them, writes past the shared memory that the launch asked for.
#pragma once
#include <functional>
#include <string>
#include "kernels/prim/host_table.h"

namespace llmc {

struct SimulatedLaunch {
  u32 grid = 1, threads = 0, shared = 0, wave = 32;
  bool resident = false;  // all workgroups run interleaved; otherwise one after another
};

// Runs `body` once for each thread of the launch. Throws std::runtime_error with the position of the threads where they diverge.
void simulate(const SimulatedLaunch& launch, const std::function<void()>& body);

// To hand to a shared object's llmc_host_start before its kernels are simulated.
const prim::HostTable& simulation_table();

}  // namespace llmc
