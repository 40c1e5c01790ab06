// The next token from the logits: penalties, top-k, top-p, min-p, temperature, one draw (abi::Sampler, llama.cpp's meaning).
//
// Every step after the penalties keeps a prefix of the candidates in descending order of (logit, lower id first). So a candidate is
// one integer, its order: the logit's bits made monotone, above the complement of the id; a prefix is a floor on that integer, and
// no two are equal. Masses (exp of logit - maximum) are integers too, in units of 2^-44 of the largest: sums do not depend on the
// order of adding, and the draw is the candidate in whose integer interval u * total falls. Everything is therefore deterministic.
//
// Pass 1, all workgroups: each applies the penalties to its slice of the vocabulary and lists, for top-k up to 936, the best k (and
// some more) of the slice. Pass 2, the workgroup that arrives last: narrows all lists to at most 1,024 candidates, ranks them by
// counting those before each, and finds each one's place in the distribution by prefix sums. Without a top-k the last workgroup finds the
// floors over the whole vocabulary, by a radix descent of 10 bits at a time.
//
// What takes time is trips to memory one after another, so each pass makes one: a slice stays in registers, and of each list only the
// head is read, all heads at once. A histogram of 1,024 cells, a sixteenth of a logit each, from the best downwards, finds a floor; it
// also sorts a list by cells, so that a head whose last candidate is below the floor speaks for its whole list. Where too many
// candidates fall into one cell, the descent finds the floor.
//
// All this runs once a token, so its instructions come from L2, at about 30 ns for eight of them: loops are rolled where their rounds
// are not, and what both passes do is a function apart.
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
constexpr u32 list_slack = 88;       // places in a list beyond k: what a cell may hold too much
constexpr u32 most_listed = list_capacity - list_slack;  // largest top-k that goes through lists
constexpr u32 head = 4, head_lanes = head / 2;           // candidates at the front of a list, read in 16-byte pieces
constexpr u64 unsorted = ~0ull;  // last of a head: the list's candidates are behind the head, in any order
constexpr f32 cells_per_unit = 16;
constexpr i32 last_cell = 1 << 23;
constexpr u32 lowest_number = 0x00800000;  // monotone form of the lowest finite float; -inf and NaN are below
constexpr f32 log2_e = 1.4426950408889634f;

