// Matrix times a batch of tokens, for prompts.
//
// A workgroup of 256 threads makes a tile of 64 rows x 64 tokens, walking over the columns in steps of a unit (128). In each step a group
// of 32 lanes unpacks one row tile's unit to bytes, once for all tokens of the tile, into shared memory beside the tokens' codes; rows
// are 144 bytes apart, so that reads of neighbouring rows meet different banks. The next step's global loads are in flight while a
// step is computed, and there are two buffers, so a step has one barrier.
//
// The product of a block of 32 columns is an int32 (by matrix instruction where there is one, else by dot4), which is then scaled by the
// row's and the token's scale and added to a float32; a format's offset meets the token's sum of codes.
//
// The tile has a lower and an upper half of 32 rows that may come from two matrices: the same rows of gate and up, so that their product
// is made in registers. Matrices of floats meet float activations in the same tiling, by multiply-adds.
#pragma once
#include "kernels/gpu/gemv.h"
#include "kernels/prim/mma.h"

namespace llmc {

constexpr u32 gemm_threads = 256, gemm_rows = 64, gemm_tokens = 64, gemm_unit = 128;
constexpr u32 gemm_pitch = gemm_unit + 16;       // bytes from row to row in shared memory
constexpr u32 gemm_float_step = 64;              // columns of a step of the float form
constexpr u32 gemm_float_pitch = gemm_float_step + 4;

// The input of all tokens of a chunk in global memory, rows of padded_columns(columns).
struct TokenRows {
  const u8* codes;
  const u8* meta;
  const f32* floats;
};

template <bool two_scales>
struct GemmBuffer {
  u8 weights[gemm_rows * gemm_pitch];
  u8 codes[gemm_tokens * gemm_pitch];
  f32 scale[two_scales ? 2 : 1][4][gemm_rows];   // of the halves of each block of 32 columns
  f32 offset[two_scales ? 2 : 1][4][gemm_rows];
  f32 token_scale[4][gemm_tokens];
  f32 token_sum[4][gemm_tokens];  // scale times the sum of codes; with two scales: the two sums as they come
};
struct GemmFloatBuffer {
  f32 weights[gemm_rows][gemm_float_pitch];
  f32 tokens[gemm_tokens][gemm_float_pitch];
};

constexpr u32 gemm_shared_bytes() {
  constexpr u32 integer = 2 * sizeof(GemmBuffer<true>), floating = sizeof(GemmFloatBuffer);
  return integer > floating ? integer : floating;
}

// Row tiles [tile, tile + 4) of a matrix that has `tiles`; those past the end repeat the last.
template <class F, u32 columns>
struct HalfTile {
  Matrix<F, columns> matrix;
  u32 tile, tiles;
  LLMC_FN const u8* at(u32 i) const { return matrix.base + prim::min(tile + i, tiles - 1) * matrix.stride; }
};

// How the 16 sums of a thread lie in the tile: sum k is row row(k), token token(k); sum k + 8 the same token, 32 rows on.
struct SumPlace {
  static LLMC_FN u32 row(u32 k) {
    if constexpr (prim::has_mma) return prim::wave() % 2 * 16 + prim::lane() / 4 + k % 4 / 2 * 8 + k / 8 * 32;
    else return prim::thread() % 16 + k / 4 * 16;
  }
  static LLMC_FN u32 token(u32 k) {
    if constexpr (prim::has_mma) return prim::wave() / 2 * 16 + k / 4 % 2 * 8 + prim::lane() % 4 * 2 + k % 2;
    else return prim::thread() / 16 + k % 4 * 16;
  }
};

template <class F0, class F1, u32 columns>
struct IntegerGemm {
  static constexpr bool same = __is_same(F0, F1);
  static constexpr bool two_scales = F0::two_scales || F1::two_scales, offsets = !F0::is_signed || !F1::is_signed;
  static constexpr u32 units = (columns + gemm_unit - 1) / gemm_unit, padded = padded_columns(columns);
  using Buffer = GemmBuffer<two_scales>;

  // What a thread has loaded for the next step.
  struct Staged {
    typename F0::Raw raw;
    typename F1::Raw raw_upper;  // where the formats differ
    u32x4 codes[2];
    u32x2 meta;
  };

