// When a workgroup came to each phase of a token, and when it had the phase's input: for `bench --phases`. Off unless Args::timed.
#pragma once
#include "kernels/gpu/args.h"
#include "kernels/phase_marks.h"

namespace llmc {

// One thread a workgroup writes one word. `times`: the buffer of the arena.
LLMC_FN void mark_time(const abi::Args& a, u64* times, u32 layers, u32 phase, phase_marks::Mark mark) {
  if (a.timed != 0 && prim::thread() == 0) times[prim::block() * phase_marks::per_worker(layers) + phase * phase_marks::marks + mark] = prim::clock();
}

}  // namespace llmc
