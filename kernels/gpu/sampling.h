// The next token from the logits: penalties, top-k, top-p, min-p, temperature, one draw (abi::Sampler, llama.cpp's meaning).
//
// Every step after the penalties keeps a prefix of the candidates in descending order of (logit, lower id first). So a candidate is
// one integer, its order: the logit's bits made monotone, above the complement of the id; a prefix is a floor on that integer, and
// no two are equal. Masses (exp of logit - maximum) are integers too, in units of 2^-44 of the largest: sums do not depend on the
// order of adding, and the draw is the candidate in whose integer interval u * total falls. Everything is therefore deterministic.
//
// Pass 1, all workgroups: each applies the penalties to its slice of the vocabulary and keeps, for top-k up to 1,000, the best k (and
// a few more) of the slice. Pass 2, the workgroup that arrives last: narrows all lists to at most 1,024 candidates, and for
// each counts those before it and sums their mass; that is its rank and its place in the distribution, no sort needed. The floor of
// the k best, or of a share of the mass, is found by a radix descent, 10 bits at a time. Without a top-k the last workgroup makes
// those descents over the whole vocabulary.
#pragma once
#include "kernels/abi.h"
#include "kernels/gpu/philox.h"
#include "kernels/prim/prim.h"
#include "kernels/split.h"

#define LLMC_INLINED __attribute__((always_inline))  // a lambda that must not become a call, which would put its captures into memory

namespace llmc::sampling {

constexpr u32 id_bits = 18;  // vocabularies to 2^18
constexpr u64 max_id = (1u << id_bits) - 1;
constexpr u32 digit_bits = 10, bins = 1 << digit_bits, levels = (32 + id_bits) / digit_bits;
constexpr u32 list_capacity = 1024;  // candidates that the last workgroup ranks
constexpr u32 most_listed = 1000;    // largest top-k that goes through lists
constexpr u32 list_slack = 24;       // that many more than k spare a level of the descent
constexpr u32 lowest_number = 0x00800000;  // monotone form of the lowest finite float; -inf and NaN are below
constexpr f32 log2_e = 1.4426950408889634f;

// Larger logit, larger value; NaN is lowest of all.
LLMC_FN u32 monotone(f32 logit) {
  u32 b = prim::bits(logit);
  if ((b & 0x7FFFFFFF) > 0x7F800000) return 0;
  if (b == 0x80000000) b = 0;  // the zeros are equal
  return b & 0x80000000 ? ~b : b | 0x80000000;
}
LLMC_FN u64 order_of(f32 logit, u32 id) { return (u64)monotone(logit) << id_bits | (max_id - id); }
LLMC_FN u32 id_of(u64 order) { return (u32)(max_id - (order & max_id)); }
LLMC_FN f32 logit_of(u64 order) {
  u32 m = (u32)(order >> id_bits);
  return prim::from_bits(m & 0x80000000 ? m & 0x7FFFFFFF : ~m);
}
// Upper 64 bits of the product.
LLMC_FN u64 multiply_high(u64 a, u64 b) {
  u64 a0 = (u32)a, a1 = a >> 32, b0 = (u32)b, b1 = b >> 32;
  u64 middle = a1 * b0 + (a0 * b0 >> 32), low = a0 * b1 + (u32)middle;
  return a1 * b1 + (middle >> 32) + (low >> 32);
}

// Weight of a candidate beside the best: exp((logit - best) / temp) in units of 2^-44. `factor` is log2(e) / temp.
struct Mass {
  u64 best;
  f32 factor;
  LLMC_FN u64 operator()(u64 order) const {
    u32 m = (u32)(order >> id_bits);
    if (order == best) return 1ull << 44;
    if (m < lowest_number) return 0;
    if (m == (u32)(best >> id_bits)) return 1ull << 44;  // also of an infinite best
    return (u64)(prim::exp2((logit_of(order) - logit_of(best)) * factor) * 17592186044416.0f);
  }
};

// S: vocab, threads.
template <class S>
struct Sample {
  static constexpr u32 threads = S::threads, waves = threads / prim::kWave, bins_per_thread = bins / threads;
  static constexpr u32 penalty_chunk = 2048;  // ids whose occurrences are counted together
  static_assert(S::vocab <= max_id + 1 && bins % threads == 0);

