// The next token from the logits: penalties, top-k, top-p, min-p, temperature, one draw (abi::Sampler, llama.cpp's meaning).
//
// Every step after the penalties keeps a prefix of the candidates in descending order of (logit, lower id first). So a candidate is
// one integer, its order (sampling_order.h): the logit's bits made monotone, above the complement of the id; a prefix is a floor on that integer, and
// no two are equal. Masses (exp of logit - maximum) are integers too, in units of 2^-44 of the largest: sums do not depend on the
// order of adding, and the draw is the candidate in whose integer interval u * total falls. Everything is therefore deterministic.
//
// Pass 1, all workgroups: each applies the penalties to its part of the vocabulary and notes the best of every group of 128 logits. Pass 2,
// the workgroup that arrives last: the k-th best of those is a floor under the k best logits, so only groups whose best reaches it are
// read, again all at once. What is at or above the floor is ranked by counting what is before each, and prefix sums give each its place in
// the distribution. Without a top-k, and where more than 1,024 candidates are left, the last workgroup finds the floors over the whole
// vocabulary, by a radix descent of 10 bits at a time.
//
// The floor comes from a histogram of cells of an eighth of a logit, counted downwards from the best.
//
// What takes time is trips to L2 one after another (one in pass 1, two in pass 2), barriers, and instructions: all this runs once a
// token, so that they come from memory too. Hence numbers that depend on no logit are computed by one wave while the others wait, and one
// wave without barriers draws where it holds all candidates that are left, two in a lane.
#pragma once
#include "kernels/abi.h"
#include "kernels/gpu/philox.h"
#include "kernels/gpu/sampling_order.h"
#include "kernels/gpu/workspace.h"
#include "kernels/prim/prim.h"
#include "kernels/split.h"

#define LLMC_INLINED __attribute__((always_inline))  // a lambda that must not become a call, which would put its captures into memory

namespace llmc::sampling {

constexpr u32 digit_bits = 10, bins = 1 << digit_bits, levels = (32 + id_bits) / digit_bits;
constexpr u32 list_capacity = 1024;  // candidates that the last workgroup ranks
constexpr u32 team = 32;             // lanes that look at a group, in waves of 32 or 64
constexpr u32 group_size = 4 * team;
constexpr u32 cells = 256;
constexpr f32 log2_e = 1.4426950408889634f;

// S: vocab, threads.
template <class S>
struct Sample {
  static constexpr u32 threads = S::threads, waves = threads / prim::kWave, bins_per_thread = bins / threads;
  static constexpr u32 penalty_chunk = 2048;  // ids whose occurrences are counted together
  static_assert(S::vocab <= max_id + 1 && bins % threads == 0);

  static constexpr u32 groups = (S::vocab + group_size - 1) / group_size;

  // The buffer `sample`, 1 MiB. The counter is zero before and after.
  struct Scratch {
    u32 arrived;
    u32 unused[31];
    u64 best[groups];
  };
  static_assert(sizeof(Scratch) <= 1 << 20);

  static constexpr u32 state_words = sizeof(abi::State) / 4;
  static_assert(state_words <= threads);

  struct Shared {
    abi::State state;  // as it was at the start
    union {
      u32 occurrences[penalty_chunk];
      struct {
        u32 count[bins], low[bins], high[bins];
      };
      u64 sorted[list_capacity];
    };
    u64 order[list_capacity];
    u32 group[list_capacity];  // those that are read
    u64 wave_total[waves];
    u64 above;  // results of one thread for all
    u64 total;
    u64 chosen;
    u64 uniform;  // the draw
    u64 nucleus;  // top-p
    f32 heat;     // log2(e) / temperature
    f32 distance;  // of min-p, in logits
    u32 above_count, bin, bin_count, listed, grouped;
    enum Arrival : u32 { between, first, last } arrival;
  };

  LLMC_FN static Shared& shared() { return *(Shared*)(prim::shared() + scratch_bytes); }

