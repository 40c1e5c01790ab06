// Attention of one new token, split over the context.
//
// A row of K is read by a team of lanes, 16 bytes each, and several rows are in flight. All query heads of a kv head's group (or a
// part of a large group) meet each row, so K and V are read once. Every team keeps an online softmax of its own (maximum, sum and
// weighted sum of values, base 2); teams are merged at the end of a piece, first over the wave, then over the workgroup, and pieces as
// attention_pieces.h says.
//
// The row of the new token never goes through memory: the workers that hold the last piece rotate k themselves, and one of them
// appends it. Nobody reads the cache at the new position.
#pragma once
#include "kernels/gpu/attention_pieces.h"
#include "kernels/gpu/rope.h"
#include "kernels/gpu/workspace.h"

namespace llmc::attention {

constexpr f32 log2_e = 1.4426950408889634f;

template <class S>
constexpr u32 heads_per_part = attn_split::heads_per_part(S::n_heads / S::n_kv_heads, attn_split::max_heads(S::head_dim, prim::lane_registers));

// S, the shape: n_heads, n_kv_heads, head_dim, threads, and what rope::prepare_row asks. Link: how q, k, v come and att goes (link.h).
// `heads`: query heads of a group that a workgroup computes together.
template <class S, class Link, u32 heads = heads_per_part<S>>
struct Decode {
  static constexpr u32 head_dim = S::head_dim, kv_heads = S::n_kv_heads, group = S::n_heads / S::n_kv_heads;
  static constexpr u32 parts = (group + heads - 1) / heads;
  static constexpr u32 chunks = head_dim / 8;  // 16-byte pieces of a row
  static constexpr u32 team = chunks <= 4 ? 4 : chunks <= 8 ? 8 : chunks <= 16 ? 16 : 32;  // lanes that read a row
  static constexpr u32 width = team * 8;       // head_dim padded to the team
  static constexpr u32 teams = S::threads / team, waves = S::threads / prim::kWave;
  static constexpr u32 flight = 2;  // rows of K and V in flight for a team
  static constexpr u32 memory_offset = scratch_bytes;  // where Shared may begin in the workgroup's memory
  static constexpr u32 row = width + 2;              // of the merge: weighted sums, maximum, sum
  static_assert(head_dim % 32 == 0 && head_dim <= 256 && S::n_heads % S::n_kv_heads == 0);
  using Merge = Pieces<S, Link, heads>;

  struct Shared {
    f32 q[heads][width];
    u16 newest[2][width];  // the new token's k and v
    union {
      f32 sums[waves][heads][row];
      typename Merge::Shared merge;
    };
    f32 wave_weight[heads][waves], top[heads], sum[heads];  // of a piece
    LLMC_FN void set_q(u32 head, u32 i, f32 value) { q[head][i] = value; }
    static LLMC_FN u32 place(u32, u32 i) { return i; }
  };

  struct Buffers {
    const f32* qkv;  // of the token: q, k, v concatenated; read through the link
    f32* att;        // [n_heads][head_dim]; written through the link
    f32* part;       // [n_heads][max_pieces][head_dim + 2] words of a piece (attention_pieces.h)
    u32* count;      // [n_heads], zero before and after
    u16* k;          // the layer's cache, f16: [kv head][ctx][head_dim]
    u16* v;
    const f32* q_norm;  // [head_dim], where S::qk_norm
    const f32* k_norm;
  };

  struct Running {
    f32 top[heads], sum[heads], acc[heads][8];
  };

