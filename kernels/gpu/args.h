// What every kernel does first with its arguments.
#pragma once
#include "kernels/abi.h"
#include "kernels/prim/prim.h"

namespace llmc {

// A buffer of the arena, by its byte offset.
template <class T>
LLMC_FN T* at(const abi::Args& a, u64 offset) {
  return (T*)(a.arena + offset);
}
template <class T>
LLMC_FN const T* weight_at(const abi::Args& a, u64 offset) {
  return (const T*)(a.weights + offset);
}

LLMC_FN abi::State* state(const abi::Args& a) { return (abi::State*)a.arena; }

// Whether a wait on the device has run into its limit: then every kernel returns at once.
LLMC_FN bool faulted(const abi::Args& a) { return prim::load_coherent(&state(a)->fault) != 0; }

// Whether this decode step has something to do: no fault, and the text has not ended.
LLMC_FN bool running(const abi::Args& a) {
  const u32 fault = prim::load_coherent(&state(a)->fault);  // both loads under way before either is waited for
  const int finish = prim::load_coherent(&state(a)->finish);
  return (fault == 0) & (finish == abi::running);
}

}  // namespace llmc
