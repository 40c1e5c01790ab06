// Attention of one new token on matrix instructions (prim/mma.h), K and V in shared memory.
//
// A workgroup takes a piece of the context of one kv head, for all query heads of its group, or for a part of up to 8 of them. Asynchronous copies
// bring the piece's rows of K and V to shared memory before the token's q is waited for: they need no registers, and the looks at q do not
// queue behind loads. A row stands there as in the cache (cache_layout.h).
//
// The positions are cut into tiles of 16. Scores are K (16 positions x head_dim) times q, a wave a tile or two; then all waves bring their scores
// to the workgroup's maximum and leave the weights, in f16, in shared memory; then each wave sums 8 elements of all heads over all
// positions: weights times V. So no wave's sums have to be added to another's. A piece with more tiles than fit is done in rounds, with an
// online softmax (base 2) from one to the next; a wave asks for its next K as soon as it has its scores.
//
// Pieces are brought together as attention_pieces.h says.
#pragma once
#include "kernels/gpu/attention.h"
#include "kernels/gpu/cache_place.h"
#include "kernels/gpu/workspace.h"
#include "kernels/prim/async_copy.h"
#include "kernels/split.h"

namespace llmc::attention {

// S: as for Decode, `tiles`, how many fit into shared memory, and whether there are `bulk_copies`. Link as for Decode.
template <class S, class Link>
struct Tiles {
  static constexpr u32 head_dim = S::head_dim, kv_heads = S::n_kv_heads, group = S::n_heads / S::n_kv_heads;
  static constexpr u32 heads = attn_split::heads_per_part(group, attn_split::matrix_heads), parts = attn_split::parts(group, attn_split::matrix_heads);
  using Base = Decode<S, Link, heads>;
  using Merge = Pieces<S, Link, heads>;
  using Buffers = typename Base::Buffers;
  static constexpr u32 waves = S::threads / prim::kWave, rows = 16, capacity = S::tiles * rows;
  static constexpr u32 row_bytes = 2 * head_dim;
  // Behind the partial sums of the phase before, which may still be read when the first copies are asked for.
  static constexpr u32 memory_offset = input_offset;
  static constexpr u32 blocks = head_dim / 8, my_blocks = (blocks + waves - 1) / waves;  // of 8 elements
  static constexpr u32 most_tiles = (S::tiles + waves - 1) / waves;                       // of a wave
  static_assert(head_dim % 32 == 0 && S::n_heads % S::n_kv_heads == 0 && waves % 8 == 0);

  using Copies = prim::WaveCopies<S::bulk_copies>;
  typedef f32 Pair __attribute__((ext_vector_type(2)));

  struct Shared {
    u16 q[heads][head_dim + 8];  // rows start in different banks
    u16 newest[2][head_dim];     // the new token's k and v
    union {
      u16 weights[heads][capacity + 8];
      typename Merge::Shared merge;
    };
    alignas(16) f32 wave_top[waves][8];  // so that k and v are: copies and matrix loads ask for it
    f32 wave_sum[waves][8];
    u16 k[capacity][head_dim], v[capacity][head_dim];
    LLMC_FN void set_q(u32 head, u32 i, f32 value) { q[head][i] = prim::float_to_half(value); }
    static LLMC_FN u32 place(u32 position, u32 i) { return cache_place<head_dim>(position, i); }
  };
  static_assert(__builtin_offsetof(Shared, k) % 16 == 0 && memory_offset % 16 == 0);

  // A worker's piece of the context: positions begin .. end - 1, for part `part` of a kv head's group.
  struct Work {
    u32 kv_head, part, piece, pieces, begin, end;
  };
  LLMC_FN static u32 pieces_of(u32 pos, u32 workers) { return attn_split::pieces(pos + 1, workers, kv_heads * parts, capacity); }
  LLMC_FN static Work work_of(u32 item, u32 pieces, u32 pos) {
    const u32 lane = item / pieces, piece = item % pieces;
    return {lane / parts, lane % parts, piece, pieces, attn_split::piece_begin(piece, pieces, pos + 1), attn_split::piece_begin(piece + 1, pieces, pos + 1)};
  }

  // In the workgroup's scratch: the barriers of each wave's copies of K and of V; how many rounds they have seen, whose parity is what the next is
  // waited for with; and the worker's first piece: the divisions that it takes are done once a token.
  struct Start {
    u64 k[waves], v[waves];
    u32 rounds;
    Work work;
  };
  LLMC_FN static Start& start() { return *(Start*)(prim::shared() + attention_start_offset); }
  // Once a launch; the workgroup synchronises before run().
  LLMC_FN static void begin(u32 pos, u32 worker, u32 workers) {
    static_assert(sizeof(Start) <= attention_start_bytes);
    Start& all = start();
    if (prim::lane() == 0) {
      Copies::init(&all.k[prim::wave()]);
      Copies::init(&all.v[prim::wave()]);
    }
    if (prim::thread() == 0) {
      all.rounds = 0;
      all.work = work_of(worker, pieces_of(pos, workers), pos);
    }
  }