  // Takes `rows` rows into the running softmax; valid[i] tells whether row i counts for this team. Called by whole waves.
  template <u32 rows>
  LLMC_FN static void accumulate(Running& run, const Shared& s, const u32x4 (&k)[rows], const u32x4 (&v)[rows], const bool (&valid)[rows]) {
    u32 chunk = prim::lane() % team;
    f32 p[rows][heads];
    f32 key[rows][8];
    LLMC_UNROLL for (u32 i = 0; i < rows; i++) unpack(key[i], k[i]);
    LLMC_UNROLL for (u32 h = 0; h < heads; h++) {
      f32x4 low = *(const f32x4*)&s.q[h][chunk * 8], high = *(const f32x4*)&s.q[h][chunk * 8 + 4];
      f32 top = run.top[h];
      LLMC_UNROLL for (u32 i = 0; i < rows; i++) {
        f32 dot = 0;
        LLMC_UNROLL for (u32 j = 0; j < 4; j++) dot += low[j] * key[i][j];
        LLMC_UNROLL for (u32 j = 0; j < 4; j++) dot += high[j] * key[i][4 + j];
        p[i][h] = prim::wave_sum<team>(dot);
        if (valid[i]) top = prim::max(top, p[i][h]);
      }
      f32 shrink = prim::exp2(run.top[h] - top);
      run.top[h] = top;
      run.sum[h] *= shrink;
      LLMC_UNROLL for (u32 i = 0; i < rows; i++) {
        p[i][h] = valid[i] ? prim::exp2(p[i][h] - top) : 0.0f;
        run.sum[h] += p[i][h];
      }
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[h][j] *= shrink;
      asm volatile("" ::: "memory");  // or the reads of q for all heads are moved up here, which takes 32 registers
    }
    LLMC_UNROLL for (u32 i = 0; i < rows; i++) {
      f32 value[8];
      unpack(value, v[i]);
      LLMC_UNROLL for (u32 h = 0; h < heads; h++)
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[h][j] += p[i][h] * value[j];
    }
  }

  LLMC_FN static void unpack(f32 (&out)[8], u32x4 raw) {
    LLMC_UNROLL for (u32 j = 0; j < 4; j++) {
      prim::Float2 two = prim::half2_to_float2(raw[j]);
      out[2 * j] = two.x;
      out[2 * j + 1] = two.y;
    }
  }

  // q of the part's heads into shared memory, times 1 / sqrt(head_dim) and log2(e); for the last piece also the new k and v, which
  // the worker of part 0 appends to the cache at `pos`. A wave makes one row at a time.
  // `Memory` has set_q, newest and place (of an element in its row of the cache) as Shared does.
  template <class Memory>
  LLMC_FN static void prepare(const Link& link, const Buffers& b, Memory& s, u32 kv_head, u32 part_index, u32 pos, u32 ctx, bool has_new) {
    const f32 scale = log2_e * prim::rsqrt((f32)head_dim);
    LLMC_GRID_STRIDE for (u32 r = prim::wave(); r < heads + (has_new ? 2 : 0); r += waves) {
      // One code for q, k and v, which is a row that is neither normed nor rotated.
      const bool is_q = r < heads, is_k = r == heads;
      const u32 in_group = prim::min(part_index * heads + r, group - 1);  // a part may have fewer heads than the others
      const u32 row_of_qkv = is_q ? kv_head * group + in_group : S::n_heads + (is_k ? 0 : kv_heads) + kv_head;
      u16* cache = (is_k ? b.k : b.v) + ((u64)kv_head * ctx + pos) * head_dim;
      rope::prepare_row<S>(link, b.qkv + (u64)row_of_qkv * head_dim, is_q ? b.q_norm : is_k ? b.k_norm : nullptr, is_q || is_k ? pos : 0,
                           is_q ? scale : 1.0f, [&](u32 i, f32 value) LLMC_INLINED {
                             if (is_q) {
                               s.set_q(r, i, value);
                             } else {
                               const u16 half = prim::float_to_half(value);
                               s.newest[is_k ? 0 : 1][i] = half;
                               if (part_index == 0) cache[Memory::place(pos, i)] = half;
                             }
                           });
    }
  }

