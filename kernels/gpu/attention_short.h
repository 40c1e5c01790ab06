// Attention of one new token over a short context (attn_split::short_positions), made to be done soon: every query head has a worker of
// its own, which reads K and V for itself; so few rows come from L2 however often they are read. No matrix instructions: an H200 lowers the clock of
// a cluster of multiprocessors by 3% when one of them uses any, which short contexts notice (docs/performance.md).
//
// Every wave has rows of its own and softmax over them: the scores of all of them first, which do not depend on each other, then the weighted sum of
// the values. The waves' sums meet once, at the end. The rows of K and V are loaded before the token's q is waited for, since they do not depend
// on it.
#pragma once
#include "kernels/gpu/attention.h"
#include "kernels/gpu/cache_place.h"
#include "kernels/gpu/workspace.h"
#include "kernels/prim/async_copy.h"

namespace llmc::attention {

template <class S, class Link>
struct Short {
  using Base = Decode<S, Link, 1>;
  using Buffers = typename Base::Buffers;
  static constexpr u32 head_dim = Base::head_dim, kv_heads = Base::kv_heads, group = Base::group, chunks = Base::chunks, team = Base::team, width = Base::width;
  static constexpr u32 teams = Base::teams, waves = Base::waves, teams_of_wave = prim::kWave / team;
  // Rows of K and V in flight for a team: all of the context where the registers suffice.
  static constexpr u32 rows_of_team = (attn_split::short_positions + teams - 1) / teams, flight = rows_of_team < 6 ? rows_of_team : 6;
  static constexpr u32 memory_offset = scratch_bytes;
  // How long a worker without a head holds back where the phases of a token are one kernel: what it asks for next, the first weights of O, would be in
  // the way of q, K and V, and is there in time all the same. On an H200, F16: 1,400 and 2,400 cycles do as well, none and 3,400 are 0.7% slower.
  static constexpr u32 idle_cycles = 1800;

  struct Shared {
    f32 q[1][width];
    u16 newest[2][width];  // the new token's k and v
    f32 sums[waves][width], top[waves], sum[waves];
    LLMC_FN void set_q(u32 head, u32 i, f32 value) { q[head][i] = value; }
    static LLMC_FN u32 place(u32 position, u32 i) { return cache_place<head_dim>(position, i); }
  };

  // The rows of K (`source` = b.k) or V of a team: positions base + i teams + its number.
  struct Rows {
    u32x4 row[flight];
  };
  LLMC_FN static u32 my_team() { return prim::thread() / team; }
  LLMC_FN static u32 chunk() { return prim::lane() % team; }
  LLMC_FN static Rows load(const u16* source, u32 kv_head, u32 base, u32 pos, u32 ctx) {
    const u16* first = source + (u64)kv_head * ctx * head_dim;
    Rows rows;
    LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
      const u32 position = base + i * teams + my_team();
      rows.row[i] = u32x4{0, 0, 0, 0};
      if (position < pos && chunk() < chunks) rows.row[i] = prim::load16(first + (u64)position * head_dim + Shared::place(position, 8 * chunk()));
    }
    return rows;
  }
  // Whether any team of this wave has a row in round i.
  LLMC_FN static bool has_rows(u32 base, u32 i, u32 pos) { return base + i * teams + prim::wave() * teams_of_wave <= pos; }
  LLMC_FN static u32x4 row_of(const Rows& rows, u32 i, u32 position, u32 pos, const u16* newest) {
    return position == pos && chunk() < chunks ? *(const u32x4*)&newest[chunk() * 8] : rows.row[i];
  }