  // The buffer `sample`, 1 MiB. Counters are zero before and after.
  static constexpr u32 scratch_bytes = 1 << 20, max_workers = 4096, lists_offset = 64 + 4 * max_workers;
  static constexpr u32 scratch_orders = (scratch_bytes - lists_offset) / 8;
  struct Scratch {
    u32 arrived;
    u32 unused[15];
    u32 listed[max_workers];
    u64 orders[scratch_orders];
  };
  static_assert(sizeof(Scratch) <= scratch_bytes);

  struct Shared {
    union {
      u32 occurrences[penalty_chunk];
      struct {
        u32 count[bins], low[bins], high[bins];
      };
      u64 mass[list_capacity];
    };
    u64 order[list_capacity];
    u64 wave_total[waves];
    u32 wave_count[waves];
    u64 above;  // results of one thread for all
    u64 total;
    u64 chosen;
    u32 above_count, bin, bin_count, listed, last;
  };

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

  LLMC_FN static u64 block_max(Shared& s, u64 v) {
    LLMC_UNROLL for (u32 m = 1; m < prim::kWave; m *= 2) {
      u64 other = shfl64_xor(v, m);
      v = other > v ? other : v;
    }
    if (prim::lane() == 0) s.wave_total[prim::wave()] = v;
    prim::sync_block();
    LLMC_UNROLL for (u32 w = 0; w < waves; w++) v = s.wave_total[w] > v ? s.wave_total[w] : v;
    prim::sync_block();
    return v;
  }
  LLMC_FN static u64 block_sum(Shared& s, u64 v) {
    LLMC_UNROLL for (u32 m = 1; m < prim::kWave; m *= 2) v += shfl64_xor(v, m);
    if (prim::lane() == 0) s.wave_total[prim::wave()] = v;
    prim::sync_block();
    v = 0;
    LLMC_UNROLL for (u32 w = 0; w < waves; w++) v += s.wave_total[w];
    prim::sync_block();
    return v;
  }

  // The largest floor, on some digit boundary, such that the candidates at or above it count (by_mass: weigh) at least `target`,
  // which must be between 1 and the total. Ends early when at most `enough` candidates are at or above the floor, or when one candidate
  // is all that is left to tell apart; else the floor is exact. each(f) calls f(order) for the thread's candidates, each one once
  // over the workgroup.
  template <bool by_mass, class Each>
  LLMC_FN static u64 find_floor(Shared& s, Each each, Mass mass, u64 target, u32 enough) {
    u64 prefix = 0, above = 0;
    u32 above_count = 0;
    LLMC_GRID_STRIDE for (u32 level = 0; level < levels; level++) {
      u32 shift = (levels - 1 - level) * digit_bits;
      LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
        u32 bin = i * threads + prim::thread();
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
        u32 bin = bins - 1 - (prim::thread() * bins_per_thread + i);
        own += by_mass ? s.low[bin] | (u64)s.high[bin] << 32 : s.count[bin];
        own_count += s.count[bin];
      }
      u64 sum = own;
      u32 sum_count = own_count;
      LLMC_UNROLL for (u32 d = 1; d < prim::kWave; d *= 2) {
        u32 from = prim::lane() >= d ? prim::lane() - d : prim::lane();
        u64 before = shfl64(sum, from);
        u32 before_count = prim::shfl(sum_count, from);
        if (prim::lane() >= d) {
          sum += before;
          sum_count += before_count;
        }
      }
      if (prim::lane() == prim::kWave - 1) {
        s.wave_total[prim::wave()] = sum;
        s.wave_count[prim::wave()] = sum_count;
      }
      prim::sync_block();
      LLMC_UNROLL for (u32 w = 0; w < waves; w++)
        if (w < prim::wave()) {
          sum += s.wave_total[w];
          sum_count += s.wave_count[w];
        }
      u64 before = above + sum - own;
      u32 before_count = above_count + sum_count - own_count;
      if (before < target && target <= before + own) {
        bool found = false;
        LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
          u32 bin = bins - 1 - (prim::thread() * bins_per_thread + i);
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

  // repeat_penalty divides what is positive and multiplies what is not; frequency by the count, presence once.
  LLMC_FN static void penalise(const Buffers& b, Shared& s, u32 position, u32 begin, u32 end) {
    const abi::Sampler& p = b.state->sampler;
    u32 window = p.repeat_last_n < 0 ? position : prim::min((u32)p.repeat_last_n, position);
    if (window == 0 || (p.repeat_penalty == 1 && p.frequency_penalty == 0 && p.presence_penalty == 0)) return;
    LLMC_GRID_STRIDE for (u32 base = begin; base < end; base += penalty_chunk) {
      u32 count = prim::min(penalty_chunk, end - base);
      LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < count; i += threads) s.occurrences[i] = 0;
      prim::sync_block();
      LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < window; i += threads) {
        u32 id = (u32)b.tokens[position - window + i] - base;
        if (id < count) prim::shared_add(&s.occurrences[id], 1);
      }
      prim::sync_block();
      LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < count; i += threads) {
        if (s.occurrences[i] == 0) continue;
        f32 logit = prim::load_coherent(b.logits + base + i);
        logit = logit > 0 ? logit / p.repeat_penalty : logit * p.repeat_penalty;
        logit -= (f32)s.occurrences[i] * p.frequency_penalty + p.presence_penalty;
        prim::store_coherent(b.logits + base + i, logit);
      }
      prim::fence_device();
      prim::sync_block();
    }
  }

