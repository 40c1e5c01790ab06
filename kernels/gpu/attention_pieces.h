// The pieces of a context brought together, for each query head: sum over the pieces of weight x weighted sum of values, divided by the
// sum of weight x sum of weights, where weight = 2^(the piece's maximum - the largest). Always added in the order that the number of
// pieces gives, so the result does not depend on timing.
//
// ThroughMemory: every piece puts its sums into memory and counts itself at the head; the worker that counts last merges all of them.
// Packets: nobody is last. All pieces of a part run at once, so each worker merges a share of the part's elements, and waits for the
// words of the other pieces that it needs, as for any vector: 16 bytes for two elements and the piece's maximum and sum of weights, so that one
// load brings all that a lane needs of a piece.
#pragma once
#include "kernels/attn_split.h"
#include "kernels/gpu/link.h"

namespace llmc::attention {

constexpr f32 lowest = -1e30f;  // finite, so that differences of two are numbers

// `heads`: query heads of a part of a group. Buffers: part, count and att of attention::Decode.
template <class S, class Link, u32 heads>
struct Pieces {
  static constexpr u32 head_dim = S::head_dim, group = S::n_heads / S::n_kv_heads, waves = S::threads / prim::kWave;

  struct Shared {  // of the worker that merges all
    f32 weights[heads][attn_split::max_pieces];
    f32 inverse_sum[heads];
    u32 last;
  };

  LLMC_FN static u32 head_of(u32 kv_head, u32 part_index, u32 h) { return kv_head * group + part_index * heads + h; }
  // A part may have fewer heads than the others.
  LLMC_FN static u32 heads_of(u32 part_index) { return prim::min(heads, group - part_index * heads); }

  // Elements d and d + 1 of a piece's weighted sums, d even; with them go the piece's maximum and its sum of weights.
  template <class Buffers>
  LLMC_FN static void put(const Link& link, const Buffers& b, u32 head, u32 piece, u32 d, f32 first, f32 second, f32 top, f32 sum) {
    if constexpr (Link::packets) {
      // All that counts is that the sums are relative to what arrives.
      const f32 arrives = Link::as_packed(top), factor = prim::exp2(top - arrives);
      link.put(b.part, pair_slot(head, piece, d / 2), {first * factor, second * factor, arrives, sum * factor});
    } else {
      prim::store_coherent((u64*)(b.part + slot(head, piece, d)), (u64)prim::bits(first) | (u64)prim::bits(second) << 32);
      if (d == 0) prim::store_coherent((u64*)(b.part + slot(head, piece, head_dim)), (u64)prim::bits(top) | (u64)prim::bits(sum) << 32);
    }
  }

  // Called when the piece's words were put. All threads.
  template <class Buffers>
  LLMC_FN static void merge(const Link& link, const Buffers& b, Shared& s, u32 kv_head, u32 part_index, u32 piece, u32 pieces) {
    if constexpr (Link::packets) {
      merge_share(link, b, kv_head, part_index, piece, pieces);
    } else {
      merge_if_last(link, b, s, kv_head, part_index, pieces);
    }
  }

 private:
  // Where word `d` of a piece's row stands: the weighted sums, then the maximum and the sum of weights.
  LLMC_FN static u32 slot(u32 head, u32 piece, u32 d) { return (head * attn_split::max_pieces + piece) * (head_dim + 2) + d; }
  // The same for a pair, in words of 16 bytes.
  LLMC_FN static u32 pair_slot(u32 head, u32 piece, u32 pair) { return (head * attn_split::max_pieces + piece) * (head_dim / 2) + pair; }

