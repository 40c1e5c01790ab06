// Causal attention of a chunk of tokens over the cache, which holds their K and V already.
//
// A workgroup of 256 threads takes a tile of queries of one head and walks over the positions in tiles of 32: scores, an online softmax
// (base 2) a row, then the weighted sum of values, kept in registers. Queries and scores are float32, K and V f16 as in the cache.
// Tiles with the most positions come first, and the heads of a group side by side, so that they find K and V in the L2 cache.
#pragma once
#include "kernels/gpu/cache_place.h"
#include "kernels/gpu/rope.h"

namespace llmc::prefill {

constexpr u32 attention_threads = 256;

// S: n_heads, n_kv_heads, head_dim.
template <class S>
struct Attention {
  static constexpr u32 head_dim = S::head_dim, group = S::n_heads / S::n_kv_heads, chunks = head_dim / 8;
  static constexpr u32 rows = head_dim <= 64 ? 64 : head_dim <= 128 ? 32 : 16;  // queries of a tile
  static constexpr u32 keys = 32;                                              // positions of a tile
  static constexpr u32 team = chunks <= 4 ? 4 : chunks <= 8 ? 8 : chunks <= 16 ? 16 : 32;  // threads that hold an output row, 8 elements each
  static constexpr u32 teams = attention_threads / team, rows_per_team = rows / teams;
  static constexpr u32 row_threads = attention_threads / rows, keys_per_thread = keys / row_threads;
  static constexpr u32 q_pitch = head_dim + 4, kv_pitch = head_dim + 8, p_pitch = keys + 4;  // elements; keep neighbouring rows in different banks
  static constexpr f32 lowest = -1e30f, log2_e = 1.4426950408889634f;
  static constexpr u32 rows_at_once = rows / 16, keys_at_once = keys / 16;  // of a thread's scores

  struct Shared {
    f32 q[rows][q_pitch];
    u16 k[keys][kv_pitch], v[keys][kv_pitch];
    f32 p[rows][p_pitch];  // scores, then weights
    f32 shrink[rows], sum[rows];
  };

  LLMC_FN static void unpack(f32 (&out)[8], u32x4 raw) {
    LLMC_UNROLL for (u32 j = 0; j < 4; j++) {
      const prim::Float2 two = prim::half2_to_float2(raw[j]);
      out[2 * j] = two.x;
      out[2 * j + 1] = two.y;
    }
  }

  // K and V of positions [first, first + keys), those from `end` on repeat the last: their weights are zero.
  LLMC_FN static void load_tile(Shared& s, const u16* k, const u16* v, u32 first, u32 end) {
    constexpr u32 pieces = keys * chunks;
    LLMC_UNROLL for (u32 i = 0; i < pieces; i += attention_threads) {
      const u32 piece = i + prim::thread(), row = piece / chunks, chunk = piece % chunks;
      if (pieces % attention_threads == 0 || piece < pieces) {
        const u32 position = prim::min(first + row, end - 1);
        const u64 at = (u64)position * head_dim + cache_place<head_dim>(position, 8 * chunk);
        *(u32x4*)&s.k[row][8 * chunk] = *(const u32x4*)(k + at);
        *(u32x4*)&s.v[row][8 * chunk] = *(const u32x4*)(v + at);
      }
    }
  }

  LLMC_FN static void scores(Shared& s) {
    const u32 row = prim::thread() / 16, key = prim::thread() % 16;
    f32 dot[rows_at_once][keys_at_once];
    LLMC_UNROLL for (u32 r = 0; r < rows_at_once; r++)
      LLMC_UNROLL for (u32 c = 0; c < keys_at_once; c++) dot[r][c] = 0;
    LLMC_GRID_STRIDE for (u32 d = 0; d < head_dim; d += 8) {
      f32 k[keys_at_once][8];
      LLMC_UNROLL for (u32 c = 0; c < keys_at_once; c++) unpack(k[c], *(const u32x4*)&s.k[key + 16 * c][d]);
      LLMC_UNROLL for (u32 r = 0; r < rows_at_once; r++) {
        const f32x4 low = *(const f32x4*)&s.q[row + 16 * r][d], high = *(const f32x4*)&s.q[row + 16 * r][d + 4];
        LLMC_UNROLL for (u32 c = 0; c < keys_at_once; c++)
          LLMC_UNROLL for (u32 j = 0; j < 4; j++) dot[r][c] += low[j] * k[c][j] + high[j] * k[c][4 + j];
      }
    }
    LLMC_UNROLL for (u32 r = 0; r < rows_at_once; r++)
      LLMC_UNROLL for (u32 c = 0; c < keys_at_once; c++) s.p[row + 16 * r][key + 16 * c] = dot[r][c];
  }

