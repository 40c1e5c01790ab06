// The arena: every buffer of the plan at a fixed offset (docs/architecture.md lists them).
#pragma once
#include "compiler/plan/plan.h"

namespace llmc {

// Fills plan.buffers, arena_bytes and kv_bytes_per_position. Needs shape, weights, ctx and chunk.
void place_buffers(Plan& plan);

}  // namespace llmc