  // The `piece`-th share of the part's elements, in fours. A lane has two neighbours of some of the pieces; a wave has at least four elements, and more
  // where pieces are few.
  template <class Buffers>
  LLMC_FN static void merge_share(const Link& link, const Buffers& b, u32 kv_head, u32 part_index, u32 piece, u32 pieces) {
    constexpr u32 flight = 2;
    u32 lanes = prim::kWave / 2;  // of a pair
    LLMC_GRID_STRIDE while (lanes / 2 >= pieces) lanes /= 2;
    const u32 fours = heads_of(part_index) * head_dim / 4, at_once = prim::kWave / lanes;
    const u32 begin = 2 * attn_split::piece_begin(piece, pieces, fours), end = 2 * attn_split::piece_begin(piece + 1, pieces, fours);
    const u32 mine = prim::lane() / at_once;
    LLMC_GRID_STRIDE for (u32 next = begin + prim::wave() * at_once; next < end; next += waves * at_once) {
      const u32 pair = next + prim::lane() % at_once, d = 2 * pair % head_dim, head = head_of(kv_head, part_index, 2 * pair / head_dim);
      f32 top = lowest, sum = 0, value[2] = {0, 0};
      LLMC_GRID_STRIDE for (u32 first = 0; first < pieces; first += flight * lanes) {
        u32 slots[flight];
        bool valid[flight];
        f32x4 word[flight];
        LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
          const u32 p = first + i * lanes + mine;
          valid[i] = pair < end && p < pieces;
          slots[i] = pair_slot(head, p, d / 2);
        }
        link.take(b.part, slots, valid, word);
        LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
          if (!valid[i]) continue;
          const f32 highest = prim::max(top, word[i][2]), shrink = prim::exp2(top - highest), weight = prim::exp2(word[i][2] - highest);
          LLMC_UNROLL for (u32 j = 0; j < 2; j++) value[j] = value[j] * shrink + word[i][j] * weight;
          sum = sum * shrink + word[i][3] * weight;
          top = highest;
        }
      }
      f32 highest = top;
      LLMC_GRID_STRIDE for (u32 m = at_once; m < prim::kWave; m *= 2) highest = prim::max(highest, prim::shfl_xor(highest, m));
      const f32 weight = prim::exp2(top - highest);
      sum *= weight;
      LLMC_UNROLL for (u32 j = 0; j < 2; j++) value[j] *= weight;
      LLMC_GRID_STRIDE for (u32 m = at_once; m < prim::kWave; m *= 2) {
        sum += prim::shfl_xor(sum, m);
        LLMC_UNROLL for (u32 j = 0; j < 2; j++) value[j] += prim::shfl_xor(value[j], m);
      }
      const f32 inverse = prim::rcp(sum);
      link.write_pair(b.att, head * head_dim + d, value[0] * inverse, value[1] * inverse, pair < end && prim::lane() < at_once);
    }
  }

  template <class Buffers>
  LLMC_FN static void merge_if_last(const Link& link, const Buffers& b, Shared& s, u32 kv_head, u32 part_index, u32 pieces) {
    prim::fence_device();
    prim::sync_block();
    u32* count = b.count + head_of(kv_head, part_index, 0);
    if (prim::thread() == 0) {
      s.last = prim::atomic_add_acq_rel(count, 1) == pieces - 1;
      if (s.last) prim::store_coherent(count, 0u);
    }
    prim::sync_block();
    if (!s.last) return;
    prim::fence_device();
    // Weights of the pieces, a wave a head.
    constexpr u32 rounds = attn_split::max_pieces / prim::kWave;
    LLMC_GRID_STRIDE for (u32 h = prim::wave(); h < heads_of(part_index); h += waves) {
      const f32* in = b.part + slot(head_of(kv_head, part_index, h), 0, head_dim);
      f32 top[rounds], sum = 0, highest = lowest;
      LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
        u32 piece = i * prim::kWave + prim::lane();
        top[i] = piece < pieces ? prim::load_coherent(in + (u64)piece * (head_dim + 2)) : lowest;
        highest = prim::max(highest, top[i]);
      }
      highest = prim::wave_max(highest);
      LLMC_UNROLL for (u32 i = 0; i < rounds; i++) {
        u32 piece = i * prim::kWave + prim::lane();
        f32 weight = piece < pieces ? prim::exp2(top[i] - highest) : 0.0f;
        s.weights[h][piece] = weight;
        if (piece < pieces) sum += weight * prim::load_coherent(in + (u64)piece * (head_dim + 2) + 1);
      }
      sum = prim::wave_sum(sum);
      if (prim::lane() == 0) s.inverse_sum[h] = 1.0f / sum;
    }
    prim::sync_block();
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < heads_of(part_index) * head_dim; i += S::threads) {
      const u32 h = i / head_dim, d = i % head_dim, head = head_of(kv_head, part_index, h);
      const f32* in = b.part + slot(head, 0, d);
      f32 value = 0;
      LLMC_GRID_STRIDE for (u32 piece = 0; piece < pieces; piece += 8) {
        f32 x[8];
        LLMC_UNROLL for (u32 j = 0; j < 8; j++)
          x[j] = prim::load_coherent(in + (u64)prim::min(piece + j, pieces - 1) * (head_dim + 2));
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) value += s.weights[h][piece + j] * x[j];
      }
      prim::store_coherent(b.att + (u64)head * head_dim + d, value * s.inverse_sum[h]);
    }
  }
};

}  // namespace llmc::attention
