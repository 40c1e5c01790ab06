// The next token from the logits: penalties, top-k, top-p, min-p, temperature, one draw (abi::Sampler; llama.cpp's meaning and order).
//
// Every step after the penalties keeps a prefix of the candidates in descending order of (logit, lower id first). A candidate is one
// integer, its order: the logit's bits made monotone, above the complement of the id; no two are equal. Masses (exp of logit - best)
// are integers too, in units of 2^-44 of the largest. Nothing is ever sorted: a prefix of given count or mass is found by a quickselect
// that carries the mass of what lies above (expected time linear in the candidates).
//
// All workers penalise their slice of the vocabulary and take the maximum of every 64 logits. Then one worker decides: the k-th
// largest of those maxima is a floor under the k best logits, so for top-k only blocks whose maximum reaches it are looked at.
#pragma once
#include "kernels/abi.h"
#include "kernels/gpu/philox.h"
#include "kernels/x86/share.h"
#include "kernels/x86/vector.h"

namespace llmc::x86 {

constexpr int kSampleBlock = 64;
constexpr f32 kLowest = -3.4e38f;

// Larger logit, larger value; NaN is lowest of all.
X86_FN u32 monotone(f32 logit) {
  const u32 b = __builtin_bit_cast(u32, logit);
  if ((b & 0x7fffffff) > 0x7f800000) return 0;
  return b & 0x80000000 ? ~b : b | 0x80000000;
}
X86_FN u64 order_of(f32 logit, u32 id) { return (u64)monotone(logit) << 32 | (u32)~id; }
X86_FN u32 id_of(u64 order) { return ~(u32)order; }
X86_FN f32 logit_of(u64 order) {
  const u32 m = (u32)(order >> 32);
  return __builtin_bit_cast(f32, m & 0x80000000 ? m & 0x7fffffff : ~m);
}
// A share of a total, as a 0.64 fraction.
X86_FN u64 scaled(u64 total, u64 fraction) { return (u64)((unsigned __int128)total * fraction >> 64); }

// exp((logit - best) * factor / log2(e)) in units of 2^-44; the best's is 2^44 also where it is infinite.
struct Mass {
  f32 best, factor;
  X86_FN u64 operator()(u64 order) const {
    const f32 logit = logit_of(order);
    if (logit == best) return 1ull << 44;
    const f32 exponent = (logit - best) * factor;
    return exponent > -60.0f ? (u64)(exp2(splat(exponent))[0] * 17592186044416.0f) : 0;  // false for NaN
  }
};
struct Count {
  X86_FN u64 operator()(u64) const { return 1; }
};

// Reorders keys so that the returned i has: keys before i are greater, their mass is at most `target`, and with keys[i] above it.
// With a target beyond the total, the last.
template <class M>
inline int select(u64* keys, int n, u64 target, const M& mass) {
  int low = 0, high = n;
  u64 above = 0;
  while (high - low > 1) {
    const u64 a = keys[low], b = keys[low + (high - low) / 2], c = keys[high - 1];
    const u64 pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
    u64 greater = 0;
    int middle = low, pivot_at = low;
    for (int i = low; i < high; i++) {
      const u64 key = keys[i];
      if (key < pivot) continue;
      keys[i] = keys[middle];
      keys[middle] = key;
      if (key == pivot) pivot_at = middle;
      else greater += mass(key);
      middle++;
    }
    middle--;  // the pivot's place: last of those not below it
    keys[pivot_at] = keys[middle];
    keys[middle] = pivot;
    if (target < above + greater) {
      high = middle;
      continue;
    }
    const u64 own = mass(pivot);
    if (target < above + greater + own) return middle;
    above += greater + own;
    if (middle + 1 == high) return middle;
    low = middle + 1;
  }
  return low;
}

// What one sampling needs beside the logits. `order` has a place per token, `occurrences` too and is zero between calls.
struct SampleScratch {
  f32* maxima;  // [ceil(vocab / 64)]
  u64* order;
  u32* occurrences;
};

// Divides what is positive by repeat_penalty and multiplies what is not; frequency counts, presence does not. Ids [begin, end).
inline void penalise(const abi::Sampler& p, f32* logits, const i32* tokens, int position, u32 begin, u32 end, u32* occurrences) {
  const int window = p.repeat_last_n < 0 ? position : least(p.repeat_last_n, position);
  if (p.repeat_penalty == 1 && p.frequency_penalty == 0 && p.presence_penalty == 0) return;
  for (int i = position - window; i < position; i++) {
    if ((u32)tokens[i] - begin < end - begin) occurrences[tokens[i]]++;
  }
  for (int i = position - window; i < position; i++) {
    const u32 id = (u32)tokens[i];
    if (id - begin >= end - begin || occurrences[id] == 0) continue;
    f32 logit = logits[id];
    logit = logit > 0 ? logit / p.repeat_penalty : logit * p.repeat_penalty;
    logits[id] = logit - ((f32)occurrences[id] * p.frequency_penalty + p.presence_penalty);
    occurrences[id] = 0;
  }
}

// Maxima of blocks [begin, end) of 64 logits.
inline void block_maxima(const f32* logits, int vocab, Range blocks, f32* maxima) {
  for (int b = blocks.begin; b < blocks.end; b++) {
    const f32* block = logits + b * kSampleBlock;
    if ((b + 1) * kSampleBlock > vocab) {
      f32 top = kLowest;
      for (int i = 0; i < vocab - b * kSampleBlock; i++) top = block[i] > top ? block[i] : top;
      maxima[b] = top;
      continue;
    }
    vf top = load<vf>(block);
    for (int i = W; i < kSampleBlock; i += W) top = max(top, load<vf>(block + i));
    maxima[b] = max_lane(top);
  }
}

// The candidates with logits of at least `floor`, from blocks whose maximum reaches it.
inline int collect(const f32* logits, int vocab, const f32* maxima, f32 floor, u64* order) {
  int n = 0;
  for (int b = 0; b * kSampleBlock < vocab; b++) {
    if (maxima[b] < floor) continue;
    const int end = least(vocab, (b + 1) * kSampleBlock);
    for (int i = b * kSampleBlock; i < end; i++) {
      if (!(logits[i] < floor)) order[n++] = order_of(logits[i], (u32)i);
    }
  }
  return n;
}

// Sum of the masses of the whole vocabulary.
inline u64 total_mass(const f32* logits, int vocab, f32 best) {
  u64 total = 0;
  int i = 0;
  for (; i + 8 * W <= vocab; i += 8 * W) {
    vf part = {};
    for (int j = 0; j < 8; j++) part += exp(load<vf>(logits + i + j * W) - splat(best));
    total += (u64)(sum(part) * 17592186044416.0f);
  }
  for (; i < vocab; i++) total += (u64)(exp(logits[i] - best) * 17592186044416.0f);
  return total;
}

// The token for `position`. The maxima are those of the penalised logits.
inline u32 pick(const abi::Sampler& p, const f32* logits, int vocab, int position, const SampleScratch& s) {
  const int blocks = (vocab + kSampleBlock - 1) / kSampleBlock;
  f32 best = s.maxima[0];
  for (int b = 1; b < blocks; b++) best = s.maxima[b] > best ? s.maxima[b] : best;
  if (!(p.temp > 0)) {
    for (int b = 0; b < blocks; b++) {
      if (s.maxima[b] != best) continue;
      for (int i = b * kSampleBlock; i < vocab; i++) {
        if (logits[i] == best) return (u32)i;
      }
    }
    return 0;
  }
  const f32 least_logit = p.min_p > 0 ? best + log(p.min_p) : kLowest;
  const Mass plain{best, 1.44269504f};
  const bool top_k = p.top_k > 0 && p.top_k < vocab;
  u64* order = s.order;
  int n;
  u64 total = 0;
  if (top_k) {
    f32 floor = kLowest;
    if (p.top_k < blocks) {
      for (int b = 0; b < blocks; b++) order[b] = order_of(s.maxima[b], (u32)b);
      floor = logit_of(order[select(order, blocks, (u64)p.top_k - 1, Count{})]);
    }
    n = collect(logits, vocab, s.maxima, floor, order);
    if (n > p.top_k) n = select(order, n, (u64)p.top_k - 1, Count{}) + 1;
    for (int i = 0; i < n; i++) total += plain(order[i]);
  } else {
    n = collect(logits, vocab, s.maxima, least_logit < best ? least_logit : best, order);
    if (p.top_p < 1) total = total_mass(logits, vocab, best);
  }
  if (p.top_p < 1) {
    const u64 nucleus = p.top_p > 0 ? scaled(total, (u64)(p.top_p * 18446744073709551616.0f)) : 0;
    n = select(order, n, nucleus > 0 ? nucleus - 1 : 0, plain) + 1;
  }
  if (p.min_p > 0) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
      const f32 logit = logit_of(order[i]);
      if (logit >= least_logit || logit == best) order[kept++] = order[i];
    }
    n = kept;
  }
  const Mass heated{best, 1.44269504f / p.temp};
  total = 0;
  for (int i = 0; i < n; i++) total += heated(order[i]);
  return id_of(order[select(order, n, scaled(total, philox::uniform(p.seed, (u32)position)), heated)]);
}

// What follows from a token: the state of the next step, and the host's ring.
inline void publish(abi::State& state, abi::Ring* ring, i32* tokens, u32 token, int position, int ctx) {
  int finish = abi::running;
  if (position >= ctx) finish = abi::context_full;
  if (state.remaining <= 1) finish = abi::limit;
  for (int i = 0; i < state.n_eog; i++) {
    if (state.eog[i] == (i32)token) finish = abi::end_of_generation;
  }
  tokens[position] = (i32)token;
  state.token = (i32)token;
  state.pos = position;
  state.remaining--;
  state.finish = finish;
  ring->tokens[state.produced % abi::ring_slots] = (i32)token;
  ring->finish = finish;
  state.produced++;
  __atomic_store_n(&ring->produced, state.produced, __ATOMIC_RELEASE);
}

}  // namespace llmc::x86