  // Calls f(order) for the logits [begin, end), four loads in flight.
  template <class F>
  LLMC_FN static void each_logit(const f32* logits, u32 begin, u32 end, F f) {
    LLMC_GRID_STRIDE for (u32 base = begin + prim::thread(); base < end; base += 4 * threads) {
      f32 value[4];
      LLMC_UNROLL for (u32 i = 0; i < 4; i++) value[i] = base + i * threads < end ? prim::load_coherent(logits + base + i * threads) : 0;
      LLMC_UNROLL for (u32 i = 0; i < 4; i++)
        if (base + i * threads < end) f(order_of(value[i], base + i * threads));
    }
  }

  // What the steps ask of pass 1: the number of best candidates that are surely enough, 0 where that is the whole vocabulary.
  LLMC_FN static u32 wanted(const abi::Sampler& p, u32 workers) {
    if (!(p.temp > 0)) return 1;
    if (p.top_k <= 0 || p.top_k > (i32)most_listed) return 0;
    if ((u32)p.top_k + list_slack > scratch_orders / workers) return 0;
    return prim::min((u32)p.top_k, S::vocab);
  }

  LLMC_FN static void list_slice(const Buffers& b, Shared& s, u32 want, u32 begin, u32 end, u32 worker) {
    u32 capacity = want + list_slack;
    u64* list = b.scratch->orders + (u64)worker * capacity;
    auto each = [&](auto f) LLMC_INLINED { each_logit(b.logits, begin, end, f); };
    u64 floor = 0;
    if (want == 1) {
      each([&](u64 order) LLMC_INLINED { floor = order > floor ? order : floor; });
      floor = block_max(s, floor);
      if (prim::thread() == 0) prim::store_coherent(list, floor);
      return;
    }
    if (end - begin > capacity) {
      floor = find_floor<false>(s, each, Mass{}, want, capacity);
    }
    if (prim::thread() == 0) s.listed = 0;
    prim::sync_block();
    each([&](u64 order) LLMC_INLINED {
      if (order >= floor) prim::store_coherent(list + prim::shared_add(&s.listed, 1), order);
    });
    prim::sync_block();
    if (prim::thread() == 0) prim::store_coherent(b.scratch->listed + worker, s.listed);
  }

  // ---- pass 2, one workgroup ----