  // `odd`: whether the unit's number is odd, a constant: the second unit of a micro tile is loaded with the first.
  static LLMC_FN void load(Staged& s, const HalfTile<F0, columns>& lower, const HalfTile<F1, columns>& upper, const TokenRows& input, u32 first_token,
                           u32 last_token, u32 unit, u32 odd) {
    const u32 lane = prim::thread() % group_lanes, group = prim::thread() / group_lanes;
    if (group < 4) {
      if (odd % F0::units == 0) s.raw = F0::load(lower.at(group) + unit / F0::units * F0::bytes, lane);
    } else if (odd % F1::units == 0) {
      const u8* tile = upper.at(group - 4) + unit / F1::units * F1::bytes;
      if constexpr (same) s.raw = F0::load(tile, lane);
      else s.raw_upper = F1::load(tile, lane);
    }
    LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
      const u32 piece = i * gemm_threads + prim::thread();
      const u32 token = prim::min(first_token + piece / 8, last_token);
      s.codes[i] = *(const u32x4*)(input.codes + (u64)token * padded + unit * gemm_unit + piece % 8 * 16);
    }
    const u32 token = prim::min(first_token + prim::thread() / 4, last_token);
    s.meta = *(const u32x2*)(input.meta + (u64)token * (padded / 4) + unit * (gemm_unit / 4) + prim::thread() % 4 * 8);
  }

  static LLMC_FN void store_block(Buffer& b, const fmt::Block& block, u32 row, u32 part) {
    u32x4* codes = (u32x4*)(b.weights + row * gemm_pitch + part * 32);
    codes[0] = u32x4{block.code[0], block.code[1], block.code[2], block.code[3]};
    codes[1] = u32x4{block.code[4], block.code[5], block.code[6], block.code[7]};
    LLMC_UNROLL for (u32 half = 0; half < (two_scales ? 2 : 1); half++) {
      b.scale[half][part][row] = block.scale[half];
      if (offsets) b.offset[half][part][row] = block.offset[half];
    }
  }

