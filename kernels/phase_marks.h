// Where the times of a token's phases stand in the buffer `times`, as u64 [worker][phase][mark]. Read by the kernels, the planner and the
// runtime, so plain built-in types only. Phases: five a layer, then the head, sampling, and the end.
#pragma once
#include "kernels/prim/types.h"

namespace llmc::phase_marks {

constexpr unsigned layer_phases = 5, max_workers = 512;
enum Mark : unsigned { arrived = 0, ready = 1, marks = 2 };  // came to the phase; has the phase's input

__device__ constexpr unsigned phases(unsigned layers) { return layer_phases * layers + 3; }
__device__ constexpr unsigned head(unsigned layers) { return layer_phases * layers; }
__device__ constexpr unsigned per_worker(unsigned layers) { return marks * phases(layers); }

}  // namespace llmc::phase_marks
