// Kernels for prefill_test.cpp: matrices of every format times tokens.
#include "kernels/formats/formats.h"
#include "kernels/gpu/args.h"
#include "kernels/gpu/gemm.h"

namespace llmc {

struct GemmCase {  // at the start of the arena
  const u8* first;
  const u8* second;
  const u8* codes;
  const u8* meta;
  const f32* floats;
  f32* y;  // [tokens][rows], of pairs [tokens][2][rows]
  u32 rows, tokens;
};

template <class F, u32 columns>
LLMC_FN Matrix<F, columns> test_matrix(const u8* base) {
  return {base, (u64)Matrix<F, columns>::micro_tiles * F::bytes};
}

template <class F, u32 columns>
LLMC_FN void gemm_case(const abi::Args& a) {
  const GemmCase& c = *(const GemmCase*)a.arena;
  const u32 blocks = (c.rows + gemm_rows - 1) / gemm_rows, token_tiles = (c.tokens + gemm_tokens - 1) / gemm_tokens;
  LLMC_GRID_STRIDE for (u32 item = prim::block(); item < blocks * token_tiles; item += prim::blocks()) {
    gemm_tile(test_matrix<F, columns>(c.first), c.rows, item / token_tiles, TokenRows{c.codes, c.meta, c.floats}, item % token_tiles * gemm_tokens,
              c.tokens, [&](u32 row, u32 token, f32 value) { c.y[token * c.rows + row] = value; });
  }
}

template <class F0, class F1, u32 columns>
LLMC_FN void pair_case(const abi::Args& a) {
  const GemmCase& c = *(const GemmCase*)a.arena;
  const u32 blocks = (c.rows + gemm_rows / 2 - 1) / (gemm_rows / 2), token_tiles = (c.tokens + gemm_tokens - 1) / gemm_tokens;
  LLMC_GRID_STRIDE for (u32 item = prim::block(); item < blocks * token_tiles; item += prim::blocks()) {
    gemm_pair_tile(test_matrix<F0, columns>(c.first), test_matrix<F1, columns>(c.second), c.rows, item / token_tiles,
                   TokenRows{c.codes, c.meta, c.floats}, item % token_tiles * gemm_tokens, c.tokens, [&](u32 row, u32 token, f32 u, f32 v) {
                     c.y[2 * token * c.rows + row] = u;
                     c.y[(2 * token + 1) * c.rows + row] = v;
                   });
  }
}

// Three units, an odd number, and for the K types three micro tiles.
#define LLMC_FORMAT(F, tile_columns, tile_bytes, form) \
  LLMC_KERNEL(256) void gemm_##F(abi::Args a, int, int, int) { gemm_case<fmt::F, 3 * fmt::F::columns>(a); }
#include "kernels/formats/formats.def"
#undef LLMC_FORMAT
LLMC_KERNEL(256) void gemm_F32_100(abi::Args a, int, int, int) { gemm_case<fmt::F32, 100>(a); }
LLMC_KERNEL(256) void gemm_Q8_0_160(abi::Args a, int, int, int) { gemm_case<fmt::Q8_0, 160>(a); }
LLMC_KERNEL(256) void pair_Q4_K_Q4_K(abi::Args a, int, int, int) { pair_case<fmt::Q4_K, fmt::Q4_K, 256>(a); }
LLMC_KERNEL(256) void pair_Q6_K_Q8_0(abi::Args a, int, int, int) { pair_case<fmt::Q6_K, fmt::Q8_0, 512>(a); }
LLMC_KERNEL(256) void pair_Q5_0_Q4_K(abi::Args a, int, int, int) { pair_case<fmt::Q5_0, fmt::Q4_K, 768>(a); }

}  // namespace llmc
