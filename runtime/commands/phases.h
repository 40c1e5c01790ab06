// `bench --phases`: where a decode token's time goes, from the marks that the kernels leave (kernels/phase_marks.h).
#pragma once
#include <string>
#include "runtime/engine.h"

namespace llmc {

// A table: for each kind of phase how often it runs, and over all workers and layers the mean time from arriving to having the input
// (waiting) and from there to the next phase (working), the mean over layers of the slowest worker's work, and the share of the token.
// `token_ms` scales clock cycles to time.
std::string phases_table(Engine& engine, double token_ms);
// The same marks as trace events for chrome://tracing or Perfetto: a row a worker, "wait" and "work" slices.
std::string phases_trace(Engine& engine, double token_ms);

}  // namespace llmc