  static LLMC_FN void store(const Staged& s, Buffer& b, u32 odd) {
    const u32 lane = prim::thread() % group_lanes, group = prim::thread() / group_lanes;
    const u32 row = group * fmt::tile_rows + fmt::row_of(lane), part = fmt::part_of(lane);
    if (same || group < 4) store_block(b, F0::unpack(s.raw, lane, odd % F0::units), row, part);
    else store_block(b, F1::unpack(s.raw_upper, lane, odd % F1::units), row, part);
    LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
      const u32 piece = i * gemm_threads + prim::thread();
      *(u32x4*)(b.codes + piece / 8 * gemm_pitch + piece % 8 * 16) = s.codes[i];
    }
    const u32 token = prim::thread() / 4, block = prim::thread() % 4;
    const f32 scale = prim::from_bits(s.meta[0]);
    b.token_scale[block][token] = scale;
    const i32 low = (i32)(s.meta[1] << 16) >> 16, high = (i32)s.meta[1] >> 16;
    b.token_sum[block][token] = two_scales ? prim::from_bits(s.meta[1]) : scale * (f32)(low + high);
  }

  // Adds a block's product to sum k: the products of the halves (one product, in `first`, without two scales).
  static LLMC_FN void add(f32& sum, const Buffer& b, u32 block, u32 row, u32 token, i32 first, i32 second) {
    const f32 token_scale = b.token_scale[block][token];
    if constexpr (two_scales) {
      const u32 sums = prim::bits(b.token_sum[block][token]);
      f32 v = b.scale[0][block][row] * (f32)first + b.scale[1][block][row] * (f32)second;
      if (offsets) v += b.offset[0][block][row] * (f32)((i32)(sums << 16) >> 16) + b.offset[1][block][row] * (f32)((i32)sums >> 16);
      sum += token_scale * v;
    } else {
      sum += b.scale[0][block][row] * token_scale * (f32)first;
      if (offsets) sum += b.offset[0][block][row] * b.token_sum[block][token];
    }
  }

  static LLMC_FN void multiply(const Buffer& b, f32 (&sum)[16]) {
    // Not unrolled: the scheduler would bring the operands of all four blocks into registers at once.
    _Pragma("nounroll") for (u32 block = 0; block < 4; block++) {
      if constexpr (prim::has_mma) {
        const u32 g = prim::lane() / 4, q = prim::lane() % 4;
        LLMC_UNROLL for (u32 n = 0; n < 2; n++) {
          const u8* codes = b.codes + (prim::wave() / 2 * 16 + n * 8 + g) * gemm_pitch + block * 32 + q * 4;
          const u32 column[2] = {*(const u32*)codes, *(const u32*)(codes + 16)};
          LLMC_UNROLL for (u32 half = 0; half < 2; half++) {
            const u8* w = b.weights + (half * 32 + prim::wave() % 2 * 16 + g) * gemm_pitch + block * 32 + q * 4;
            const u32 row[4] = {*(const u32*)w, *(const u32*)(w + 8 * gemm_pitch), *(const u32*)(w + 16), *(const u32*)(w + 8 * gemm_pitch + 16)};
            i32 first[4], second[4] = {0, 0, 0, 0};
            if constexpr (two_scales) {
              prim::mma16(first, row[0], row[1], column[0]);
              prim::mma16(second, row[2], row[3], column[1]);
            } else {
              prim::mma32(first, row, column);
            }
            LLMC_UNROLL for (u32 c = 0; c < 4; c++) {
              const u32 k = half * 8 + n * 4 + c;
              add(sum[k], b, block, SumPlace::row(k), SumPlace::token(k), first[c], second[c]);
            }
          }
        }
      } else {
        u32x4 low[4], high[4];
        LLMC_UNROLL for (u32 j = 0; j < 4; j++) {
          const u32x4* codes = (const u32x4*)(b.codes + SumPlace::token(j) * gemm_pitch + block * 32);
          low[j] = codes[0];
          high[j] = codes[1];
        }
        LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
          const u32x4* codes = (const u32x4*)(b.weights + SumPlace::row(4 * i) * gemm_pitch + block * 32);
          const u32x4 row_low = codes[0], row_high = codes[1];
          LLMC_UNROLL for (u32 j = 0; j < 4; j++) {
            i32 first = 0, second = 0;
            LLMC_UNROLL for (u32 w = 0; w < 4; w++) {
              first = prim::dot4_ss(row_low[w], low[j][w], first);
              second = prim::dot4_ss(row_high[w], high[j][w], second);
            }
            if (!two_scales) first += second;
            add(sum[4 * i + j], b, block, SumPlace::row(4 * i), SumPlace::token(j), first, second);
          }
        }
      }
    }
  }

  // The tile of tokens [first_token, first_token + 64), of which those past `last_token` repeat it. Called by all threads.
  static LLMC_HOT LLMC_FN void run(const HalfTile<F0, columns>& lower, const HalfTile<F1, columns>& upper, const TokenRows& input, u32 first_token,
                                   u32 last_token, f32 (&sum)[16]) {
    Buffer* buffers = (Buffer*)prim::shared();
    Staged staged;
    LLMC_UNROLL for (u32 k = 0; k < 16; k++) sum[k] = 0;
    load(staged, lower, upper, input, first_token, last_token, 0, 0);
    store(staged, buffers[0], 0);
    prim::sync_block();
    LLMC_GRID_STRIDE for (u32 unit = 0; unit < units; unit += 2) {  // two units a round: which half of a micro tile is unpacked must be a constant
      if (unit + 1 < units) load(staged, lower, upper, input, first_token, last_token, unit + 1, 1);
      multiply(buffers[0], sum);
      if (unit + 1 < units) store(staged, buffers[1], 1);
      prim::sync_block();
      if (unit + 1 >= units) break;
      if (unit + 2 < units) load(staged, lower, upper, input, first_token, last_token, unit + 2, 0);
      multiply(buffers[1], sum);
      if (unit + 2 < units) store(staged, buffers[0], 0);
      prim::sync_block();
    }
  }
};

template <class F, u32 columns>
struct FloatGemm {
  static constexpr u32 padded = padded_columns(columns);

