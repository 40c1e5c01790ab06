// The phases of a chunk of a prompt: n tokens at positions start..start+n-1. Matrices: a worker's row tiles, each unpacked once for
// kTokens tokens at a time; the rest: tokens, shared among workers. Included behind templates/shape.mustache.
#pragma once
#include "kernels/x86/phases.h"

namespace llmc::x86 {

// Tokens that share an unpacking: their sums, their dot products and the codes fit the registers.
constexpr int kTokens = W == 16 ? 8 : 4;

// Rounded rows of the chunk in the arena; xs holds the blocks.
X86_FN i8* rounded_row(const abi::Args* a, int t) { return at<i8>(a, buf::xq) + (i64)t * widest; }
X86_FN Block* block_row(const abi::Args* a, int t) { return at<Block>(a, buf::xs) + (i64)t * (widest / 32); }
X86_FN f32* float_row(const abi::Args* a, int t) { return at<f32>(a, buf::xf) + (i64)t * widest; }

template <class F>
X86_FN auto input_at(const abi::Args* a, int t) {
  if constexpr (F::kFloat) return FloatInput<widest>{float_row(a, t)};
  else return RoundedInput<widest>{rounded_row(a, t), block_row(a, t)};
}

// Calls body(t, count as a constant) for tokens t in steps of kTokens, then of a quarter of it, then one by one.
template <int count>
struct Tokens {};
template <int count = kTokens, class Body>
X86_FN void each_token_group(int t, int n, const Body& body) {
  for (; t + count <= n; t += count) body(t, Tokens<count>{});
  if constexpr (count > 1) {
    if (t < n) each_token_group<(count > 4 ? count / 4 : 1)>(t, n, body);
  }
}

// Rows [first, first + 16) of one token's output, of which the matrix has `rows`.
template <int rows>
X86_FN void store_rows(f32* out, int tile, int h, vf value) {
  if (rows % kTileRows == 0 || tile + 1 < tiles(rows)) {
    store(out + tile * kTileRows + h * W, value);
    return;
  }
  for (int i = 0; i < W; i++) {
    if (h * W + i < rows % kTileRows) out[tile * kTileRows + h * W + i] = value[i];
  }
}
template <int rows>
X86_FN vf load_rows(const f32* from, int tile, int h) {
  if (rows % kTileRows == 0 || tile + 1 < tiles(rows)) return load<vf>(from + tile * kTileRows + h * W);
  vf value = {};
  for (int i = 0; i < W; i++) {
    if (h * W + i < rows % kTileRows) value[i] = from[tile * kTileRows + h * W + i];
  }
  return value;
}

// out[t][row] = W x[t] (+ bias, or + out), row stride `stride` floats.
template <class F, int rows, int columns, Add add>
X86_FN void matmul(const abi::Args* a, const u8* matrix, Range range, int n, const f32* bias, f32* out, int stride) {
  for (int tile = range.begin; tile < range.end; tile++) {
    const u8* weights = matrix + tile * tile_bytes<F>(columns);
    each_token_group(0, n, [&]<int count>(int t, Tokens<count>) {
      vf acc[kHalves * count];
      tile_dot<F, count, columns>(weights, input_at<F>(a, t), acc);
      for (int h = 0; h < kHalves; h++) {
        vf base = {};
        if constexpr (add == Add::bias) base = load_rows<rows>(bias, tile, h);
        for (int i = 0; i < count; i++) {
          f32* row = out + (i64)(t + i) * stride;
          if constexpr (add == Add::out) base = load_rows<rows>(row, tile, h);
          store_rows<rows>(row, tile, h, acc[h * count + i] + base);
        }
      }
    });
  }
}

inline void prefill_embed(const abi::Args* a, int start, int n, unsigned worker, unsigned workers) {
  const Range mine = share(n, worker, workers);
  for (int t = mine.begin; t < mine.end; t++) {
    const int token = at<i32>(a, buf::tokens)[start + t];
    unpack_row<EmbeddingFormat, m::d_model>(a->weights + token_embd_offset + token / kTileRows * tile_bytes<EmbeddingFormat>(m::d_model),
                                            token % kTileRows, at<f32>(a, buf::x) + (i64)t * m::d_model);
  }
}

template <bool rounded, bool floats>
X86_FN void prefill_norm(const abi::Args* a, u64 weight, int n, unsigned worker, unsigned workers) {
  const Range mine = share(n, worker, workers);
  for (int t = mine.begin; t < mine.end; t++) {
    alignas(64) f32 local[m::d_model];
    f32* out = floats ? float_row(a, t) : local;
    normalise<m::d_model>(at<f32>(a, buf::x) + (i64)t * m::d_model, vector_at(a, weight), m::rms_eps, out);
    if constexpr (rounded) round_blocks<m::d_model, padded(m::d_model)>(out, rounded_row(a, t), block_row(a, t));
  }
}

// Rounds rows of `columns` floats at buffer `from`.
template <int columns, bool rounded, bool floats>
X86_FN void prefill_quant(const abi::Args* a, u64 from, int n, unsigned worker, unsigned workers) {
  const Range mine = share(n, worker, workers);
  for (int t = mine.begin; t < mine.end; t++) {
    const f32* source = at<f32>(a, from) + (i64)t * columns;
    if constexpr (floats) __builtin_memcpy(float_row(a, t), source, columns * sizeof(f32));
    if constexpr (rounded) round_blocks<columns, padded(columns)>(source, rounded_row(a, t), block_row(a, t));
  }
}

template <class V>
void prefill_qkv(const abi::Args* a, int layer, int n, unsigned worker, unsigned workers) {
  const LayerWeights& w = layer_weights[layer];
  const QkvShare<V> mine(worker, workers);
  f32* out = at<f32>(a, buf::qkv);
  constexpr Add add = m::qkv_bias ? Add::bias : Add::nothing;
  matmul<typename V::Q, m::q_rows, m::d_model, add>(a, a->weights + w.q, mine.q, n, vector_at(a, w.q_bias), out, m::qkv_rows);
  matmul<typename V::K, m::kv_rows, m::d_model, add>(a, a->weights + w.k, mine.k, n, vector_at(a, w.k_bias), out + m::q_rows, m::qkv_rows);
  matmul<typename V::V, m::kv_rows, m::d_model, add>(a, a->weights + w.v, mine.v, n, vector_at(a, w.v_bias),
                                                     out + m::q_rows + m::kv_rows, m::qkv_rows);
}

// QK norm, RoPE and the scale of the scores on q, in place; k and v to the cache.
inline void prefill_rope(const abi::Args* a, int layer, int start, int n, unsigned worker, unsigned workers) {
  const LayerWeights& w = layer_weights[layer];
  const Range mine = share(n, worker, workers);
  const f32 scale = 1.0f / sqrt((f32)m::head_dim);
  for (int t = mine.begin; t < mine.end; t++) {
    f32* row = at<f32>(a, buf::qkv) + (i64)t * m::qkv_rows;
    Rotation<m::rope_dim> rotation;
    rotation_at<m::rope_dim>(start + t, m::rope_turns, rotation);
    for (int head = 0; head < m::n_heads; head++) {
      f32* q = row + head * m::head_dim;
      prepare_head(q, vector_at(a, w.q_norm), rotation, q);
      for (int e = 0; e < m::head_dim; e += W) store(q + e, load<vf>(q + e) * splat(scale));
    }
    for (int head = 0; head < m::n_kv_heads; head++) {
      f32* k = row + m::q_rows + head * m::head_dim;
      prepare_head(k, vector_at(a, w.k_norm), rotation, k);
      append_cache(a, layer, head, start + t, k, k + m::kv_rows);
    }
  }
}

inline void prefill_attn(const abi::Args* a, int layer, int start, int n, unsigned worker, unsigned workers) {
  constexpr int tokens = group >= 128 ? 1 : 128 / group < 32 ? 128 / group : 32;  // of an item; at most 128 queries
  const int groups = (n + tokens - 1) / tokens, items = groups * m::n_kv_heads;
  Step<m::head_dim> step;
  Running<m::head_dim> states[tokens * group];
  const f32* q[tokens * group];
  // Later tokens see more positions: items go round, heads fastest.
  for (int item = (int)worker; item < items; item += (int)workers) {
    const int kv_head = item % m::n_kv_heads, first = item / m::n_kv_heads * tokens, count = least(tokens, n - first);
    for (int i = 0; i < count * group; i++) {
      q[i] = at<f32>(a, buf::qkv) + (i64)(first + i / group) * m::qkv_rows + (kv_head * group + i % group) * m::head_dim;
      states[i] = {};
    }
    attend_tokens<m::head_dim>(q, count * group, group, start + first, cache_row(a, layer, 0, kv_head, 0), cache_row(a, layer, 1, kv_head, 0),
                               step, states);
    for (int i = 0; i < count * group; i++) {
      f32* out = at<f32>(a, buf::att) + (i64)(first + i / group) * m::q_rows + (kv_head * group + i % group) * m::head_dim;
      for (int e = 0; e < m::head_dim; e += W) store(out + e, load<vf>(states[i].out + e) * splat(1.0f / states[i].total));
    }
  }
}

template <class V>
void prefill_o(const abi::Args* a, int layer, int n, unsigned worker, unsigned workers) {
  matmul<typename V::O, m::d_model, m::q_rows, Add::out>(a, a->weights + layer_weights[layer].o, share(tiles(m::d_model), worker, workers), n,
                                                         nullptr, at<f32>(a, buf::x), m::d_model);
}

template <class V>
void prefill_gateup(const abi::Args* a, int layer, int n, unsigned worker, unsigned workers) {
  using Gate = typename V::Gate;
  using Up = typename V::Up;
  const LayerWeights& w = layer_weights[layer];
  const Range mine = share(tiles(m::d_ff), worker, workers);
  for (int tile = mine.begin; tile < mine.end; tile++) {
    each_token_group(0, n, [&]<int count>(int t, Tokens<count>) {
      vf gate[kHalves * count], up[kHalves * count];
      tile_dot<Gate, count, m::d_model>(a->weights + w.gate + tile * V::gate_up_stride, input_at<Gate>(a, t), gate);
      tile_dot<Up, count, m::d_model>(a->weights + w.up + tile * V::gate_up_stride, input_at<Up>(a, t), up);
      for (int h = 0; h < kHalves; h++) {
        for (int i = 0; i < count; i++) {
          store_rows<m::d_ff>(at<f32>(a, buf::ffn) + (i64)(t + i) * m::d_ff, tile, h, silu(gate[h * count + i]) * up[h * count + i]);
        }
      }
    });
  }
}

template <class V>
void prefill_down(const abi::Args* a, int layer, int n, unsigned worker, unsigned workers) {
  matmul<typename V::Down, m::d_model, m::d_ff, Add::out>(a, a->weights + layer_weights[layer].down, share(tiles(m::d_model), worker, workers),
                                                          n, nullptr, at<f32>(a, buf::x), m::d_model);
}

}  // namespace llmc::x86