  struct Buffers {
    f32* logits;
    Scratch* scratch;
    abi::State* state;
    i32* tokens;
    abi::Ring* ring;
    u32 ctx;
  };

  // ---- over a workgroup ----
  LLMC_FN static u64 shfl64(u64 v, u32 source) { return prim::shfl((u32)v, source) | (u64)prim::shfl((u32)(v >> 32), source) << 32; }
  LLMC_FN static u64 shfl64_xor(u64 v, u32 m) { return prim::shfl_xor((u32)v, m) | (u64)prim::shfl_xor((u32)(v >> 32), m) << 32; }

  // Of a wave's lanes up to and with this one.
  LLMC_FN static u64 wave_scan(u64 v) {
    const u32 thread = prim::thread(), lane = thread % prim::kWave;
    LLMC_UNROLL for (u32 d = 1; d < prim::kWave; d *= 2) {
      const u64 before = shfl64(v, (lane - d) & (prim::kWave - 1));
      if (lane >= d) v += before;
    }
    return v;
  }
  LLMC_FN static u64 wave_max(u64 v) {
    LLMC_UNROLL for (u32 m = 1; m < prim::kWave; m *= 2) {
      const u64 other = shfl64_xor(v, m);
      v = other > v ? other : v;
    }
    return v;
  }
  LLMC_APART static u64 block_max(u64 v) {
    const u32 thread = prim::thread(), lane = thread % prim::kWave, wave = thread / prim::kWave;
    Shared& s = shared();
    v = wave_max(v);
    if (lane == 0) s.wave_total[wave] = v;
    prim::sync_block();
    v = wave_max(lane < waves ? s.wave_total[lane] : 0);
    prim::sync_block();
    return v;
  }
  // The sum of the threads before; s.total: of all.
  LLMC_APART static u64 block_scan(u64 own) {
    const u32 thread = prim::thread(), lane = thread % prim::kWave, wave = thread / prim::kWave;
    Shared& s = shared();
    const u64 sum = wave_scan(own);
    if (lane == prim::kWave - 1) s.wave_total[wave] = sum;
    prim::sync_block();
    const u64 of_wave = lane < waves ? s.wave_total[lane] : 0;
    const u64 before = shfl64(wave_scan(of_wave) - of_wave, wave);
    if (thread == threads - 1) s.total = before + sum;
    prim::sync_block();
    return before + sum - own;
  }
  LLMC_FN static u64 block_sum(u64 v) {
    block_scan(v);
    return shared().total;
  }