  // The draw among the candidates in s.order, the prefix of the whole order that holds the `best_k` best (or all of them).
  LLMC_FN static u32 draw_from_list(const abi::Sampler& p, Shared& s, u32 best_k, u32 position) {
    u32 n = s.listed;
    constexpr u32 each_thread = list_capacity / threads;
    u64 best = 0;
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < n; i += threads) best = s.order[i] > best ? s.order[i] : best;
    best = block_max(s, best);
    // What top-k, top-p and min-p keep.
    Mass plain{best, log2_e};
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < n; i += threads) s.mass[i] = plain(s.order[i]);
    prim::sync_block();
    u64 before[each_thread];
    u32 rank[each_thread];
    LLMC_UNROLL for (u32 r = 0; r < each_thread; r++) {
      u32 i = r * threads + prim::thread();
      before[r] = rank[r] = 0;
      if (i >= n) continue;
      u64 order = s.order[i];
      LLMC_GRID_STRIDE for (u32 j = 0; j < n; j++)
        if (s.order[j] > order) {
          before[r] += s.mass[j];
          rank[r]++;
        }
      if (rank[r] == prim::min(best_k, n) - 1) s.total = before[r] + s.mass[i];
    }
    prim::sync_block();
    u64 nucleus = p.top_p < 1 ? share(s.total, p.top_p) : s.total;
    u64 floor = min_p_floor(p, best);
    Mass heated{best, log2_e / p.temp};
    LLMC_UNROLL for (u32 r = 0; r < each_thread; r++) {
      u32 i = r * threads + prim::thread();
      if (i >= n) continue;
      bool kept = rank[r] == 0 || (rank[r] < best_k && before[r] < nucleus && s.order[i] >= floor);
      s.mass[i] = kept ? heated(s.order[i]) : 0;
    }
    prim::sync_block();
    u64 part = 0;
    LLMC_GRID_STRIDE for (u32 i = prim::thread(); i < n; i += threads) part += s.mass[i];
    u64 target = multiply_high(block_sum(s, part), philox::uniform(p.seed, position));
    LLMC_UNROLL for (u32 r = 0; r < each_thread; r++) {
      u32 i = r * threads + prim::thread();
      if (i >= n || s.mass[i] == 0) continue;
      u64 order = s.order[i], sum = 0;
      LLMC_GRID_STRIDE for (u32 j = 0; j < n; j++)
        if (s.order[j] > order) sum += s.mass[j];
      if (sum <= target && target < sum + s.mass[i]) s.chosen = order;
    }
    prim::sync_block();
    return id_of(s.chosen);
  }

  // A share of a mass; share < 1.
  LLMC_FN static u64 share(u64 total, f32 p) { return p > 0 ? multiply_high(total, (u64)(p * 18446744073709551616.0f)) : 0; }
  LLMC_FN static u64 min_p_floor(const abi::Sampler& p, u64 best) {
    if (!(p.min_p > 0)) return 0;
    u64 floor = (u64)monotone(logit_of(best) + prim::log2(p.min_p) * (1 / log2_e)) << id_bits;
    return floor < best ? floor : best;
  }

  // The same over the whole vocabulary, by descents.
  LLMC_FN static u32 draw_from_all(const Buffers& b, const abi::Sampler& p, Shared& s, u32 position) {
    auto all = [&](auto f) LLMC_INLINED { each_logit(b.logits, 0, S::vocab, f); };
    u64 best = 0;
    all([&](u64 order) LLMC_INLINED { best = order > best ? order : best; });
    best = block_max(s, best);
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
      return block_sum(s, sum);
    };
    if (p.top_k > 0 && (u32)p.top_k < S::vocab) floor = find_floor<false>(s, all, plain, (u32)p.top_k, 0);
    if (p.top_p < 1) {
      u64 nucleus = share(weigh(plain), p.top_p);
      floor = find_floor<true>(s, kept, plain, nucleus > 0 ? nucleus : 1, 0);
    }
    u64 least = min_p_floor(p, best);
    floor = least > floor ? least : floor;
    Mass heated{best, log2_e / p.temp};
    u64 target = multiply_high(weigh(heated), philox::uniform(p.seed, position));
    u64 chosen_floor = find_floor<true>(s, kept, heated, target + 1, 0);
    // The lowest candidate at or above the floor.
    u64 complement = 0;
    kept([&](u64 order) LLMC_INLINED {
      if (order >= chosen_floor && ~order > complement) complement = ~order;
    });
    return id_of(~block_max(s, complement));
  }

  LLMC_FN static u32 pick(const Buffers& b, Shared& s, u32 want, u32 position, u32 workers) {
    const abi::Sampler& p = b.state->sampler;
    if (want == 0) return draw_from_all(b, p, s, position);
    auto each = [&](auto f) LLMC_INLINED {
      LLMC_GRID_STRIDE for (u32 w = prim::wave(); w < workers; w += waves) {
        const u64* list = b.scratch->orders + (u64)w * (want + list_slack);
        u32 listed = prim::load_coherent(b.scratch->listed + w);
        LLMC_GRID_STRIDE for (u32 i = prim::lane(); i < listed; i += prim::kWave) f(prim::load_coherent(list + i));
      }
    };
    if (want == 1) {  // every slice's best stands first in its list
      u64 best = 0;
      LLMC_GRID_STRIDE for (u32 w = prim::thread(); w < workers; w += threads) {
        const u64 order = prim::load_coherent(b.scratch->orders + (u64)w * (want + list_slack));
        best = order > best ? order : best;
      }
      return id_of(block_max(s, best));
    }
    u64 all = 0;
    LLMC_GRID_STRIDE for (u32 w = prim::thread(); w < workers; w += threads) all += prim::load_coherent(b.scratch->listed + w);
    u64 floor = 0;
    if (block_sum(s, all) > list_capacity) floor = find_floor<false>(s, each, Mass{}, want, want + list_slack);
    if (prim::thread() == 0) s.listed = 0;
    prim::sync_block();
    each([&](u64 order) LLMC_INLINED {
      if (order >= floor) s.order[prim::shared_add(&s.listed, 1)] = order;
    });
    prim::sync_block();
    return draw_from_list(p, s, want, position);
  }

  // What follows from the token: the state of the next step, and the host's ring. One thread.
  LLMC_FN static void publish(const Buffers& b, u32 token, u32 position) {
    abi::State& state = *b.state;
    u32 produced = state.produced + 1;
    i32 remaining = state.remaining - 1, finish = abi::running;
    if (position >= b.ctx) finish = abi::context_full;
    if (remaining <= 0) finish = abi::limit;
    LLMC_UNROLL for (u32 i = 0; i < (u32)abi::max_eog; i++)
      if ((i32)i < state.n_eog && state.eog[i] == (i32)token) finish = abi::end_of_generation;
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

  // Called by all threads of `workers` workgroups. advance: State::pos goes on by one first. The logits become the penalised ones.
  LLMC_HOT LLMC_FN static void run(const Buffers& b, bool advance, u32 worker, u32 workers, u8* shared) {
    Shared& s = *(Shared*)shared;
    u32 position = (u32)b.state->pos + (advance ? 1 : 0);
    u32 want = wanted(b.state->sampler, workers);
    const Range mine = split(S::vocab, workers, worker);
    const u32 begin = mine.begin, end = mine.end;
    penalise(b, s, position, begin, end);
    if (want) list_slice(b, s, want, begin, end, worker);
    prim::fence_device();
    prim::sync_block();
    if (prim::thread() == 0) {
      s.last = prim::atomic_add_acq_rel(&b.scratch->arrived, 1) == workers - 1;
      if (s.last) prim::store_coherent(&b.scratch->arrived, 0u);
    }
    prim::sync_block();
    if (!s.last) return;
    prim::fence_device();
    u32 token = pick(b, s, want, position, workers);
    if (prim::thread() == 0) publish(b, token, position);
  }
};

}  // namespace llmc::sampling
