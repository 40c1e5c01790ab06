// A roofline estimate of a kernel on a real card, from what was counted: how long each of memory, vector units and LDS would be busy if
// nothing else held it up. An estimate, not a measurement: it knows no latency, no second-level cache and no clock that changes.
#pragma once
#include "compiler/target/target.h"
#include "tests/emulator/counts.h"

namespace llmc::emu {

struct Estimate {
  double bytes_us = 0;   // lines fetched and written, at the product's bandwidth
  double vector_us = 0;  // vector ALU, dot products, matrix instructions
  double lds_us = 0;     // cycles of the banks
  double bound_us() const;
  const char* bound_by() const;  // "bytes", "vector ALU", "LDS"
};

// After KernelCounts::tally.
Estimate estimate(const WorkCounts& counts, const Target& product);

}  // namespace llmc::emu
