// What a GPU launch needs that only the kernels know.
#pragma once
#include "compiler/plan/plan.h"

namespace llmc {

// Bytes of dynamic shared memory (LDS) of a workgroup of `launch`.
u32 gpu_shared_bytes(const Plan& plan, const Launch& launch);

}  // namespace llmc