  // The lane's number, its wave's, and 4 g + t = lane: its place in a fragment. Read once; what is asked of the hardware takes as long as a load.
  struct Lane {
    u32 lane, wave, g, t;
  };
  LLMC_FN static Lane this_lane() {
    const u32 lane = prim::lane();
    return {lane, prim::wave(), lane / 4, lane % 4};
  }
  // Where chunk `chunk` of the row of `position` stands in it, in elements.
  LLMC_FN static u32 chunk_place(u32 position, u32 chunk) { return Shared::place(position, 8 * chunk); }

  // A round of a piece: positions first .. end - 1, of which those below `cached` are in the cache; row 0 of the tiles is position `first`. The wave
  // has rows begin .. limit - 1.
  struct Round {
    u32 first, end, cached, begin, limit;
  };
  // `tiles`: over which the waves are spread.
  LLMC_FN static Round round_at(u32 first, u32 end, u32 pos, u32 tiles, u32 wave) {
    const Range mine = split(tiles, waves, wave);
    end = prim::min(end, first + capacity);
    return {first, end, prim::min(end, pos), rows * mine.begin, rows * mine.end};
  }
  LLMC_FN static void fetch(const Round& r, const u16* source, u16 (&to)[capacity][head_dim], u64* barrier, u32 lane) {
    const u32 limit = prim::min(r.limit, r.cached - r.first), bytes = r.begin < limit ? (limit - r.begin) * row_bytes : 0;
    Copies::copy((u8*)to[r.begin], (const u8*)(source + (u64)(r.first + r.begin) * head_dim), bytes, barrier, lane);
  }

  // The new token's rows, and zeros for the rest of the last tile's V, whose weights are zero. By the wave that has this tile.
  LLMC_FN static void finish_tile(Shared& s, const Round& r, u32 pos, u32 lane) {
    const u32 count = r.end - r.first, padded = (count + rows - 1) / rows * rows;
    if (r.begin >= count || r.limit < padded) return;
    if (pos < r.end && lane < blocks) {
      const u32 row = pos - r.first;
      *(u32x4*)&s.k[row][chunk_place(pos, lane)] = *(const u32x4*)&s.newest[0][8 * lane];
      *(u32x4*)&s.v[row][chunk_place(pos, lane)] = *(const u32x4*)&s.newest[1][8 * lane];
    }
    LLMC_GRID_STRIDE for (u32 i = lane; i < (padded - count) * blocks; i += prim::kWave) {
      *(u32x4*)&s.v[count + i / blocks][8 * (i % blocks)] = u32x4{0, 0, 0, 0};
    }
    prim::sync_wave();
  }