  static LLMC_HOT LLMC_FN void run(const HalfTile<F, columns>& lower, const HalfTile<F, columns>& upper, const TokenRows& input, u32 first_token,
                                   u32 last_token, f32 (&sum)[16]) {
    GemmFloatBuffer& b = *(GemmFloatBuffer*)prim::shared();
    LLMC_UNROLL for (u32 k = 0; k < 16; k++) sum[k] = 0;
    LLMC_GRID_STRIDE for (u32 column = 0; column < columns; column += gemm_float_step) {
      const u32 row = prim::thread() % gemm_rows, block = prim::thread() / gemm_rows;
      if (block < gemm_float_step / 32) {
        const u8* tile = row < 32 ? lower.at(row / 8) : upper.at(row / 8 - 4);
        const u32 at = column + 32 * block;
        f32 v[32];
        F::dequantize(tile + at / F::columns * F::bytes, row % 8, at % F::columns / 32, v);
        LLMC_UNROLL for (u32 i = 0; i < 32; i += 4) *(f32x4*)&b.weights[row][32 * block + i] = f32x4{v[i], v[i + 1], v[i + 2], v[i + 3]};
      }
      LLMC_UNROLL for (u32 i = 0; i < gemm_tokens * gemm_float_step / 4 / gemm_threads; i++) {
        const u32 piece = i * gemm_threads + prim::thread(), token = piece / (gemm_float_step / 4), at = piece % (gemm_float_step / 4) * 4;
        *(f32x4*)&b.tokens[token][at] = *(const f32x4*)(input.floats + (u64)prim::min(first_token + token, last_token) * padded + column + at);
      }
      prim::sync_block();
      _Pragma("nounroll") for (u32 c = 0; c < gemm_float_step; c += 4) {
        f32x4 token[4];
        LLMC_UNROLL for (u32 j = 0; j < 4; j++) token[j] = *(const f32x4*)&b.tokens[prim::thread() / 16 + 16 * j][c];
        LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
          const f32x4 w = *(const f32x4*)&b.weights[prim::thread() % 16 + 16 * i][c];
          LLMC_UNROLL for (u32 j = 0; j < 4; j++)
            LLMC_UNROLL for (u32 k = 0; k < 4; k++) sum[4 * i + j] += w[k] * token[j][k];
        }
      }
      prim::sync_block();
    }
  }
  static LLMC_FN u32 row(u32 k) { return prim::thread() % 16 + k / 4 * 16; }
  static LLMC_FN u32 token(u32 k) { return prim::thread() / 16 + k % 4 * 16; }
};

// Rows [64 block, 64 block + 64) of a matrix of `rows` rows for one tile of tokens: epilogue(row, token, value) once for each pair that
// exists. `tokens` are in the chunk.
template <class F, u32 columns, class Epilogue>
LLMC_HOT LLMC_FN void gemm_tile(const Matrix<F, columns>& matrix, u32 rows, u32 block, const TokenRows& input, u32 first_token, u32 tokens,
                                Epilogue epilogue) {
  const u32 tiles = (rows + fmt::tile_rows - 1) / fmt::tile_rows, tile = block * (gemm_rows / fmt::tile_rows);
  const HalfTile<F, columns> lower = {matrix, tile, tiles}, upper = {matrix, tile + 4, tiles};
  f32 sum[16];
  if constexpr (F::integer) IntegerGemm<F, F, columns>::run(lower, upper, input, first_token, tokens - 1, sum);
  else FloatGemm<F, columns>::run(lower, upper, input, first_token, tokens - 1, sum);
  LLMC_UNROLL for (u32 k = 0; k < 16; k++) {
    const u32 row = block * gemm_rows + (F::integer ? SumPlace::row(k) : FloatGemm<F, columns>::row(k));
    const u32 token = first_token + (F::integer ? SumPlace::token(k) : FloatGemm<F, columns>::token(k));
    if (row < rows && token < tokens) epilogue(row, token, sum[k]);
  }
}

// Rows [32 block, 32 block + 32) of two integer matrices of `rows` rows: epilogue(row, token, value of the first, of the second).
template <class F0, class F1, u32 columns, class Epilogue>
LLMC_HOT LLMC_FN void gemm_pair_tile(const Matrix<F0, columns>& first, const Matrix<F1, columns>& second, u32 rows, u32 block,
                                     const TokenRows& input, u32 first_token, u32 tokens, Epilogue epilogue) {
  const u32 tiles = (rows + fmt::tile_rows - 1) / fmt::tile_rows;
  f32 sum[16];
  IntegerGemm<F0, F1, columns>::run({first, 4 * block, tiles}, {second, 4 * block, tiles}, input, first_token, tokens - 1, sum);
  LLMC_UNROLL for (u32 k = 0; k < 8; k++) {
    const u32 row = block * (gemm_rows / 2) + SumPlace::row(k), token = first_token + SumPlace::token(k);
    if (row < rows && token < tokens) epilogue(row, token, sum[k], sum[k + 8]);
  }
}

}  // namespace llmc