  // Turns the thread's share of a row's scores into weights. `visible`: positions of this tile that the row's query sees.
  LLMC_FN static void softmax(Shared& s, u32 row, u32 visible, f32& top, f32& sum) {
    const u32 part = prim::thread() % row_threads;
    f32 p[keys_per_thread], tile_top = top, tile_sum = 0;
    LLMC_UNROLL for (u32 i = 0; i < keys_per_thread; i++) {
      const u32 key = i * row_threads + part;
      p[i] = key < visible ? s.p[row][key] : lowest;
      tile_top = prim::max(tile_top, p[i]);
    }
    tile_top = prim::wave_max<row_threads>(tile_top);
    LLMC_UNROLL for (u32 i = 0; i < keys_per_thread; i++) {
      const u32 key = i * row_threads + part;
      p[i] = key < visible ? prim::exp2(p[i] - tile_top) : 0.0f;
      s.p[row][key] = p[i];
      tile_sum += p[i];
    }
    const f32 shrink = prim::exp2(top - tile_top);
    sum = sum * shrink + prim::wave_sum<row_threads>(tile_sum);
    top = tile_top;
    if (part == 0) s.shrink[row] = shrink;
  }

  LLMC_FN static void weigh(const Shared& s, f32 (&acc)[rows_per_team][8]) {
    const u32 chunk = prim::thread() % team, first = prim::thread() / team;
    if (chunk >= chunks) return;
    LLMC_UNROLL for (u32 r = 0; r < rows_per_team; r++) {
      const f32 shrink = s.shrink[first + r * teams];
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) acc[r][j] *= shrink;
    }
    LLMC_GRID_STRIDE for (u32 key = 0; key < keys; key += 4) {
      f32x4 p[rows_per_team];
      LLMC_UNROLL for (u32 r = 0; r < rows_per_team; r++) p[r] = *(const f32x4*)&s.p[first + r * teams][key];
      LLMC_UNROLL for (u32 c = 0; c < 4; c++) {
        f32 v[8];
        unpack(v, *(const u32x4*)&s.v[key + c][8 * chunk]);
        LLMC_UNROLL for (u32 r = 0; r < rows_per_team; r++)
          LLMC_UNROLL for (u32 j = 0; j < 8; j++) acc[r][j] += p[r][c] * v[j];
      }
    }
  }

  // One tile: queries [first, first + rows) of the chunk (n tokens at position `start` and on), one head. qkv: [n][qkv_row], att:
  // [n][n_heads head_dim]; k and v: the kv head's part of the cache.
  LLMC_HOT LLMC_FN static void run(const f32* qkv, u32 qkv_row, f32* att, const u16* k, const u16* v, u32 head, u32 first, u32 start, u32 n, u8* shared) {
    Shared& s = *(Shared*)shared;
    const f32 scale = log2_e * prim::rsqrt((f32)head_dim);
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < rows * head_dim / 4; i += attention_threads) {
      const u32 row = i / (head_dim / 4), d = i % (head_dim / 4) * 4;
      const f32x4 q = *(const f32x4*)(qkv + (u64)prim::min(first + row, n - 1) * qkv_row + head * head_dim + d);
      *(f32x4*)&s.q[row][d] = q * scale;
    }
    f32 acc[rows_per_team][8], top = lowest, sum = 0;
    LLMC_UNROLL for (u32 r = 0; r < rows_per_team; r++)
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) acc[r][j] = 0;
    const u32 row = prim::thread() / row_threads;
    const u32 end = start + prim::min(first + rows, n);  // positions that the tile's last query sees
    LLMC_GRID_STRIDE for (u32 position = 0; position < end; position += keys) {
      load_tile(s, k, v, position, end);
      prim::sync_block();
      scores(s);
      prim::sync_block();
      const u32 seen = start + first + row + 1;
      softmax(s, row, seen > position ? seen - position : 0, top, sum);
      prim::sync_block();
      weigh(s, acc);
      prim::sync_block();
    }
    if (prim::thread() % row_threads == 0) s.sum[row] = sum;
    prim::sync_block();
    const u32 chunk = prim::thread() % team;
    LLMC_UNROLL for (u32 r = 0; r < rows_per_team; r++) {
      const u32 mine = prim::thread() / team + r * teams;
      if (chunk < chunks && first + mine < n) {
        const f32 inverse = 1.0f / s.sum[mine];
        f32* out = att + (u64)(first + mine) * S::n_heads * head_dim + head * head_dim + 8 * chunk;
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) out[j] = acc[r][j] * inverse;
      }
    }
    prim::sync_block();
  }
};

}  // namespace llmc::prefill
