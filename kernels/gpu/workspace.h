// Shared memory of a decode phase, in bytes from its start: the same offsets for the kernels and for the planner.
//   scratch   64 words: partial sums of a workgroup's waves, flags
//   partial   sums of a row tile's slices, [tile][slice][row]
//   codes, meta, floats   the phase's input (formats/format.h: Activations)
#pragma once
#include "kernels/prim/types.h"

namespace llmc {

struct Workspace {
  u32 codes, meta, floats, bytes;
};

constexpr u32 scratch_bytes = 256;
constexpr u32 partial_bytes = 16384;
constexpr u32 partial_offset = scratch_bytes;

// The input's columns as they stand in shared memory, padded with zeros.
__device__ constexpr u32 padded_columns(u32 columns) { return (columns + 255) / 256 * 256; }

// `integer`, `floating`: which forms of the input the phase's matrices take.
__device__ constexpr Workspace workspace(u32 columns, bool integer, bool floating) {
  const u32 padded = padded_columns(columns);
  const u32 codes = scratch_bytes + partial_bytes;
  const u32 meta = codes + (integer ? padded : 0);
  const u32 floats = meta + (integer ? padded / 4 : 0);
  return {codes, meta, floats, floats + (floating ? 4 * padded : 0)};
}

}  // namespace llmc
