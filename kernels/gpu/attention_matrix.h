// Attention of one new token on matrix instructions (prim/mma.h), for heads of up to 128 elements: all query heads of a kv head's group, or
// of a part of up to 8 of them, are the 8 columns.
//
// A wave takes tiles of 16 positions. Scores are K (16 positions x head_dim) times q, weights in f16 times V give head_dim x 8 sums. Each
// lane loads K and V in 16-byte pieces of what its fragments need: which element of a head stands in which row of a fragment does not
// matter, as long as K's and q's agree, so nothing has to pass through shared memory. The first tile is loaded before the token's q is
// waited for; for a piece of up to 16 tiles that is all there is to load.
//
// Each wave has an online softmax (base 2) of its own over its tiles; the waves of a piece, then the pieces (attention_pieces.h), are brought
// to the largest maximum and added.
#pragma once
#include "kernels/gpu/attention.h"
#include "kernels/prim/mma.h"

namespace llmc::attention {

template <class S>
constexpr bool by_matrix = prim::has_mma && S::head_dim <= 128;

// S and Link as for Decode.
template <class S, class Link>
struct Matrix {
  static constexpr u32 head_dim = S::head_dim, kv_heads = S::n_kv_heads, group = S::n_heads / S::n_kv_heads;
  static constexpr u32 heads = attn_split::heads_per_part(group, attn_split::matrix_heads), parts = attn_split::parts(group, attn_split::matrix_heads);
  using Base = Decode<S, Link, heads>;
  using Merge = Pieces<S, Link, heads>;
  using Buffers = typename Base::Buffers;
  static constexpr u32 waves = S::threads / prim::kWave, tile = 16, stride = tile * waves;
  static constexpr u32 key_runs = head_dim / 32;           // a lane's 16-byte pieces of a row of K
  static constexpr u32 value_runs = (head_dim + 63) / 64;  // the same of V
  static constexpr u32 q_pitch = head_dim + 32, sum_pitch = head_dim + 4;  // rows start in different banks

  struct Shared {  // up to `sums` in 16-byte units
    u16 q[heads][q_pitch];
    u16 k[head_dim], v[head_dim];  // the new token's
    union {
      f32 sums[waves][heads][sum_pitch];
      typename Merge::Shared merge;
    };
    f32 wave_top[waves][heads], wave_sum[waves][heads];
    f32 top[heads], sum[heads];  // of the piece
    LLMC_FN void set_q(u32 head, u32 i, f32 value) { q[head][i] = prim::float_to_half(value); }
  };

  // Lane 4 g + t: rows g and g + 8 of K, elements 32 run + 8 t on.
  struct Keys {
    u32x4 row[2][key_runs];
  };
  // One run of V: positions 2 t, 2 t + 1, 2 t + 8, 2 t + 9, elements 64 run + 8 g on. Of a tile's runs only the first is loaded early, with
  // K; all of them beside K and the sums would not fit into 128 registers.
  struct Values {
    u32x4 row[4];
  };
  // A wave's softmax for heads 2 t and 2 t + 1. acc[4 run + w]: elements 64 run + 8 g + 2 w and the next, of both heads.
  struct Running {
    f32 top[2], sum[2], acc[4 * value_runs][4];
  };

  LLMC_FN static u32 g() { return prim::lane() / 4; }
  LLMC_FN static u32 t() { return prim::lane() % 4; }
  LLMC_FN static u32 key_position(u32 base, u32 i) { return base + 8 * i + g(); }
  LLMC_FN static u32 value_position(u32 base, u32 i) { return base + 8 * (i / 2) + 2 * t() + i % 2; }
  LLMC_FN static bool has_values(u32 run) { return head_dim % 64 == 0 || 64 * run + 8 * g() < head_dim; }