// Larger logit, larger value; NaN is lowest of all.
LLMC_FN u32 monotone(f32 logit) {
  u32 b = prim::bits(logit);
  if ((b & 0x7FFFFFFF) > 0x7F800000) return 0;
  if (b == 0x80000000) b = 0;  // the zeros are equal
  return b & 0x80000000 ? ~b : b | 0x80000000;
}
LLMC_FN u64 order_of(u32 number, u32 id) { return (u64)number << id_bits | (max_id - id); }  // number: monotone(logit)
LLMC_FN u32 id_of(u64 order) { return (u32)(max_id - (order & max_id)); }
LLMC_FN f32 logit_of(u64 order) {
  u32 m = (u32)(order >> id_bits);
  return prim::from_bits(m & 0x80000000 ? m & 0x7FFFFFFF : ~m);
}
// The logit in cells, rounded down. Larger orders have the same or a larger cell.
LLMC_FN i32 cell_of(u64 order) {
  const f32 x = prim::min(prim::max(logit_of(order) * cells_per_unit, -(f32)last_cell), (f32)last_cell);  // NaN: the lowest
  const i32 cell = (i32)x;
  return cell - ((f32)cell > x);
}
// At or below every order of the cell, above all of those below it.
LLMC_FN u64 floor_of_cell(i32 cell) { return cell <= -last_cell ? 0 : (u64)monotone((f32)cell / cells_per_unit) << id_bits; }
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

  // The buffer `sample`, 1 MiB. The counter is zero before and after. A list has `stride(k)` places; 0 is an empty one.
  static constexpr u32 scratch_bytes = 1 << 20, lists_offset = 64;
  static constexpr u32 scratch_orders = (scratch_bytes - lists_offset) / 8;
  struct Scratch {
    u32 arrived;
    u32 unused[15];
    u64 orders[scratch_orders];
  };
  static_assert(sizeof(Scratch) <= scratch_bytes);
  LLMC_FN static u32 stride(u32 want) { return (want + list_slack + 1) & ~1u; }

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
    u64 wave_total[waves];
    u64 above;  // results of one thread for all
    u64 total;
    u64 chosen;
    u32 above_count, bin, bin_count, listed, last;
  };

  LLMC_FN static Shared& shared() { return *(Shared*)prim::shared(); }

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
    LLMC_GRID_STRIDE for (u32 d = 1; d < prim::kWave; d *= 2) {
      const u64 before = shfl64(v, (prim::lane() - d) & (prim::kWave - 1));
      if (prim::lane() >= d) v += before;
    }
    return v;
  }
  LLMC_FN static u64 wave_max(u64 v) {
    LLMC_GRID_STRIDE for (u32 m = 1; m < prim::kWave; m *= 2) {
      const u64 other = shfl64_xor(v, m);
      v = other > v ? other : v;
    }
    return v;
  }
  LLMC_APART static u64 block_max(u64 v) {
    Shared& s = shared();
    v = wave_max(v);
    if (prim::lane() == 0) s.wave_total[prim::wave()] = v;
    prim::sync_block();
    v = wave_max(prim::lane() < waves ? s.wave_total[prim::lane()] : 0);
    prim::sync_block();
    return v;
  }
  // The sum of the threads before; s.total: of all.
  LLMC_APART static u64 block_scan(u64 own) {
    Shared& s = shared();
    const u64 sum = wave_scan(own);
    if (prim::lane() == prim::kWave - 1) s.wave_total[prim::wave()] = sum;
    prim::sync_block();
    const u64 of_wave = prim::lane() < waves ? s.wave_total[prim::lane()] : 0;
    const u64 before = shfl64(wave_scan(of_wave) - of_wave, prim::wave());
    if (prim::thread() == threads - 1) s.total = before + sum;
    prim::sync_block();
    return before + sum - own;
  }
  LLMC_FN static u64 block_sum(u64 v) {
    block_scan(v);
    return shared().total;
  }

  // ---- cells ----

  static constexpr u32 out_of_reach = ~0u;

  // Ready for count_cell() after the next barrier.
  LLMC_FN static void clear_cells(Shared& s) {
    LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) s.count[i * threads + prim::thread()] = 0;
    if (prim::thread() == 0) s.bin = out_of_reach;
  }
  LLMC_FN static void count_cell(Shared& s, u32 below) {
    if (below < bins) prim::shared_add(&s.count[below], 1);
  }
  // From the candidates in each cell, counted downwards from the highest: s.bin, the cell of the `want`-th best, or out_of_reach;
  // s.bin_count, the candidates down to there; s.count[i], those above cell i.
  LLMC_APART static void rank_cells(u32 want) {
    Shared& s = shared();
    prim::sync_block();
    u32 count[bins_per_thread], own = 0;
    LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) own += count[i] = s.count[prim::thread() * bins_per_thread + i];
    u32 before = (u32)block_scan(own);
    LLMC_UNROLL for (u32 i = 0; i < bins_per_thread; i++) {
      const u32 bin = prim::thread() * bins_per_thread + i;
      s.count[bin] = before;
      if (before < want && want <= before + count[i]) {
        s.bin = bin;
        s.bin_count = before + count[i];
      }
      before += count[i];
    }
    prim::sync_block();
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
      u64 before = above + block_scan(own);
      u32 before_count = by_mass ? above_count + (u32)block_scan(own_count) : (u32)before;
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

  // A range of the vocabulary; where it is short enough, it is read once and stays in registers.
  struct Slice {
    static constexpr u32 kept = 3, chunk = kept * threads;
    const f32* logits;
    u32 begin, end;
    u32 number[kept];

    LLMC_FN void load(u32 base) {
      f32 value[kept];
      LLMC_UNROLL for (u32 i = 0; i < kept; i++) {
        const u32 id = base + i * threads + prim::thread();
        value[i] = id < end ? prim::load_coherent(logits + id) : 0;
      }
      LLMC_UNROLL for (u32 i = 0; i < kept; i++) number[i] = monotone(value[i]);
    }
    // Calls f(order) for each; after load(begin).
    template <class F>
    LLMC_FN void each(F f) {
      LLMC_GRID_STRIDE for (u32 base = begin; base < end; base += chunk) {
        if (end - begin > chunk) load(base);
        LLMC_UNROLL for (u32 i = 0; i < kept; i++) {
          const u32 id = base + i * threads + prim::thread();
          if (id < end) f(order_of(number[i], id));
        }
      }
    }
  };

  // How many tokens before `position` are penalised.
  LLMC_FN static u32 penalty_window(const abi::Sampler& p, u32 position) {
    if (p.repeat_penalty == 1 && p.frequency_penalty == 0 && p.presence_penalty == 0) return 0;
    return p.repeat_last_n < 0 ? position : prim::min((u32)p.repeat_last_n, position);
  }

  // repeat_penalty divides what is positive and multiplies what is not; frequency by the count, presence once.
  LLMC_FN static void penalise(const Buffers& b, Shared& s, u32 window, u32 position, u32 begin, u32 end) {
    const abi::Sampler& p = s.state.sampler;
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

  // What the steps ask of pass 1: the number of best candidates that are surely enough, 0 where that is the whole vocabulary.
  LLMC_FN static u32 wanted(const abi::Sampler& p, u32 workers) {
    if (!(p.temp > 0)) return 1;
    if (p.top_k <= 0 || p.top_k > (i32)most_listed) return 0;
    if (stride((u32)p.top_k) * workers > scratch_orders) return 0;
    return prim::min((u32)p.top_k, S::vocab);
  }

  LLMC_FN static void list_slice(const Buffers& b, Shared& s, u32 want, Slice& slice, u32 worker) {
    const u32 places = stride(want);
    u64* list = b.scratch->orders + worker * places;
    auto each = [&](auto f) LLMC_INLINED { slice.each(f); };
    u64 best = 0;
    each([&](u64 order) LLMC_INLINED { best = order > best ? order : best; });
    if (want > 1) clear_cells(s);
    best = block_max(best);
    if (want == 1) {
      if (prim::thread() == 0) prim::store_coherent(list, best);
      return;
    }
    const i32 top = cell_of(best);
    each([&](u64 order) LLMC_INLINED { count_cell(s, (u32)(top - cell_of(order))); });
    rank_cells(want);
    if (s.bin != out_of_reach && s.bin_count <= places) {
      const u32 last = s.bin;
      each([&](u64 order) LLMC_INLINED {
        const u32 below = (u32)(top - cell_of(order));
        if (below <= last) prim::store_coherent(list + prim::shared_add(&s.count[below], 1), order);
      });
      LLMC_GRID_STRIDE for (u32 i = s.bin_count + prim::thread(); i < places; i += threads) prim::store_coherent(list + i, (u64)0);
      return;
    }
    u64 floor = 0;
    if (slice.end - slice.begin > places - head) floor = find_floor<false>(s, each, Mass{}, want, places - head);
    if (prim::thread() == 0) s.listed = 0;
    prim::sync_block();
    each([&](u64 order) LLMC_INLINED {
      if (order >= floor) prim::store_coherent(list + head + prim::shared_add(&s.listed, 1), order);
    });
    prim::sync_block();
    LLMC_GRID_STRIDE for (u32 i = head + s.listed + prim::thread(); i < places; i += threads) prim::store_coherent(list + i, (u64)0);
    if (prim::thread() < head) prim::store_coherent(list + prim::thread(), prim::thread() == head - 1 ? unsorted : (u64)0);
  }

  // ---- pass 2, one workgroup ----

  // The heads of all lists, as Slice. Neighbouring lists go to different waves.
  struct Heads {
    static constexpr u32 chunk = threads / head_lanes;
    const u64* lists;
    u32 places, workers;
    u64 first, second;

    LLMC_FN static u32 list_of(u32 base) { return base + prim::lane() / head_lanes * waves + prim::wave(); }
    LLMC_FN void load(u32 base) {
      const u32 list = list_of(base);
      u32x4 raw = {0, 0, 0, 0};
      if (list < workers) raw = prim::load_coherent((const u32x4*)(lists + list * places) + prim::lane() % head_lanes);
      first = raw[0] | (u64)raw[1] << 32;
      second = raw[2] | (u64)raw[3] << 32;
    }
    // Calls f(list, first, second) for each lane's piece of each head; after load(0). All lanes come to f.
    template <class F>
    LLMC_FN void pieces(F f) {
      LLMC_GRID_STRIDE for (u32 base = 0; base < workers; base += chunk) {
        if (workers > chunk) load(base);
        f(list_of(base), first, second);
      }
    }
    template <class F>
    LLMC_FN void each(F f) {
      pieces([&](u32, u64 a, u64 b) LLMC_INLINED {
        if (a != 0) f(a);
        if (b != 0 && b != unsorted) f(b);
      });
    }
  };

  // Calls f(order) for what stands in [begin, end) of a list; a wave together, four loads in flight.
  template <class F>
  LLMC_FN static void each_listed(const u64* list, u32 begin, u32 end, F f) {
    LLMC_GRID_STRIDE for (u32 base = begin + prim::lane(); base < end; base += 4 * prim::kWave) {
      u64 order[4];
      LLMC_UNROLL for (u32 i = 0; i < 4; i++) order[i] = base + i * prim::kWave < end ? prim::load_coherent(list + base + i * prim::kWave) : 0;
      LLMC_UNROLL for (u32 i = 0; i < 4; i++)
        if (order[i] != 0 && order[i] != unsorted) f(order[i]);
    }
  }

  LLMC_FN static void append(Shared& s, u64 order) {
    const u32 place = prim::shared_add(&s.listed, 1);
    if (place < list_capacity) s.order[place] = order;
  }

  // Puts the candidates of all lists down to some floor that leaves at least `want`, or all there are, into s.order; returns how many.
  LLMC_FN static u32 gather(const Buffers& b, Shared& s, u32 want, u32 workers) {
    const u32 places = stride(want);
    const u64* lists = b.scratch->orders;
    Heads heads = {lists, places, workers, 0, 0};
    heads.load(0);
    u64 best = 0;
    heads.each([&](u64 order) LLMC_INLINED { best = order > best ? order : best; });
    clear_cells(s);
    if (prim::thread() == 0) s.listed = 0;
    const i32 top = cell_of(block_max(best));
    heads.each([&](u64 order) LLMC_INLINED { count_cell(s, (u32)(top - cell_of(order))); });
    rank_cells(want);
    u64 floor = s.bin == out_of_reach ? 0 : floor_of_cell(top - (i32)s.bin);
    heads.pieces([&](u32 list, u64 first, u64 second) LLMC_INLINED {
      if (first != 0 && first >= floor) append(s, first);
      if (second != 0 && second != unsorted && second >= floor) append(s, second);
      // A head that is above the floor to its end: there may be more behind it.
      u64 deep = prim::ballot(prim::lane() % head_lanes == head_lanes - 1 && second != 0 && second >= floor);
      LLMC_GRID_STRIDE for (; deep != 0; deep &= deep - 1) {
        const u32 behind = prim::shfl(list, (u32)__builtin_ctzll(deep));
        each_listed(lists + behind * places, head, places, [&](u64 order) LLMC_INLINED {
          if (order >= floor) append(s, order);
        });
      }
    });
    prim::sync_block();
    if (s.listed <= list_capacity) return s.listed;
    auto each = [&](auto f) LLMC_INLINED {
      LLMC_GRID_STRIDE for (u32 w = prim::wave(); w < workers; w += waves) each_listed(lists + w * places, 0, places, f);
    };
    floor = find_floor<false>(s, each, Mass{}, want, want + list_slack);
    if (prim::thread() == 0) s.listed = 0;
    prim::sync_block();
    each([&](u64 order) LLMC_INLINED {
      if (order >= floor) append(s, order);
    });
    prim::sync_block();
    return s.listed;
  }

  // The draw among the `n` candidates in s.order, the prefix of the whole order that holds the `best_k` best (or all of them).
  LLMC_FN static u32 draw_from_list(Shared& s, u32 n, u32 best_k, u32 position) {
    const abi::Sampler& p = s.state.sampler;
    constexpr u32 each_thread = list_capacity / threads, team = 8;
    LLMC_GRID_STRIDE for (u32 base = 0; base < n; base += threads / team) {
      const u32 i = base + prim::thread() / team;
      const u64 order = i < n ? s.order[i] : ~0ull;
      i32 rank = 0;
      LLMC_GRID_STRIDE for (u32 j = prim::thread() % team; j < n; j += team) rank += s.order[j] > order;
      rank = prim::wave_sum<team>(rank);
      if (i < n && prim::thread() % team == 0) s.sorted[rank] = order;
    }
    prim::sync_block();
    const u32 k = prim::min(best_k, n), first = prim::thread() * each_thread;
    const u64 best = s.sorted[0], least = min_p_floor(p, best);
    u64 order[each_thread];
    bool kept[each_thread];
    LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) {
      kept[i] = first + i < k;
      order[i] = kept[i] ? s.sorted[first + i] : 0;
    }
    // Twice the same: what of the mass lies before each candidate tells which ones top-p keeps; what of the heated mass of those, which is drawn.
    Mass weigh{best, log2_e};
    LLMC_GRID_STRIDE for (bool draw = false;; draw = true) {
      u64 mass[each_thread], own = 0;
      LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) own += mass[i] = kept[i] ? weigh(order[i]) : 0;
      u64 before = block_scan(own);
      const u64 total = s.total;
      const u64 bound = draw || p.top_p < 1 ? multiply_high(total, draw ? philox::uniform(p.seed, position) : fraction(p.top_p)) : total;
      LLMC_UNROLL for (u32 i = 0; i < each_thread; i++) {
        if (draw && before <= bound && bound < before + mass[i]) s.chosen = order[i];
        kept[i] = kept[i] && (first + i == 0 || (before < bound && order[i] >= least));
        before += mass[i];
      }
      if (draw) break;
      weigh.factor = log2_e / p.temp;
    }
    prim::sync_block();
    return id_of(s.chosen);
  }

  // p < 1 as a fraction 0.64.
  LLMC_FN static u64 fraction(f32 p) { return p > 0 ? (u64)(p * 18446744073709551616.0f) : 0; }
  LLMC_FN static u64 min_p_floor(const abi::Sampler& p, u64 best) {
    if (!(p.min_p > 0)) return 0;
    u64 floor = (u64)monotone(logit_of(best) + prim::log2(p.min_p) * (1 / log2_e)) << id_bits;
    return floor < best ? floor : best;
  }

  // The same over the whole vocabulary, by descents.
  LLMC_FN static u32 draw_from_all(const Buffers& b, Shared& s, u32 position) {
    const abi::Sampler& p = s.state.sampler;
    Slice vocabulary = {b.logits, 0, S::vocab, {}};
    vocabulary.load(0);
    auto all = [&](auto f) LLMC_INLINED { vocabulary.each(f); };
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
    return id_of(~block_max(complement));
  }

  LLMC_FN static u32 pick(const Buffers& b, Shared& s, u32 want, u32 position, u32 workers) {
    if (want == 0) return draw_from_all(b, s, position);
    if (want > 1) return draw_from_list(s, gather(b, s, want, workers), want, position);
    u64 best = 0;  // every slice's stands first in its list
    LLMC_GRID_STRIDE for (u32 w = prim::thread(); w < workers; w += threads) {
      const u64 order = prim::load_coherent(b.scratch->orders + w * stride(want));
      best = order > best ? order : best;
    }
    return id_of(block_max(best));
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

  // Called by all threads of `workers` workgroups; uses the shared memory from its start. advance: State::pos goes on by one first. The logits become the penalised ones.
  LLMC_HOT LLMC_FN static void run(const Buffers& b, bool advance, u32 worker, u32 workers) {
    Shared& s = shared();
    const Range mine = split(S::vocab, workers, worker);
    Slice slice = {b.logits, mine.begin, mine.end, {}};
    const u32 word = prim::thread() < state_words ? ((const u32*)b.state)[prim::thread()] : 0;
    slice.load(mine.begin);
    if (prim::thread() < state_words) ((u32*)&s.state)[prim::thread()] = word;
    prim::sync_block();
    const u32 position = (u32)s.state.pos + (advance ? 1 : 0);
    const u32 want = wanted(s.state.sampler, workers);
    if (const u32 window = penalty_window(s.state.sampler, position); window > 0) {
      penalise(b, s, window, position, mine.begin, mine.end);
      slice.load(mine.begin);
    }
    if (want) list_slice(b, s, want, slice, worker);
    prim::release_stores();
    prim::sync_block();
    if (prim::thread() == 0) {
      s.last = prim::atomic_add_acq_rel(&b.scratch->arrived, 1) == workers - 1;
      if (s.last) prim::store_coherent(&b.scratch->arrived, 0u);
    }
    prim::sync_block();
    if (!s.last) return;
    u32 token = pick(b, s, want, position, workers);
    if (prim::thread() == 0) publish(b, s.state, token, position);
  }
};

}  // namespace llmc::sampling