  // As Decode::run.
  template <class Ready>
  LLMC_HOT LLMC_FN static bool run(const Link& link, const Buffers& b, u32 pos, u32 ctx, u32 worker, u32 workers, u8* shared, Ready ready) {
    Shared& s = *(Shared*)shared;
    LLMC_GRID_STRIDE for (u32 head = worker; head < S::n_heads; head += workers) {
      const u32 kv_head = head / group;
      const Rows keys = load(b.k, kv_head, 0, pos, ctx), values = load(b.v, kv_head, 0, pos, ctx);
      prim::sync_block();  // the shared memory was the phase's before, or the head's
      if (head_dim < width && prim::thread() < width - head_dim) s.q[0][head_dim + prim::thread()] = 0;
      Base::prepare(link, b, s, kv_head, head % group, pos, ctx, true);
      prim::sync_block();
      ready();
      weigh(b, s, keys, values, kv_head, pos, ctx);
      prim::sync_block();
      const u32 lane = prim::lane();
      const f32 mine = lane < waves ? s.top[lane] : lowest, weight = prim::exp2(mine - prim::wave_max_of_numbers(mine));
      const f32 inverse = prim::rcp(prim::wave_sum(lane < waves ? weight * s.sum[lane] : 0.0f));
      LLMC_GRID_STRIDE for (u32 d = prim::thread(); d - prim::lane() < head_dim; d += S::threads) {
        const bool valid = d < head_dim;
        f32 value = 0;
        LLMC_UNROLL for (u32 w = 0; w < waves; w++) {
          const f32 share = prim::shfl(weight, w);
          if (valid) value += share * s.sums[w][d];
        }
        link.write(b.att, head * head_dim + d, value * inverse, valid);
      }
      if (link.failed()) return false;
    }
    if (worker < S::n_heads) prim::WaveCopies<S::bulk_copies>::fence();  // weights are staged where this wrote (staging.h)
    prim::sync_block();
    if (Link::packets && worker >= S::n_heads) prim::wait_cycles(idle_cycles);
    return true;
  }

  // Scores and weighted sums of the wave's rows.
  struct Running {
    f32 top, sum, acc[8];
  };

  LLMC_FN static void weigh(const Buffers& b, Shared& s, Rows keys, Rows values, u32 kv_head, u32 pos, u32 ctx) {
    Running run = {lowest, 0, {}};
    if (has_rows(0, 0, pos)) {
      add(s, run, keys, values, 0, pos);
      if constexpr (flight < rows_of_team) {
        LLMC_GRID_STRIDE for (u32 base = teams * flight; has_rows(base, 0, pos); base += teams * flight) {
          add(s, run, load(b.k, kv_head, base, pos, ctx), load(b.v, kv_head, base, pos, ctx), base, pos);
        }
      }
      LLMC_UNROLL for (u32 m = team; m < prim::kWave; m *= 2) {
        run.sum += prim::shfl_xor(run.sum, m);
        LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[j] += prim::shfl_xor(run.acc[j], m);
      }
    }
    if (prim::lane() < team) {
      f32* out = s.sums[prim::wave()];
      *(f32x4*)&out[chunk() * 8] = f32x4{run.acc[0], run.acc[1], run.acc[2], run.acc[3]};
      *(f32x4*)&out[chunk() * 8 + 4] = f32x4{run.acc[4], run.acc[5], run.acc[6], run.acc[7]};
    }
    if (prim::lane() == 0) {
      s.top[prim::wave()] = run.top;
      s.sum[prim::wave()] = run.sum;
    }
  }

  // Takes rows base + i teams + the team's number into `run`, whose `top` is the same for all teams of the wave.
  LLMC_FN static void add(const Shared& s, Running& run, const Rows& keys, const Rows& values, u32 base, u32 pos) {
    const f32x4 low = *(const f32x4*)&s.q[0][chunk() * 8], high = *(const f32x4*)&s.q[0][chunk() * 8 + 4];
    f32 score[flight], top = run.top;
    LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
      score[i] = lowest;
      if (!has_rows(base, i, pos)) continue;
      const u32 position = base + i * teams + my_team();
      f32 key[8], dot = 0;
      Base::unpack(key, row_of(keys, i, position, pos, s.newest[0]));
      LLMC_UNROLL for (u32 j = 0; j < 4; j++) dot += low[j] * key[j] + high[j] * key[4 + j];
      dot = prim::wave_sum<team>(dot);
      if (position <= pos) score[i] = dot;
      top = prim::max(top, score[i]);
    }
    LLMC_UNROLL for (u32 m = team; m < prim::kWave; m *= 2) top = prim::max(top, prim::shfl_xor(top, m));
    if constexpr (flight < rows_of_team) {
      const f32 shrink = prim::exp2(run.top - top);
      run.sum *= shrink;
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[j] *= shrink;
    }
    run.top = top;
    LLMC_UNROLL for (u32 i = 0; i < flight; i++) {
      if (!has_rows(base, i, pos)) continue;
      const f32 weight = prim::exp2(score[i] - top);
      f32 value[8];
      Base::unpack(value, row_of(values, i, base + i * teams + my_team(), pos, s.newest[1]));
      LLMC_UNROLL for (u32 j = 0; j < 8; j++) run.acc[j] += weight * value[j];
      run.sum += weight;
    }
  }
};

}  // namespace llmc::attention