  // Attention of the token at `pos`: att is written, k and v are appended. Called by all threads of all workgroups of the launch;
  // `ctx` is the cache's length. ready() is called when q, k and v are there. False: a wait ran into its limit.
  template <class Ready>
  LLMC_HOT LLMC_FN static bool run(const Link& link, const Buffers& b, u32 pos, u32 ctx, u32 worker, u32 workers, u8* shared, Ready ready) {
    Shared& s = *(Shared*)shared;
    const u32 pieces = attn_split::pieces(pos + 1, workers, kv_heads * parts);
    LLMC_GRID_STRIDE for (u32 item = worker; item < kv_heads * parts * pieces; item += workers) {
      u32 lane_index = item / pieces, piece = item % pieces, kv_head = lane_index / parts, part_index = lane_index % parts;
      u32 begin = attn_split::piece_begin(piece, pieces, pos + 1), end = attn_split::piece_begin(piece + 1, pieces, pos + 1);
      bool has_new = piece == pieces - 1;
      const Flight first = load_flight(b, kv_head, begin, has_new ? pos : end, ctx);  // what is cached does not wait for q
      prim::sync_block();  // the shared memory was the phase's before, or the item's
      LLMC_GRID_STRIDE for (u32 i = prim::thread(); head_dim < width && i < heads * (width - head_dim); i += S::threads)
        s.q[i / (width - head_dim)][head_dim + i % (width - head_dim)] = 0;
      prepare(link, b, s, kv_head, part_index, pos, ctx, has_new);
      prim::sync_block();
      ready();
      stream_piece(b, s, kv_head, begin, end, pos, ctx, first);
      prim::sync_block();
      write_piece(link, b, s, kv_head, part_index, piece, pieces);
      if (pieces > 1) Merge::merge(link, b, s.merge, kv_head, part_index, piece, pieces);
      if constexpr (Link::packets) prim::sync_block();  // the merge may have waited
      if (link.failed()) return false;
    }
    prim::sync_block();
    return true;
  }

  LLMC_FN static void begin(u32, u32, u32) {}

  // Asks for the K and V that this worker will read to be brought into L2.
  LLMC_FN static void prefetch(const Buffers& b, u32 pos, u32 ctx, u32 worker, u32 workers) {
    const u32 pieces = attn_split::pieces(pos + 1, workers, kv_heads * parts);
    if (worker >= kv_heads * parts * pieces) return;
    const u32 kv_head = worker / pieces / parts, piece = worker % pieces;
    const u32 begin = attn_split::piece_begin(piece, pieces, pos + 1), end = attn_split::piece_begin(piece + 1, pieces, pos + 1);
    constexpr u32 most_lines = 1024;  // of 128 bytes, of K and of V
    const u64 offset = ((u64)kv_head * ctx + begin) * head_dim * 2;
    LLMC_GRID_STRIDE for (u32 line = prim::thread(); line < prim::min(most_lines, ((end - begin) * head_dim * 2 + 127) / 128); line += S::threads) {
      prim::prefetch((const u8*)b.k + offset + 128 * line);
      prim::prefetch((const u8*)b.v + offset + 128 * line);
    }
  }

  struct Flight {
    u32x4 key[flight], value[flight];
  };
  // The team's rows of the flight that starts at position `base`, as far as they are below `end`.
  LLMC_FN static Flight load_flight(const Buffers& b, u32 kv_head, u32 base, u32 end, u32 ctx) {
    const u32 chunk = prim::lane() % team, my_team = prim::thread() / team;
    const u8* k = (const u8*)(b.k + (u64)kv_head * ctx * head_dim) + chunk * 16;
    const u8* v = (const u8*)(b.v + (u64)kv_head * ctx * head_dim) + chunk * 16;
    Flight f;
    LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
      const u32 position = base + i * teams + my_team;
      f.key[i] = f.value[i] = u32x4{0, 0, 0, 0};
      if (position < end && chunk < chunks) {
        f.key[i] = prim::load16(k + (u64)position * head_dim * 2);
        f.value[i] = prim::load16(v + (u64)position * head_dim * 2);
      }
    }
    return f;
  }

