// Shared memory of attention, sampling and the prefill kernels. The emitted program asserts that its structures fit
// (templates/gpu_shared.mustache).
#pragma once
#include "compiler/plan/plan.h"

namespace llmc {

// How many tiles of K and V attention keeps in shared memory (attention::Tiles), where the processor has matrix instructions.
u32 attention_tiles(const Plan& plan);
u32 attention_shared_bytes(const Plan& plan);
u32 sampling_shared_bytes(const Plan& plan);
u32 prefill_shared_bytes(const Plan& plan, const Launch& launch);

}  // namespace llmc
