// The launch lists of the plan and, for people, its phases (docs/architecture.md has the table of kernels).
#pragma once
#include "compiler/plan/plan.h"

namespace llmc {

// Fills plan.prefill, head, sample, decode, decode_op, phases and decode_bytes. Needs weights, variants and buffers.
void place_launches(Plan& plan);

}  // namespace llmc
