// What a GPU launch needs that only the kernels know.
#pragma once
#include "compiler/plan/plan.h"
#include "compiler/target/target.h"
#include "kernels/formats/input_forms.h"

namespace llmc {

// The target that a GPU plan (or one for the simulation, family "host") was made for.
Target target_of(const Plan& plan);

// The form in which a GPU's matrices of `type` take their input (kernels/formats/formats.def).
InputForms input_form(TensorType type);

// Where the kernel of a token stages the first weights of a phase (kernels/gpu/staging.h): bytes from the start of its shared memory, and of a
// slot; 0 bytes where nothing is staged.
struct StagingShape {
  u32 offset, slot_bytes;
};
StagingShape staging_shape(const Plan& plan);

// Bytes of dynamic shared memory (LDS) of a workgroup of `launch`. Error(unsupported) where the target has less.
u32 gpu_shared_bytes(const Plan& plan, const Launch& launch);

}  // namespace llmc