  // The largest floor, on some digit boundary, such that the candidates at or above it count (by_mass: weigh) at least `target`,
  // which must be between 1 and the total. Ends early when at most `enough` candidates are at or above the floor, or when one candidate
  // is all that is left to tell apart; else the floor is exact. each(f) calls f(order) for the thread's candidates, each one once
  // over the workgroup.
  template <bool by_mass, class Each>
  LLMC_FN static u64 find_floor(Shared& s, Each each, Mass mass, u64 target, u32 enough) {
    const u32 thread = prim::thread();
    u64 prefix = 0, above = 0;
    u32 above_count = 0;
    LLMC_GRID_STRIDE for (u32 level = 0; level < levels; level++) {
      u32 shift = (levels - 1 - level) * digit_bits;
      LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
        u32 bin = i * threads + thread;
        s.count[bin] = 0;
        if (by_mass) s.low[bin] = s.high[bin] = 0;
      }
      prim::sync_block();
      each([&](u64 order) LLMC_INLINED {
        if (order >> digit_bits >> shift != prefix) return;
        u32 bin = (u32)(order >> shift) & (bins - 1);
        prim::shared_add(&s.count[bin], 1);
        if (by_mass) {  // 64-bit sum from 32-bit adds: the old value tells the carry
          u64 m = mass(order);
          u32 old = prim::shared_add(&s.low[bin], (u32)m);
          u32 carry = old + (u32)m < old;
          if ((u32)(m >> 32) + carry) prim::shared_add(&s.high[bin], (u32)(m >> 32) + carry);
        }
      });
      prim::sync_block();
      // Thread t owns the t-th group of bins from the top; sums of the groups before it by a scan.
      u64 own = 0;
      u32 own_count = 0;
      LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
        u32 bin = bins - 1 - (thread * bins_per_thread + i);
        own += by_mass ? s.low[bin] | (u64)s.high[bin] << 32 : s.count[bin];
        own_count += s.count[bin];
      }
      u64 before = above + block_scan(own);
      u32 before_count = by_mass ? above_count + (u32)block_scan(own_count) : (u32)before;
      if (before < target && target <= before + own) {
        bool found = false;
        LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
          u32 bin = bins - 1 - (thread * bins_per_thread + i);
          u64 here = by_mass ? s.low[bin] | (u64)s.high[bin] << 32 : s.count[bin];
          if (!found && before + here >= target) {
            found = true;
            s.bin = bin;
            s.bin_count = s.count[bin];
            s.above = before;
            s.above_count = before_count;
          }
          before += here;
          before_count += s.count[bin];
        }
      }
      prim::sync_block();
      prefix = prefix << digit_bits | s.bin;
      above = s.above;
      above_count = s.above_count;
      u32 bin_count = s.bin_count;
      prim::sync_block();
      if (bin_count == 1 || above_count + bin_count <= enough) return prefix << shift;
    }
    return prefix;
  }

  // ---- pass 1 ----

  LLMC_FN static u32 end_of(u32 group) { return prim::min(S::vocab, group * group_size); }
  // Whether a logit of a group is one of the vocabulary.
  LLMC_FN static bool inside(u32 id) { return S::vocab % group_size == 0 || id < S::vocab; }
  // Four logits from `id` on; from `end` on, that of a group or of the vocabulary, NaN.
  LLMC_FN static f32x4 load4(const f32* logits, u32 id, u32 end) {
    if (id + 4 <= end) return prim::load_coherent((const f32x4*)(logits + id));
    const f32 none = prim::from_bits(0x7FFFFFFF);
    f32x4 value = {none, none, none, none};
    if constexpr (S::vocab % 4 != 0) {
      LLMC_UNROLL for (u32 i = 0; i < 4; i++)
        if (id + i < end) value[i] = prim::load_coherent(logits + id + i);
    }
    return value;
  }
  LLMC_FN static u64 best_of(f32x4 value, u32 id) {
    u64 best = 0;
    LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
      const u64 order = inside(id + i) ? order_of(value[i], id + i) : 0;
      best = order > best ? order : best;
    }
    return best;
  }
  static constexpr u32 teams = threads / team;

  // How many tokens before `position` are penalised.
  LLMC_FN static u32 penalty_window(const abi::Sampler& p, u32 position) {
    if (p.repeat_penalty == 1 && p.frequency_penalty == 0 && p.presence_penalty == 0) return 0;
    return p.repeat_last_n < 0 ? position : prim::min((u32)p.repeat_last_n, position);
  }

  // repeat_penalty divides what is positive and multiplies what is not; frequency by the count, presence once. Apart, as draw_from_all() is: what the
  // usual draw runs, once a token and so from memory, lies together.
  LLMC_APART static void penalise(f32* logits, const i32* tokens, u32 window, u32 position, u32 begin, u32 end) {
    const u32 thread = prim::thread();
    Shared& s = shared();
    const abi::Sampler& p = s.state.sampler;
    LLMC_GRID_STRIDE for (u32 base = begin; base < end; base += penalty_chunk) {
      u32 count = prim::min(penalty_chunk, end - base);
      LLMC_GRID_STRIDE for (u32 i = thread; i < count; i += threads) s.occurrences[i] = 0;
      prim::sync_block();
      LLMC_GRID_STRIDE for (u32 i = thread; i < window; i += threads) {
        u32 id = (u32)tokens[position - window + i] - base;
        if (id < count) prim::shared_add(&s.occurrences[id], 1);
      }
      prim::sync_block();
      LLMC_GRID_STRIDE for (u32 i = thread; i < count; i += threads) {
        if (s.occurrences[i] == 0) continue;
        f32 logit = prim::load_coherent(logits + base + i);
        logit = logit > 0 ? logit / p.repeat_penalty : logit * p.repeat_penalty;
        logit -= (f32)s.occurrences[i] * p.frequency_penalty + p.presence_penalty;
        prim::store_coherent(logits + base + i, logit);
      }
      prim::fence_device();
      prim::sync_block();
    }
  }

  // The best of each of the groups [begin, end). `value`: the thread's logits of the first it looks at.
  LLMC_FN static void note_best(const Buffers& b, f32x4 value, u32 begin, u32 end) {
    const u32 thread = prim::thread();
    LLMC_GRID_STRIDE for (u32 base = begin; base < end; base += teams) {
      const u32 group = base + thread / team, id = group * group_size + thread % team * 4;
      if (base > begin) value = load4(b.logits, id, end_of(end));
      u64 best = best_of(value, id);
      LLMC_UNROLL for (u32 m = 1; m < team; m *= 2) {
        const u64 other = shfl64_xor(best, m);
        best = other > best ? other : best;
      }
      if (thread % team == 0 && group < end) prim::store_coherent(b.scratch->best + group, best);
    }
  }

  // ---- pass 2, one workgroup ----

  // What of a draw depends on no logit.
  LLMC_FN static void prepare_draw(Shared& s, u32 position) {
    const abi::Sampler& p = s.state.sampler;
    s.uniform = philox::uniform(p.seed, position);
    s.nucleus = p.top_p < 1 ? fraction(p.top_p) : 0;
    s.heat = log2_e / p.temp;
    s.distance = p.min_p > 0 ? prim::log2(p.min_p) * (1 / log2_e) : 0;
  }

  // The cell, counted downwards, in which the `want`-th candidate of s.count is; `cells` where there are fewer. Every wave for itself.
  LLMC_FN static u32 find_cell(const Shared& s, u32 want) {
    const u32 thread = prim::thread(), lane = thread % prim::kWave;
    constexpr u32 each_lane = cells / prim::kWave;
    u32 count[each_lane], sum = 0;
    LLMC_UNROLL for (u32 i = 0; i < each_lane; i++) sum += count[i] = s.count[lane * each_lane + i];
    u32 before = sum;
    LLMC_UNROLL for (u32 d = 1; d < prim::kWave; d *= 2) {
      const u32 other = prim::shfl(before, (lane - d) & (prim::kWave - 1));
      if (lane >= d) before += other;
    }
    const u64 reached = prim::ballot(before >= want);
    before -= sum;
    u32 cell = lane * each_lane;
    LLMC_UNROLL for (u32 i = 0; i < each_lane; i++) {
      before += count[i];
      cell += before < want;
    }
    return reached == 0 ? cells : prim::shfl(cell, (u32)__builtin_ctzll(reached));
  }

  LLMC_FN static void append(Shared& s, u64 order) {
    const u32 place = prim::shared_add(&s.listed, 1);
    if (place < list_capacity) s.order[place] = order;
  }

  // Puts the candidates down to a floor that leaves at least `want` into s.order. Returns how many, or more than the capacity.
  LLMC_FN static u32 gather(const Buffers& b, Shared& s, u32 want, u32 position) {
    const u32 thread = prim::thread();
    constexpr u32 held = (groups + threads - 1) / threads;
    u64 best[held], top = 0;
    LLMC_UNROLL for (u32 i = 0; i < held; i++) {
      const u32 group = i * threads + thread;
      best[i] = group < groups ? prim::load_coherent(b.scratch->best + group) : 0;
    }
    if (thread < cells) s.count[thread] = 0;
    if (thread == 0) s.listed = s.grouped = 0;
    if (thread == threads - 1) prepare_draw(s, position);
    LLMC_UNROLL for (u32 i = 0; i < held; i++) top = best[i] > top ? best[i] : top;
    const i32 top_cell = cell_of(block_max(top));
    LLMC_UNROLL for (u32 i = 0; i < held; i++) {
      const u32 below = (u32)(top_cell - cell_of(best[i]));
      if (best[i] != 0 && below < cells) prim::shared_add(&s.count[below], 1);
    }
    prim::sync_block();
    const u32 cell = find_cell(s, want);
    const u64 floor = cell < cells ? floor_of_cell(top_cell - (i32)cell) : 0;
    LLMC_UNROLL for (u32 i = 0; i < held; i++) {
      if (best[i] == 0 || best[i] < floor) continue;
      const u32 place = prim::shared_add(&s.grouped, 1);
      if (place < list_capacity) s.group[place] = i * threads + thread;
    }
    prim::sync_block();
    const u32 count = s.grouped;
    if (count > list_capacity) return count;
    const f32 least = floor == 0 ? prim::from_bits(0xFF800000) : logit_of(floor);
    // Eight lanes a group, so that a round of loads serves 64 groups.
    constexpr u32 lanes = 8, loads = group_size / (4 * lanes);
    LLMC_GRID_STRIDE for (u32 base = 0; base < count; base += threads / lanes) {
      const u32 i = base + thread / lanes;
      if (i >= count) break;
      const u32 first = s.group[i] * group_size + thread % lanes * 4;
      f32x4 value[loads];
      LLMC_UNROLL for (u32 l = 0; l < loads; l++) value[l] = load4(b.logits, first + l * lanes * 4, S::vocab);
      u32 hits = 0;
      LLMC_UNROLL for (u32 j = 0; j < 4 * loads; j++) {
        if (inside(first + j / 4 * lanes * 4 + j % 4) && !(value[j / 4][j % 4] < least)) hits |= 1u << j;
      }
      LLMC_GRID_STRIDE for (; hits != 0; hits &= hits - 1) {
        const u32 hit = (u32)__builtin_ctz(hits);
        f32 logit = 0;
        LLMC_UNROLL for (u32 j = 0; j < 4 * loads; j++) logit = j == hit ? value[j / 4][j % 4] : logit;
        append(s, order_of(logit, first + hit / 4 * lanes * 4 + hit % 4));
      }
    }
    prim::sync_block();
    return s.listed;
  }

  // The draw among the `n` candidates in s.order, the prefix of the whole order that holds the `best_k` best (or all of them).
  LLMC_FN static u32 draw_from_list(Shared& s, u32 n, u32 best_k) {
    const u32 thread = prim::thread(), wave = thread / prim::kWave;
    constexpr u32 each_thread = list_capacity / threads, lanes = 8;
    LLMC_GRID_STRIDE for (u32 base = 0; base < n; base += threads / lanes) {
      const u32 i = base + thread / lanes;
      const u64 order = i < n ? s.order[i] : ~0ull;
      i32 rank = 0;
      LLMC_GRID_STRIDE for (u32 j = thread % lanes; j < n; j += lanes) rank += s.order[j] > order;
      rank = prim::wave_sum<lanes>(rank);
      if (i < n && thread % lanes == 0) s.sorted[rank] = order;
    }
    prim::sync_block();
    const u32 k = prim::min(best_k, n), first = thread * each_thread;
    const bool alone = k <= prim::kWave * each_thread;  // one wave holds them all
    if (!alone || wave == 0) {
      const u64 best = s.sorted[0], least = min_p_floor(s.distance, best);
      u64 order[each_thread];
      bool kept[each_thread];
      LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) {
        kept[i] = first + i < k;
        order[i] = kept[i] ? s.sorted[first + i] : 0;
      }
      // Twice the same: what of the mass is before each candidate tells which ones top-p keeps; what of the heated mass of those, which is drawn.
      Mass weigh{best, log2_e};
      LLMC_GRID_STRIDE for (bool draw = false;; draw = true) {
        u64 mass[each_thread], own = 0;
        LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) own += mass[i] = kept[i] ? weigh(order[i]) : 0;
        u64 before, total;
        if (alone) {
          before = wave_scan(own);
          total = shfl64(before, prim::kWave - 1);
          before -= own;
        } else {
          before = block_scan(own);
          total = s.total;
        }
        const u64 part = draw ? s.uniform : s.nucleus;
        const u64 bound = draw || s.state.sampler.top_p < 1 ? multiply_high(total, part) : total;
        LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) {
          if (draw && before <= bound && bound < before + mass[i]) s.chosen = order[i];
          kept[i] = kept[i] && (first + i == 0 || (before < bound && order[i] >= least));
          before += mass[i];
        }
        if (draw) break;
        weigh.factor = s.heat;
      }
    }
    prim::sync_block();
    return id_of(s.chosen);
  }

  // p < 1 as a fraction 0.64.
  LLMC_FN static u64 fraction(f32 p) { return p > 0 ? (u64)(p * 18446744073709551616.0f) : 0; }
  // distance: of min-p below the best, in logits; 0 where it is off.
  LLMC_FN static u64 min_p_floor(f32 distance, u64 best) {
    if (!(distance < 0)) return 0;
    const u64 floor = (u64)monotone(logit_of(best) + distance) << id_bits;
    return floor < best ? floor : best;
  }

  // The same over the whole vocabulary, by descents.
  LLMC_APART static u32 draw_from_all(const f32* logits, u32 position) {
    Shared& s = shared();
    const abi::Sampler& p = s.state.sampler;
    auto all = [&](auto f) LLMC_INLINED {
      LLMC_GRID_STRIDE for (u32 base = 0; base < S::vocab; base += 4 * threads) {
        const u32 id = base + 4 * prim::thread();
        const f32x4 value = load4(logits, id, S::vocab);
        LLMC_UNROLL for (u32 i = 0; i < 4; i++)
          if (id + i < S::vocab) f(order_of(value[i], id + i));
      }
    };
    u64 best = 0;
    all([&](u64 order) LLMC_INLINED { best = order > best ? order : best; });
    best = block_max(best);
    Mass plain{best, log2_e};
    u64 floor = 0;
    auto kept = [&](auto f) LLMC_INLINED {
      all([&](u64 order) LLMC_INLINED {
        if (order >= floor) f(order);
      });
    };
    auto weigh = [&](Mass mass) LLMC_INLINED {
      u64 sum = 0;
      kept([&](u64 order) LLMC_INLINED { sum += mass(order); });
      return block_sum(sum);
    };
    if (p.top_k > 0 && (u32)p.top_k < S::vocab) floor = find_floor<false>(s, all, plain, (u32)p.top_k, 0);
    if (p.top_p < 1) {
      u64 nucleus = multiply_high(weigh(plain), fraction(p.top_p));
      floor = find_floor<true>(s, kept, plain, nucleus > 0 ? nucleus : 1, 0);
    }
    u64 least = min_p_floor(p.min_p > 0 ? prim::log2(p.min_p) * (1 / log2_e) : 0, best);
    floor = least > floor ? least : floor;
    Mass heated{best, log2_e / p.temp};
    u64 target = multiply_high(weigh(heated), philox::uniform(p.seed, position));
    u64 chosen_floor = find_floor<true>(s, kept, heated, target + 1, 0);
    // The lowest candidate at or above the floor.
    u64 complement = 0;
    kept([&](u64 order) LLMC_INLINED {
      if (order >= chosen_floor && ~order > complement) complement = ~order;
    });
    return id_of(~block_max(complement));
  }

  // Whether the token is drawn from a list.
  LLMC_FN static bool draws_from_list(const abi::Sampler& p) { return p.temp > 0 && p.top_k > 0 && p.top_k <= (i32)list_capacity; }

  // The workgroup that comes first rehearses the draw, with what is there: its code, which has left L2 since the last token, is on its way when the
  // one that comes last needs it. It reads what others are about to write, by relaxed loads beside relaxed stores, and uses it for nothing; on
  // NVIDIA, where it was measured. A rehearsal that finds no list is over.