  // Positions begin .. end - 1; position `pos` is the new token's and stands in shared memory.
  LLMC_FN static void stream_piece(const Buffers& b, Shared& s, u32 kv_head, u32 begin, u32 end, u32 pos, u32 ctx, Flight f) {
    const u32 chunk = prim::lane() % team, my_team = prim::thread() / team;
    Running run;
    LLMC_UNROLL for (u32 h = 0; h < heads; h++) {
      run.top[h] = lowest;
      run.sum[h] = 0;
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[h][j] = 0;
    }
    LLMC_GRID_STRIDE for (u32 base = begin; base < end; base += teams * flight) {
      const Flight next = load_flight(b, kv_head, base + teams * flight, prim::min(end, pos), ctx);
      bool valid[flight];
      LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
        const u32 position = base + i * teams + my_team;
        valid[i] = position < end;
        if (position == pos && chunk < chunks) {
          f.key[i] = *(const u32x4*)&s.newest[0][chunk * 8];
          f.value[i] = *(const u32x4*)&s.newest[1][chunk * 8];
        }
      }
      accumulate<flight>(run, s, f.key, f.value, valid);
      f = next;
    }
    // Teams of the wave.
    LLMC_UNROLL for (u32 h = 0; h < heads; h++) {
      f32 top = run.top[h];
      LLMC_UNROLL for (u32 m = team; m < prim::kWave; m *= 2) top = prim::max(top, prim::shfl_xor(top, m));
      f32 shrink = prim::exp2(run.top[h] - top), sum = run.sum[h] * shrink;
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[h][j] *= shrink;
      LLMC_UNROLL for (u32 m = team; m < prim::kWave; m *= 2) {
        sum += prim::shfl_xor(sum, m);
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[h][j] += prim::shfl_xor(run.acc[h][j], m);
      }
      if (prim::lane() < team) {
        f32* out = s.sums[prim::wave()][h];
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) out[chunk * 8 + j] = run.acc[h][j];
        if (chunk == 0) {
          out[width] = top;
          out[width + 1] = sum;
        }
      }
    }
  }

  // The waves' sums into att (one piece) or into the piece's words.
  LLMC_FN static void write_piece(const Link& link, const Buffers& b, Shared& s, u32 kv_head, u32 part_index, u32 piece, u32 pieces) {
    // What each wave's sums count, a wave a head and a lane a wave.
    static_assert(waves <= prim::kWave);
    LLMC_GRID_STRIDE for (u32 h = prim::wave(); h < heads; h += waves) {
      const u32 w = prim::lane();
      const f32 mine = w < waves ? s.sums[w][h][width] : lowest;
      const f32 top = prim::wave_max(mine), weight = w < waves ? prim::exp2(mine - top) : 0.0f;
      const f32 sum = prim::wave_sum(w < waves ? s.sums[w][h][width + 1] * weight : 0.0f);
      if (w < waves) s.wave_weight[h][w] = weight;
      if (w == 0) {
        s.top[h] = top;
        s.sum[h] = sum;
      }
    }
    prim::sync_block();
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i - prim::lane() < heads * head_dim; i += S::threads) {
      const u32 h = i / head_dim, d = i % head_dim;
      const bool valid = i < Merge::heads_of(part_index) * head_dim;
      f32 value = 0;
      if (valid) {
        LLMC_UNROLL for (u32 w = 0; w < waves; w++) value += s.sums[w][h][d] * s.wave_weight[h][w];
      }
      const u32 head = Merge::head_of(kv_head, part_index, h);
      if (pieces == 1) {
        link.write(b.att, head * head_dim + d, value * prim::rcp(s.sum[valid ? h : 0]), valid);
        continue;
      }
      const f32 next = prim::shfl_xor(value, 1);
      if (valid && d % 2 == 0) Merge::put(link, b, head, piece, d, value, next, s.top[h], s.sum[h]);
    }
  }
};

}  // namespace llmc::attention
