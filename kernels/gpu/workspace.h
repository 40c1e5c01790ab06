// Shared memory of a decode phase, in bytes from its start: the same offsets for the kernels and for the planner.
//   scratch   64 words: partial sums of a workgroup's waves, flags; then the barriers of staged weights (staging.h) and what
//             attention begins with (attention_tiles.h)
//   partial   sums of a row tile's slices, [tile][slice][row]
//   codes, meta, f16, f16_scales, floats   the phase's input (formats/format.h: Activations)
#pragma once
#include "kernels/formats/input_forms.h"

namespace llmc {

struct Workspace {
  u32 codes, meta, f16, f16_scales, floats, bytes;
};

constexpr u32 staging_barriers_offset = 256, staging_barriers_bytes = 128;
constexpr u32 attention_start_offset = staging_barriers_offset + staging_barriers_bytes, attention_start_bytes = 384;
constexpr u32 scratch_bytes = attention_start_offset + attention_start_bytes;
constexpr u32 partial_bytes = 16384;
constexpr u32 partial_offset = scratch_bytes;

constexpr u32 input_offset = partial_offset + partial_bytes;

// The input's columns as they stand in shared memory, padded with zeros.
constexpr u32 padded_columns(u32 columns) { return (columns + 255) / 256 * 256; }

// `forms`: those that the phase's matrices take.
__device__ constexpr Workspace workspace(u32 columns, InputForms forms) {
  const u32 padded = padded_columns(columns);
  const u32 codes = input_offset;
  const u32 meta = codes + (forms.codes ? padded : 0);
  const u32 f16 = meta + (forms.codes ? padded / 4 : 0);
  const u32 f16_scales = f16 + (forms.f16 ? 2 * padded : 0);
  const u32 floats = f16_scales + (forms.f16 ? (padded / 128 * 4 + 15) / 16 * 16 : 0);
  return {codes, meta, f16, f16_scales, floats, floats + (forms.floats ? 4 * padded : 0)};
}

}  // namespace llmc