  // score[2 i + j]: of the tile's row 8 i + g and head 2 t + j. Two chains of products, so that one does not wait for the other.
  LLMC_FN static void tile_scores(f32 (&score)[4], const Shared& s, const u32 (&q)[head_dim / 32][4], u32 row, u32 position, u32 lane) {
    f32 other[4] = {};
    const u16* mine = s.k[row + lane % 16];
    const u32 first = chunk_place(position + lane % 16, lane / 16);  // an XOR with the chunk's number gives the others
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) score[i] = 0;
    LLMC_UNROLL for (u32 step = 0; step < head_dim / 32; step++) {
      u32 low[4], high[4];
      prim::load_matrices(low, mine + (first ^ 32 * step));
      prim::load_matrices(high, mine + (first ^ (32 * step + 16)));
      prim::mma_f16(score, low, q[step][0], q[step][1]);
      prim::mma_f16(other, high, q[step][2], q[step][3]);
    }
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) score[i] += other[i];
  }

  // Over the lanes of the same t.
  LLMC_FN static f32 max_of_rows(f32 v) {
    LLMC_UNROLL for (u32 m = 4; m < 32; m *= 2) v = prim::max(v, prim::shfl_xor(v, m));
    return v;
  }
  LLMC_FN static f32 sum_of_rows(f32 v) {
    LLMC_UNROLL for (u32 m = 4; m < 32; m *= 2) v += prim::shfl_xor(v, m);
    return v;
  }
  // What lanes of the same t have for heads 2 t and 2 t + 1, for head g.
  LLMC_FN static f32 of_my_head(const f32 (&v)[2], u32 g) {
    const f32 even = prim::shfl(v[0], g / 2), odd = prim::shfl(v[1], g / 2);
    return g % 2 == 0 ? even : odd;
  }

  // Adds weights times V: acc[b][j] is of head g, element 8 (wave + b waves) + 2 t + j. Two tiles at a time, in two chains of products; rows that are
  // 32 apart have their chunks at the same places.
  LLMC_FN static void add_values(f32 (&acc)[my_blocks][4], const Shared& s, const Round& r, const Lane& l) {
    const u32 tiles = (r.end - r.first + rows - 1) / rows;
    const u16* first_weights = &s.weights[prim::min(l.lane % 8, heads - 1)][l.lane / 8 * 8];
    LLMC_UNROLL for (u32 b = 0; b < my_blocks; b++) {
      const u32 block = l.wave + b * waves;
      if (blocks % waves != 0 && block >= blocks) break;
      const u16 *weights = first_weights, *values = s.v[l.lane] + chunk_place(r.first + l.lane, block);
      f32 other[4] = {};
      u32 w[4], v[4];
      LLMC_GRID_STRIDE for (u32 tile = 1; tile < tiles; tile += 2) {
        prim::load_matrices(w, weights);
        prim::load_transposed(v, values);
        const u32 first[4] = {w[0], 0, w[1], 0}, second[4] = {w[2], 0, w[3], 0};
        prim::mma_f16(acc[b], first, v[0], v[1]);
        prim::mma_f16(other, second, v[2], v[3]);
        weights += 2 * rows;
        values += 2 * rows * head_dim;
      }
      if (tiles % 2 != 0) {
        prim::load_matrices(w, weights);
        // Only the first half of each is used; of the weights the second may lie past the row.
        prim::load_transposed(v, values - l.lane / 16 * (16 * head_dim));
        const u32 first[4] = {w[0], 0, w[1], 0};
        prim::mma_f16(acc[b], first, v[0], v[1]);
      }
      LLMC_UNROLL for (u32 j = 0; j < 2; j++) acc[b][j] += other[j];
    }
  }

  // As Decode::run.
  template <class Ready>
  LLMC_HOT LLMC_FN static bool run(const Link& link, const Buffers& b, u32 pos, u32 ctx, u32 worker, u32 workers, u8* shared, Ready ready) {
    Shared& s = *(Shared*)shared;
    Start& all = start();
    const u32 items = kv_heads * parts * all.work.pieces;
    if (worker >= items) {
      // Before its waves ask for the next phase's weights, the last wave's q, k and v should be on their way.
      prim::sync_block();
      return true;
    }
    const Lane l = this_lane();
    u64 *key_barrier = &all.k[l.wave], *value_barrier = &all.v[l.wave];
    u32 done = all.rounds;
    Work work = all.work;
    LLMC_GRID_STRIDE for (u32 item = worker;;) {
      const u16* k = b.k + (u64)work.kv_head * ctx * head_dim;
      const u16* v = b.v + (u64)work.kv_head * ctx * head_dim;
      const u32 tiles = prim::min(S::tiles, (work.end - work.begin + rows - 1) / rows);
      Round r = round_at(work.begin, work.end, pos, tiles, l.wave);
      if (l.lane == 0) Copies::fence();
      fetch(r, k, s.k, key_barrier, l.lane);
      fetch(r, v, s.v, value_barrier, l.lane);
      Base::prepare(link, b, s, work.kv_head, work.part, pos, ctx, work.end > pos);
      prim::sync_block();
      ready();
      u32 q[head_dim / 32][4];
      LLMC_UNROLL for (u32 step = 0; step < head_dim / 32; step++) {
        prim::load_matrices(q[step], &s.q[prim::min(l.lane % 8, heads - 1)][32 * step + 8 * (l.lane / 8)]);
      }
      f32 top[2] = {lowest, lowest}, sum[2] = {0, 0}, acc[my_blocks][4] = {};
      LLMC_GRID_STRIDE for (;;) {
        const bool last = r.end == work.end;
        if (last) finish_tile(s, r, pos, l.lane);
        Copies::wait(key_barrier, done % 2);
        f32 score[most_tiles][4];
        f32 highest[2] = {lowest, lowest};
        LLMC_UNROLL for (u32 i = 0; i < most_tiles; i++) {
          const u32 row = r.begin + i * rows, position = r.first + row;
          if (row >= r.limit || position >= r.end) break;
          tile_scores(score[i], s, q, row, position, l.lane);
          LLMC_UNROLL for (u32 j = 0; j < 4; j++) {
            if (position + 8 * (j / 2) + l.g >= r.end) score[i][j] = lowest;
            highest[j % 2] = prim::max(highest[j % 2], score[i][j]);
          }
        }
        LLMC_UNROLL for (u32 j = 0; j < 2; j++) highest[j] = max_of_rows(highest[j]);
        if (l.g == 0) *(Pair*)&s.wave_top[l.wave][2 * l.t] = Pair{highest[0], highest[1]};
        Round next = r;
        if (!last) {
          next = round_at(r.end, work.end, pos, tiles, l.wave);
          prim::sync_wave();
          fetch(next, k, s.k, key_barrier, l.lane);
        }
        prim::sync_block();
        f32 shrink[2];
        LLMC_UNROLL for (u32 j = 0; j < 2; j++) highest[j] = top[j];
        LLMC_UNROLL for (u32 w = 0; w < waves; w += 8) {
          const Pair two = *(const Pair*)&s.wave_top[w + l.g][2 * l.t];
          LLMC_UNROLL for (u32 j = 0; j < 2; j++) highest[j] = prim::max(highest[j], two[j]);
        }
        LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
          highest[j] = max_of_rows(highest[j]);
          shrink[j] = prim::exp2(top[j] - highest[j]);
          top[j] = highest[j];
          sum[j] *= shrink[j];
        }
        LLMC_UNROLL for (u32 i = 0; i < most_tiles; i++) {
          const u32 row = r.begin + i * rows;
          if (row >= r.limit || r.first + row >= r.end) break;
          LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
            const f32 one = prim::exp2(score[i][j] - top[j]), two = prim::exp2(score[i][2 + j] - top[j]);
            sum[j] += one + two;
            if (2 * l.t + j >= heads) continue;
            u16* out = &s.weights[2 * l.t + j][row + l.g];
            out[0] = prim::float_to_half(one);
            out[8] = prim::float_to_half(two);
          }
        }
        if (last) {
          const Pair sums = {sum_of_rows(sum[0]), sum_of_rows(sum[1])};
          if (l.g == 0) *(Pair*)&s.wave_sum[l.wave][2 * l.t] = sums;
        }
        Copies::wait(value_barrier, done % 2);
        prim::sync_block();
        if (r.first != work.begin) {
          const f32 factor = of_my_head(shrink, l.g);
          LLMC_UNROLL for (u32 i = 0; i < my_blocks; i++)
            LLMC_UNROLL for (u32 j = 0; j < 2; j++) acc[i][j] *= factor;
        }
        add_values(acc, s, r, l);
        done++;
        if (last) break;
        prim::sync_block();
        fetch(next, v, s.v, value_barrier, l.lane);
        r = next;
      }
      write_piece(link, b, s, acc, of_my_head(top, l.g), work, l);
      if (work.pieces > 1) Merge::merge(link, b, s.merge, work.kv_head, work.part, work.piece, work.pieces);
      if (prim::thread() == 0) all.rounds = done;
      Copies::fence();  // weights are staged where this wrote (staging.h)
      prim::sync_block();
      if (link.failed()) return false;
      item += workers;
      if (item >= items) return true;
      prim::sync_block();  // all have seen that nothing failed
      work = work_of(item, work.pieces, pos);
    }
  }

  // Nothing: run() asks for all that fits before q is there, and what is asked for earlier delays the weights of the phase before.
  LLMC_FN static void prefetch(const Buffers&, u32, u32, u32, u32) {}

  // The sums into att (one piece) or into the piece's words. `top`: of head g.
  LLMC_FN static void write_piece(const Link& link, const Buffers& b, const Shared& s, const f32 (&acc)[my_blocks][4], f32 top, const Work& work,
                                  const Lane& l) {
    const u32 h = prim::min(l.g, Merge::heads_of(work.part) - 1), head = Merge::head_of(work.kv_head, work.part, h);
    f32 sum = 0;
    LLMC_UNROLL for (u32 w = 0; w < waves; w += 4) sum += s.wave_sum[w + l.t][h];
    sum = prim::wave_sum<4>(sum);
    const f32 inverse = prim::rcp(sum);
    LLMC_UNROLL for (u32 i = 0; i < my_blocks; i++) {
      const u32 block = l.wave + i * waves, d = 8 * block + 2 * l.t;
      if (blocks % waves != 0 && block >= blocks) continue;
      if (work.pieces == 1) {
        link.write_pair(b.att, head * head_dim + d, acc[i][0] * inverse, acc[i][1] * inverse, l.g == h);
      } else if (l.g == h) {
        Merge::put(link, b, head, work.piece, d, acc[i][0], acc[i][1], top, sum);
      }
    }
  }
};

}  // namespace llmc::attention