#if defined(__NVPTX__)
  static constexpr bool rehearses = true;
#else
  static constexpr bool rehearses = false;
#endif
  LLMC_FN static u32 pick(const Buffers& b, Shared& s, u32 position, bool rehearsal) {
    const abi::Sampler& p = s.state.sampler;
    if (!(p.temp > 0)) {
      u64 best = 0;
      LLMC_UNROLL for (u32 group = prim::thread(); group < groups; group += threads) {
        const u64 order = prim::load_coherent(b.scratch->best + group);
        best = order > best ? order : best;
      }
      return id_of(block_max(best));
    }
    if (draws_from_list(p)) {
      const u32 n = gather(b, s, (u32)p.top_k, position);
      if (n <= list_capacity) return draw_from_list(s, n, (u32)p.top_k);
      if (rehearsal) return 0;
    }
    prim::sync_block();
    return draw_from_all(b.logits, position);
  }

  // What follows from the token: the state of the next step, and the host's ring. One thread.
  LLMC_FN static void publish(const Buffers& b, const abi::State& before, u32 token, u32 position) {
    u32 produced = before.produced + 1;
    i32 remaining = before.remaining - 1, finish = abi::running;
    if (position >= b.ctx) finish = abi::context_full;
    if (remaining <= 0) finish = abi::limit;
    LLMC_GRID_STRIDE for (i32 i = 0; i < before.n_eog; i++)
      if (before.eog[i] == (i32)token) finish = abi::end_of_generation;
    abi::State& state = *b.state;
    b.tokens[position] = (i32)token;
    state.token = (i32)token;
    state.pos = (i32)position;
    state.produced = produced;
    state.remaining = remaining;
    state.finish = finish;
    prim::store_system(&b.ring->tokens[(produced - 1) % abi::ring_slots], (i32)token);
    prim::store_system(&b.ring->finish, finish);
    prim::fence_system();
    prim::store_system(&b.ring->produced, produced);
  }

  // Called by all threads of `workers` workgroups; uses the shared memory behind the scratch, where the barriers of copies are. advance: State::pos goes on
  // by one first. The logits become the penalised ones. True in the workgroup that came last.
  LLMC_HOT LLMC_FN static bool run(const Buffers& b, bool advance, u32 worker, u32 workers) {
    const u32 thread = prim::thread();
    Shared& s = shared();
    const Range mine = split(groups, workers, worker);
    const u32 word = thread < state_words ? ((const u32*)b.state)[thread] : 0;
    const u32 id = mine.begin * group_size + thread * 4, end = end_of(mine.end);
    f32x4 value = load4(b.logits, id, end);
    if (thread < state_words) ((u32*)&s.state)[thread] = word;
    prim::sync_block();
    const u32 position = (u32)s.state.pos + (advance ? 1 : 0);
    if (const u32 window = penalty_window(s.state.sampler, position); window > 0) {
      penalise(b.logits, b.tokens, window, position, mine.begin * group_size, end);
      value = load4(b.logits, id, end);
    }
    note_best(b, value, mine.begin, mine.end);
    prim::release_stores();
    prim::sync_block();
    if (thread == 0) {
      const u32 before = prim::atomic_add_acq_rel(&b.scratch->arrived, 1);
      s.arrival = before == workers - 1 ? Shared::last : before == 0 ? Shared::first : Shared::between;
      if (s.arrival == Shared::last) prim::store_coherent(&b.scratch->arrived, 0u);
    }
    prim::sync_block();
    const bool rehearsal = rehearses && s.arrival == Shared::first && draws_from_list(s.state.sampler);
    if (s.arrival != Shared::last && !rehearsal) return false;
    const u32 token = pick(b, s, position, rehearsal);
    if (rehearsal) return false;
    if (thread == 0) publish(b, s.state, token, position);
    return true;
  }
};

}  // namespace llmc::sampling
