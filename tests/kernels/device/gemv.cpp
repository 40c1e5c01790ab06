// Kernels for gemv_test.cpp: for every format, the product of a matrix with the rounded (or float) activations, and de-quantisation.
#include "kernels/formats/formats.h"
#include "kernels/gpu/args.h"
#include "kernels/gpu/embed.h"
#include "kernels/gpu/gemv.h"
#include "kernels/gpu/norm.h"

namespace llmc {

struct GemvCase {  // at the start of the arena
  const u8* matrix;
  const f32* x;
  f32* y;
  u32 rows;
};

template <class F, u32 columns, u32 slices>
LLMC_FN void gemv_case(const abi::Args& a) {
  constexpr u32 threads = 128;
  const GemvCase& c = *(const GemvCase*)a.arena;
  using M = Matrix<F, columns>;
  const OneMatrix<F, columns> matrices{{c.matrix, (u64)M::micro_tiles * F::bytes}};
  const fmt::Activations input = load_input<columns, threads, false, F::input>(ThroughMemory(), c.x, nullptr, 0);
  const u32 tiles = (c.rows + fmt::tile_rows - 1) / fmt::tile_rows;
  gemv<threads, slices>(matrices, split(tiles, prim::blocks(), prim::block()), input, no_term, [&](u32 r, RowSums<1> sums, f32, bool valid) {
    if (valid && r < c.rows) prim::store_coherent(c.y + r, sums.value[0]);
  });
}

// The same with first weights staged in slots of `bytes` bytes behind the input, as two phases in turn: the second takes the slots up again.
template <class F, u32 columns, u32 slices, u32 bytes>
LLMC_FN void staged_case(const abi::Args& a) {
  constexpr u32 threads = 128, groups = threads / group_lanes;
  constexpr u32 offset = (workspace(columns, F::input).bytes + 127) / 128 * 128;
  using Slots = StagingSlots<groups, offset, bytes>;
  const GemvCase& c = *(const GemvCase*)a.arena;
  using M = Matrix<F, columns>;
  const OneMatrix<F, columns> matrices{{c.matrix, (u64)M::micro_tiles * F::bytes}};
  const u32 tiles = (c.rows + fmt::tile_rows - 1) / fmt::tile_rows;
  const Range mine = split(tiles, prim::blocks(), prim::block());
  if (prim::thread() % group_lanes == 0) Slots::begin(prim::thread() / group_lanes);
  for (u32 phase = 0; phase < 2; phase++) {
    gemv_stage<slices, Slots>(matrices, mine);
    const fmt::Activations input = load_input<columns, threads, false, F::input>(ThroughMemory(), c.x, nullptr, 0);
    gemv<threads, slices>(
        matrices, mine, input, no_term,
        [&](u32 r, RowSums<1> sums, f32, bool valid) {
          if (valid && r < c.rows) prim::store_coherent(c.y + r, phase == 0 ? 1e30f : sums.value[0]);
        },
        Slots{phase});
    prim::sync_block();
  }
}

// Row `start` de-quantised into y.
template <class F, u32 columns>
LLMC_FN void row_case(const abi::Args& a, u32 row) {
  const GemvCase& c = *(const GemvCase*)a.arena;
  embed_row<F, columns>(c.matrix, (u64)Matrix<F, columns>::micro_tiles * F::bytes, row, c.y, prim::thread(), prim::threads());
}

// The columns are numbers of micro tiles that try one tile, whole and partial rounds of loads, and slices of unequal length.
#define LLMC_CASE(F, tiles, slices)                                                                                 \
  LLMC_KERNEL(128) void gemv_##F##_##tiles##_##slices(abi::Args a, int, int, int) { gemv_case<fmt::F, tiles * fmt::F::columns, slices>(a); }
#define LLMC_FORMAT(F, tile_columns, tile_bytes, form)                                                                \
  LLMC_CASE(F, 1, 1) LLMC_CASE(F, 7, 1) LLMC_CASE(F, 7, 2) LLMC_CASE(F, 7, 3) LLMC_CASE(F, 11, 2) LLMC_CASE(F, 11, 4) \
  LLMC_KERNEL(128) void row_##F(abi::Args a, int, int start, int) { row_case<fmt::F, 3 * fmt::F::columns>(a, (u32)start); }
#include "kernels/formats/formats.def"
#undef LLMC_FORMAT

// Widths that are not whole micro tiles: 32-element blocks and float rows.
LLMC_KERNEL(128) void gemv_F32_100(abi::Args a, int, int, int) { gemv_case<fmt::F32, 100, 1>(a); }
LLMC_KERNEL(128) void gemv_F16_36(abi::Args a, int, int, int) { gemv_case<fmt::F16, 36, 1>(a); }
LLMC_KERNEL(128) void gemv_Q4_0_160(abi::Args a, int, int, int) { gemv_case<fmt::Q4_0, 160, 2>(a); }
LLMC_KERNEL(128) void gemv_Q8_0_32(abi::Args a, int, int, int) { gemv_case<fmt::Q8_0, 32, 1>(a); }

// Slots that hold all of a slice, of slices that differ in length, and the beginning of one; one that is not a whole round of loads.
#define LLMC_STAGED(F, tiles, slices, staged)                                                        \
  LLMC_KERNEL(128) void staged_##F##_##tiles##_##slices##_##staged(abi::Args a, int, int, int) {     \
    staged_case<fmt::F, tiles * fmt::F::columns, slices, staged * fmt::F::bytes>(a);                 \
  }
LLMC_STAGED(F16, 2, 1, 2) LLMC_STAGED(F16, 7, 3, 2) LLMC_STAGED(F16, 11, 1, 3) LLMC_STAGED(F32, 5, 2, 1) LLMC_STAGED(BF16, 8, 4, 2)
LLMC_STAGED(Q4_K, 7, 1, 4)

}  // namespace llmc
