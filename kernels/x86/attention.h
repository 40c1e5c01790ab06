// Attention over the f16 cache, with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022) in float32.
//
// The queries that share a kv head (a group of heads; in a prompt, of several tokens) go together: positions are taken kStep at a
// time, K is turned once into [element][position] and V widened once, so that scores are sums over lanes that are positions and
// nothing is added across lanes. Each query keeps the running maximum, the sum of exponentials and the unscaled output.
#pragma once
#include "kernels/x86/vector.h"

namespace llmc::x86 {

constexpr int kStep = 64;

template <int dim>
struct Running {
  f32 top = -1e30f, total = 0;
  f32 out[dim] = {};
};

// Scores of the queries [0, pair) against kStep positions: pair x kStep sums over dim elements.
template <int dim, int pair>
X86_FN void scores(const f32* const* q, const f32* turned, f32* out) {
  constexpr int n = W == 16 ? kStep / W : 2;  // registers of positions summed at once
  for (int at = 0; at < kStep; at += n * W) {
    vf sums[pair * n] = {};
#pragma clang loop unroll(disable)
    for (int e = 0; e < dim; e++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < n; i++) {
        const vf k = load<vf>(turned + e * kStep + at + i * W);
#pragma clang loop unroll(full)
        for (int p = 0; p < pair; p++) sums[p * n + i] = fma(k, splat(q[p][e]), sums[p * n + i]);
      }
    }
    for (int p = 0; p < pair; p++) {
      for (int i = 0; i < n; i++) store(out + p * kStep + at + i * W, sums[p * n + i]);
    }
  }
}

// Adds positions [0, valid) of a step to a query: `score` becomes exponentials, then out += exponentials * V.
template <int dim>
X86_FN void absorb(f32* score, int valid, const f32* v, Running<dim>& state) {
  for (int i = valid; i < kStep; i++) score[i] = -1e30f;
  vf top = splat(state.top);
  for (int i = 0; i < kStep; i += W) top = max(top, load<vf>(score + i));
  const f32 largest = max_lane(top);
  vf total = {};
  for (int i = 0; i < kStep; i += W) {
    const vf e = exp(load<vf>(score + i) - splat(largest));
    store(score + i, e);
    total += e;
  }
  const f32 keep = exp(state.top - largest);
  state.top = largest;
  state.total = state.total * keep + sum(total);
  constexpr int n = dim % (4 * W) == 0 ? 4 : dim % (2 * W) == 0 ? 2 : 1;
  for (int at = 0; at < dim; at += n * W) {
    vf low[n], high[n] = {};  // even and odd positions, to hide the latency of an addition
    for (int i = 0; i < n; i++) low[i] = load<vf>(state.out + at + i * W) * splat(keep);
#pragma clang loop unroll(disable)
    for (int p = 0; p < valid; p += 2) {
#pragma clang loop unroll(full)
      for (int i = 0; i < n; i++) {
        low[i] = fma(splat(score[p]), load<vf>(v + p * dim + at + i * W), low[i]);
        high[i] = fma(splat(score[p + 1]), load<vf>(v + (p + 1) * dim + at + i * W), high[i]);
      }
    }
    for (int i = 0; i < n; i++) store(state.out + at + i * W, low[i] + high[i]);
  }
}

// Scratch of one worker: a step of K and V.
template <int dim>
struct Step {
  alignas(64) f32 turned[dim * kStep];
  alignas(64) f32 v[kStep * dim];
};

// Positions [0, n) of a cache row block as a step; the rest is zero.
template <int dim>
X86_FN void load_step(const u16* k, const u16* v, int n, Step<dim>& step) {
  for (int p = 0; p < kStep; p += W) {
    for (int e = 0; e < dim; e += W) {
      vf rows[W];
      for (int i = 0; i < W; i++) rows[i] = p + i < n ? load_half(k + (p + i) * dim + e) : vf{};
      for (int j = 0; j < W; j++) {
        for (int i = 0; i < W; i++) step.turned[(e + j) * kStep + p + i] = rows[i][j];
      }
    }
  }
  for (int p = 0; p < kStep; p++) {
    for (int e = 0; e < dim; e += W) store(step.v + p * dim + e, p < n ? load_half(v + p * dim + e) : vf{});
  }
}

// Queries of several tokens of a prompt against the cache: query i is the token at position first_pos + i / group.
// q[i]: dim floats, scaled by 1/sqrt(dim). k, v: the kv head's cache rows from position 0.
template <int dim>
X86_FN void attend_tokens(const f32* const* q, int count, int group, int first_pos, const u16* k, const u16* v, Step<dim>& step,
                          Running<dim>* states) {
  const int end = first_pos + (count - 1) / group + 1;
  alignas(64) f32 score[2 * kStep];
  for (int at = 0; at < end; at += kStep) {
    load_step<dim>(k + (i64)at * dim, v + (i64)at * dim, least(kStep, end - at), step);
    for (int i = 0; i < count; i += 2) {
      const int pair = least(2, count - i);
      if (pair == 2) scores<dim, 2>(q + i, step.turned, score);
      else scores<dim, 1>(q + i, step.turned, score);
      for (int p = 0; p < pair; p++) {
        const int valid = least(kStep, first_pos + (i + p) / group + 1 - at);
        if (valid > 0) absorb<dim>(score + p * kStep, valid, step.v, states[i + p]);
      }
    }
  }
}

// One token's queries of a kv head against positions [0, n): rows of the cache are read once, in place.
template <int dim, int group>
X86_FN void attend_one(const f32 (*q)[dim], int n, const u16* k, const u16* v, Running<dim>* states) {
  alignas(64) f32 score[group][kStep];
  alignas(64) f32 wide[kStep * dim];
  for (int at = 0; at < n; at += kStep) {
    const int valid = least(kStep, n - at);
    for (int p = 0; p < valid; p += W) {
      vf sums[group][W];
      for (int i = 0; i < W; i++) {
        const u16* row = k + (i64)(at + least(p + i, valid - 1)) * dim;
        __builtin_prefetch(row + kStep * dim);
        for (int g = 0; g < group; g++) sums[g][i] = vf{};
        for (int e = 0; e < dim; e += W) {
          const vf key = load_half(row + e);
          for (int g = 0; g < group; g++) sums[g][i] = fma(key, load<vf>(q[g] + e), sums[g][i]);
        }
      }
      for (int g = 0; g < group; g++) store(&score[g][p], sum_each(sums[g]));
    }
    for (int p = 0; p < valid; p++) {
      for (int e = 0; e < dim; e += W) store(wide + p * dim + e, load_half(v + (i64)(at + p) * dim + e));
    }
    if (valid % 2) {
      for (int e = 0; e < dim; e++) wide[valid * dim + e] = 0;
    }
    for (int g = 0; g < group; g++) absorb<dim>(score[g], valid, wide, states[g]);
  }
}

}  // namespace llmc::x86