  // What is cached of the tile that starts at `base`; `end`: of the cached positions of the piece.
  LLMC_FN static Keys load_keys(const u16* k, u32 base, u32 end) {
    Keys keys;
    LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
      const u32 position = key_position(base, i);
      LLMC_UNROLL for (u32 run = 0; run < key_runs; run++) {
        keys.row[i][run] = u32x4{0, 0, 0, 0};
        if (position < end) keys.row[i][run] = prim::load16(k + position * head_dim + 32 * run + 8 * t());
      }
    }
    return keys;
  }
  LLMC_FN static Values load_values(const u16* v, u32 run, u32 base, u32 end) {
    Values values;
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
      const u32 position = value_position(base, i);
      values.row[i] = u32x4{0, 0, 0, 0};
      if (position < end && has_values(run)) values.row[i] = prim::load16(v + position * head_dim + 64 * run + 8 * g());
    }
    return values;
  }
  // Asks for a tile of K or V, a line a lane.
  LLMC_FN static void expect(const u16* rows, u32 base, u32 end) {
    constexpr u32 lines = (head_dim + 63) / 64;  // of 128 bytes, of a row
    const u32 position = base + prim::lane() / lines;
    if (position < end && prim::lane() < tile * lines) prim::prefetch(rows + position * head_dim + 64 * (prim::lane() % lines));
  }
  // The new token's row, which is not in the cache yet.
  LLMC_FN static void take_newest(Keys& keys, const Shared& s, u32 base, u32 pos) {
    LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
      if (key_position(base, i) != pos) continue;
      LLMC_UNROLL for (u32 run = 0; run < key_runs; run++) keys.row[i][run] = *(const u32x4*)&s.k[32 * run + 8 * t()];
    }
  }
  LLMC_FN static void take_newest(Values& values, u32 run, const Shared& s, u32 base, u32 pos) {
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
      if (value_position(base, i) == pos && has_values(run)) values.row[i] = *(const u32x4*)&s.v[64 * run + 8 * g()];
    }
  }

  // score[2 i + j]: of key position i and head 2 t + j. Two chains of products, so that one does not wait for the other.
  LLMC_FN static void scores(f32 (&score)[4], const Keys& keys, const Shared& s) {
    f32 other[4] = {};
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) score[i] = 0;
    LLMC_UNROLL for (u32 run = 0; run < key_runs; run++) {
      const u32x4 q = *(const u32x4*)&s.q[prim::min(g(), heads - 1)][32 * run + 8 * t()], a = keys.row[0][run], b = keys.row[1][run];
      const u32 first[4] = {a[0], b[0], a[1], b[1]}, second[4] = {a[2], b[2], a[3], b[3]};
      prim::mma_f16(score, first, q[0], q[1]);
      prim::mma_f16(other, second, q[2], q[3]);
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
  // Words of two heads at position g become words of two positions, 2 t and 2 t + 1, of head g.
  LLMC_FN static u32 transposed(u32 word) {
    const u32 even = prim::shfl(word, 8 * t() + g() / 2), odd = prim::shfl(word, 8 * t() + 4 + g() / 2);
    return g() % 2 == 0 ? (even & 0xffffu) | odd << 16 : even >> 16 | (odd & 0xffff0000u);
  }

  // A tile's scores become weights, in `words` as the fragment that the values are multiplied with; `end`: of the piece. What was summed
  // before shrinks.
  LLMC_FN static void weigh(Running& run, f32 (&score)[4], u32 (&words)[2], u32 base, u32 end) {
    LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
      f32 top = run.top[j];
      LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
        if (key_position(base, i) >= end) score[2 * i + j] = lowest;
        top = prim::max(top, score[2 * i + j]);
      }
      top = max_of_rows(top);
      const f32 shrink = prim::exp2(run.top[j] - top);
      run.top[j] = top;
      run.sum[j] *= shrink;
      LLMC_UNROLL for (u32 a = 0; a < 4 * value_runs; a++) {
        run.acc[a][j] *= shrink;
        run.acc[a][2 + j] *= shrink;
      }
      LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
        score[2 * i + j] = prim::exp2(score[2 * i + j] - top);
        run.sum[j] += score[2 * i + j];
      }
    }
    LLMC_UNROLL for (u32 i = 0; i < 2; i++) words[i] = transposed(prim::float2_to_half2(score[2 * i], score[2 * i + 1]));
  }
  LLMC_FN static void add(Running& run, u32 r, const Values& values, const u32 (&words)[2]) {
    LLMC_UNROLL for (u32 w = 0; w < 4; w++) {
      u32 a[4];
      LLMC_UNROLL for (u32 i = 0; i < 2; i++) {
        const u32 even = values.row[2 * i][w], odd = values.row[2 * i + 1][w];
        a[2 * i] = (even & 0xffffu) | odd << 16;
        a[2 * i + 1] = even >> 16 | (odd & 0xffff0000u);
      }
      prim::mma_f16(run.acc[4 * r + w], a, words[0], words[1]);
    }
  }

  // As Decode::run.
  template <class Ready>
  LLMC_HOT LLMC_FN static bool run(const Link& link, const Buffers& b, u32 pos, u32 ctx, u32 worker, u32 workers, u8* shared, Ready ready) {
    Shared& s = *(Shared*)shared;
    const u32 pieces = attn_split::pieces(pos + 1, workers, kv_heads * parts);
    LLMC_GRID_STRIDE for (u32 item = worker; item < kv_heads * parts * pieces; item += workers) {
      const u32 lane_index = item / pieces, piece = item % pieces, kv_head = lane_index / parts, part_index = lane_index % parts;
      const u32 begin = attn_split::piece_begin(piece, pieces, pos + 1), end = attn_split::piece_begin(piece + 1, pieces, pos + 1);
      const u32 cached = prim::min(end, pos);
      const u16* k = b.k + (u64)kv_head * ctx * head_dim;
      const u16* v = b.v + (u64)kv_head * ctx * head_dim;
      u32 base = begin + tile * prim::wave();
      Keys keys = load_keys(k, base, cached);
      Values values = load_values(v, 0, base, cached);
      expect(v, base, cached);
      expect(k, base + stride, cached);
      expect(v, base + stride, cached);
      prim::sync_block();  // the shared memory was the phase's before, or the item's
      Base::prepare(link, b, s, kv_head, part_index, pos, ctx, piece == pieces - 1);
      prim::sync_block();
      ready();
      Running run = {{lowest, lowest}, {0, 0}, {}};
      LLMC_GRID_STRIDE for (; base < end; base += stride) {
        static_assert(attn_split::min_piece / 2 >= tile, "the new token is in no tile of a piece before the last");
        const bool newest = base + tile > pos;
        if (newest) take_newest(keys, s, base, pos);
        f32 score[4];
        u32 words[2];
        scores(score, keys, s);
        weigh(run, score, words, base, end);
        LLMC_UNROLL for (u32 r = 0; r < value_runs; r++) {
          if (r != 0) values = load_values(v, r, base, cached);
          if (newest) take_newest(values, r, s, base, pos);
          add(run, r, values, words);
        }
        if (base + stride >= end) continue;
        keys = load_keys(k, base + stride, cached);
        values = load_values(v, 0, base + stride, cached);
        expect(k, base + 2 * stride, cached);
        expect(v, base + 2 * stride, cached);
      }
      const u32 busy = prim::min(waves, (end - begin + tile - 1) / tile);
      add_waves(run, s, busy);
      write_piece(link, b, s, kv_head, part_index, piece, pieces, busy);
      if (pieces > 1) Merge::merge(link, b, s.merge, kv_head, part_index, piece, pieces);
      if (link.failed()) return false;
    }
    prim::sync_block();
    return true;
  }

  // Nothing: run() asks for all that it can hold before q is there, and what is asked for earlier delays the weights of the phase before.
  LLMC_FN static void prefetch(const Buffers&, u32, u32, u32, u32) {}

  // The sums of the first `busy` waves, which have tiles, into shared memory, all for the same maximum.
  LLMC_FN static void add_waves(const Running& run, Shared& s, u32 busy) {
    const u32 wave = prim::wave();
    f32 factor[2];
    LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
      const f32 sum = sum_of_rows(run.sum[j]);
      if (g() == 0 && 2 * t() + j < heads) {
        s.wave_top[wave][2 * t() + j] = run.top[j];
        s.wave_sum[wave][2 * t() + j] = sum;
      }
    }
    prim::sync_block();
    LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
      const u32 head = prim::min(2 * t() + j, heads - 1);
      f32 top = lowest, sum = 0;
      constexpr u32 rounds = (waves + 7) / 8;
      f32 tops[rounds];
      LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
        tops[i] = 8 * i + g() < busy ? s.wave_top[8 * i + g()][head] : lowest;
        top = prim::max(top, tops[i]);
      }
      top = max_of_rows(top);
      factor[j] = prim::exp2(run.top[j] - top);
      LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
        if (8 * i + g() < busy) sum += s.wave_sum[8 * i + g()][head] * prim::exp2(tops[i] - top);
      }
      sum = sum_of_rows(sum);
      if (prim::thread() < 4 && 2 * t() + j < heads) {
        s.top[head] = top;
        s.sum[head] = sum;
      }
    }
    if (wave < busy) {
      LLMC_UNROLL for (u32 r = 0; r < value_runs; r++) {
        LLMC_UNROLL for (u32 j = 0; j < 2; j++) {
          if (2 * t() + j >= heads || !has_values(r)) continue;
          f32* out = &s.sums[wave][2 * t() + j][64 * r + 8 * g()];
          LLMC_UNROLL for (u32 w = 0; w < 4; w += 2) {
            *(f32x4*)(out + 2 * w) = f32x4{run.acc[4 * r + w][j], run.acc[4 * r + w][2 + j], run.acc[4 * r + w + 1][j], run.acc[4 * r + w + 1][2 + j]} * factor[j];
          }
        }
      }
    }
    prim::sync_block();
  }

  // The sums into att (one piece) or into the piece's words.
  LLMC_FN static void write_piece(const Link& link, const Buffers& b, const Shared& s, u32 kv_head, u32 part_index, u32 piece, u32 pieces, u32 busy) {
    const u32 count = Merge::heads_of(part_index) * head_dim;
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i - prim::lane() < count; i += S::threads) {
      const u32 h = prim::min(i, count - 1) / head_dim, d = i % head_dim, head = Merge::head_of(kv_head, part_index, h);
      f32 value = 0;
      LLMC_UNROLL for (u32 w = 0; w < waves; w++) {
        if (w < busy) value += s.sums[w][h][d];
      }
      if (pieces == 1) {
        link.write(b.att + (u64)head * head_dim, d, value * prim::rcp(s.sum[h]), i < count);
      } else if (i < count) {
        Merge::put(link, b, head, piece, d, value, s.top[h], s.sum[h]);
      }
    }
  }
};

}  // namespace llmc::attention
