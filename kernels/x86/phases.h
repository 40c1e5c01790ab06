// The phases of a decode token (docs/architecture.md), each as one worker's share of it. Included behind templates/shape.mustache:
// the model's shape (m), the arena (buf), the layers' weights and a Variant per mix of types are constants here.
// x is the residual stream. What a phase reads was written before the barrier in front of it.
#pragma once
#include "kernels/x86/activations.h"
#include "kernels/x86/attention.h"
#include "kernels/x86/dot.h"
#include "kernels/x86/rope.h"
#include "kernels/x86/share.h"

namespace llmc::x86 {

static_assert(m::head_dim % W == 0 && m::head_dim % 16 == 0, "a head is whole vectors");

constexpr int padded(int n) { return (n + 255) / 256 * 256; }
constexpr int widest = padded(m::d_model > m::d_ff ? (m::d_model > m::q_rows ? m::d_model : m::q_rows) : (m::d_ff > m::q_rows ? m::d_ff : m::q_rows));
constexpr int group = m::n_heads / m::n_kv_heads;

template <class T>
X86_FN T* at(const abi::Args* a, u64 offset) {
  return (T*)(a->arena + offset);
}
X86_FN const f32* vector_at(const abi::Args* a, u64 offset) { return (const f32*)(a->weights + offset); }
X86_FN abi::State* state(const abi::Args* a) { return at<abi::State>(a, buf::state); }
X86_FN bool stopped(const abi::Args* a) { return state(a)->finish != abi::running || state(a)->fault != 0; }
X86_FN u16* cache_row(const abi::Args* a, int layer, int value, int kv_head, int pos) {
  return (u16*)a->kv + ((((i64)layer * 2 + value) * m::n_kv_heads + kv_head) * a->ctx + pos) * m::head_dim;
}

template <class F>
constexpr i64 tile_bytes(int columns) {
  if constexpr (F::kFloat) return ((i64)columns * F::kBytes + 63) / 64 * 64;
  else return (i64)(columns + F::kColumns - 1) / F::kColumns * F::kBytes;
}
constexpr int tiles(int rows) { return (rows + kTileRows - 1) / kTileRows; }

// The input of a phase's matrices, in the forms they need.
template <int columns, bool rounded, bool floats>
struct Input {
  alignas(64) i8 q[rounded ? padded(columns) : 1];
  Block blocks[rounded ? padded(columns) / 32 : 1];
  alignas(64) f32 x[columns];

  X86_FN void normalised(const f32* source, const f32* weight) {
    normalise<columns>(source, weight, m::rms_eps, x);
    if constexpr (rounded) round_blocks<columns, padded(columns)>(x, q, blocks);
  }
  X86_FN void plain(const f32* source) {
    if constexpr (floats) __builtin_memcpy(x, source, sizeof x);
    if constexpr (rounded) round_blocks<columns, padded(columns)>(source, q, blocks);
  }
  // The form that a matrix of format F reads.
  template <class F>
  X86_FN auto form() const {
    if constexpr (F::kFloat) return FloatInput<columns>{x};
    else return RoundedInput<padded(columns)>{q, blocks};
  }
};

// out[row] for the rows of a tile that the matrix has.
template <int rows, class Value>
X86_FN void store_tile(int tile, f32* out, Value value) {
  f32* to = out + tile * kTileRows;
  if (rows % kTileRows == 0 || tile + 1 < tiles(rows)) {
    for (int h = 0; h < kHalves; h++) store(to + h * W, value(h, load<vf>(to + h * W)));
    return;
  }
  alignas(64) f32 last[kTileRows] = {};
  for (int i = 0; i < rows % kTileRows; i++) last[i] = to[i];
  for (int h = 0; h < kHalves; h++) store(last + h * W, value(h, load<vf>(last + h * W)));
  for (int i = 0; i < rows % kTileRows; i++) to[i] = last[i];
}

// out = W x (+ bias, or + out) for one worker's tiles.
enum class Add { nothing, bias, out };
template <class F, int rows, int columns, Add add, class In>
X86_FN void matvec(const u8* matrix, Range range, const In& in, const f32* bias, f32* out) {
  const auto form = in.template form<F>();
  for (int tile = range.begin; tile < range.end; tile++) {
    vf acc[kHalves];
    tile_dot<F, 1, columns>(matrix + tile * tile_bytes<F>(columns), form, acc);
    store_tile<rows>(tile, out, [&](int h, vf old) {
      if constexpr (add == Add::out) return acc[h] + old;
      else if constexpr (add == Add::bias) {
        alignas(64) f32 b[kTileRows] = {};
        const int n = least(kTileRows, rows - tile * kTileRows);
        for (int i = 0; i < n; i++) b[i] = bias[tile * kTileRows + i];
        return acc[h] + load<vf>(b + h * W);
      } else return acc[h];
    });
  }
}

// The tiles of q, k and v stand one behind the other; workers share them by bytes.
template <class V>
struct QkvShare {
  static constexpr i64 bytes_q = tile_bytes<typename V::Q>(m::d_model), bytes_k = tile_bytes<typename V::K>(m::d_model),
                       bytes_v = tile_bytes<typename V::V>(m::d_model);
  static constexpr i64 all_q = bytes_q * tiles(m::q_rows), all_k = bytes_k * tiles(m::kv_rows), all_v = bytes_v * tiles(m::kv_rows);
  Range q, k, v;
  X86_FN QkvShare(unsigned worker, unsigned workers)
      : q(share(tiles(m::q_rows), bytes_q, 0, all_q + all_k + all_v, worker, workers)),
        k(share(tiles(m::kv_rows), bytes_k, all_q, all_q + all_k + all_v, worker, workers)),
        v(share(tiles(m::kv_rows), bytes_v, all_q + all_k, all_q + all_k + all_v, worker, workers)) {}
};

inline void embed_phase(const abi::Args* a, unsigned worker) {
  if (worker != 0) return;
  const int token = state(a)->token;
  unpack_row<EmbeddingFormat, m::d_model>(a->weights + token_embd_offset + token / kTileRows * tile_bytes<EmbeddingFormat>(m::d_model),
                                          token % kTileRows, at<f32>(a, buf::x));
}

template <class V>
void qkv_phase(const abi::Args* a, int layer, unsigned worker, unsigned workers) {
  using Q = typename V::Q;
  using K = typename V::K;
  using Vv = typename V::V;
  const LayerWeights& w = layer_weights[layer];
  Input<m::d_model, !(Q::kFloat && K::kFloat && Vv::kFloat), Q::kFloat || K::kFloat || Vv::kFloat> in;
  in.normalised(at<f32>(a, buf::x), vector_at(a, w.attn_norm));
  const QkvShare<V> mine(worker, workers);
  f32* out = at<f32>(a, buf::qkv);
  constexpr Add add = m::qkv_bias ? Add::bias : Add::nothing;
  matvec<Q, m::q_rows, m::d_model, add>(a->weights + w.q, mine.q, in, vector_at(a, w.q_bias), out);
  matvec<K, m::kv_rows, m::d_model, add>(a->weights + w.k, mine.k, in, vector_at(a, w.k_bias), out + m::q_rows);
  matvec<Vv, m::kv_rows, m::d_model, add>(a->weights + w.v, mine.v, in, vector_at(a, w.v_bias), out + m::q_rows + m::kv_rows);
}

// A head of q or k: QK norm, rotation.
X86_FN void prepare_head(const f32* source, const f32* norm, const Rotation<m::rope_dim>& rotation, f32* out) {
  if constexpr (m::qk_norm) normalise<m::head_dim>(source, norm, m::rms_eps, out);
  else if (out != source) __builtin_memcpy(out, source, m::head_dim * sizeof(f32));
  rotate<m::rope_dim, m::rope_halves>(rotation, out);
}
X86_FN void append_cache(const abi::Args* a, int layer, int kv_head, int pos, const f32* k, const f32* v) {
  u16* to_k = cache_row(a, layer, 0, kv_head, pos);
  u16* to_v = cache_row(a, layer, 1, kv_head, pos);
  for (int e = 0; e < m::head_dim; e += W) {
    store_half(to_k + e, load<vf>(k + e));
    store_half(to_v + e, load<vf>(v + e));
  }
}

// Pieces that the context is cut into, so that kv heads x pieces keep every worker busy; a piece has at least 32 positions.
X86_FN int attention_pieces(int positions, unsigned workers) {
  unsigned a = workers, b = m::n_kv_heads;
  while (b != 0) {
    const unsigned rest = a % b;
    a = b;
    b = rest;
  }
  return least(least((int)(workers / a), (positions + 31) / 32), 128);
}

// One kv head over one piece of the context; the last worker to finish a head's pieces merges them, in their order.
inline void attn_phase(const abi::Args* a, int layer, unsigned worker, unsigned workers) {
  constexpr int part_stride = m::head_dim + 2;
  const LayerWeights& w = layer_weights[layer];
  const int pos = state(a)->pos, pieces = attention_pieces(pos + 1, workers);
  const f32* qkv = at<f32>(a, buf::qkv);
  f32* att = at<f32>(a, buf::att);
  f32* parts = at<f32>(a, buf::attn_part);
  u32* counts = at<u32>(a, buf::attn_count);
  Rotation<m::rope_dim> rotation;
  const Range items = share(m::n_kv_heads * pieces, worker, workers);
  if (items.begin < items.end) rotation_at<m::rope_dim>(pos, m::rope_turns, rotation);
  for (int item = items.begin; item < items.end; item++) {
    const int kv_head = item / pieces, piece = item % pieces, first_head = kv_head * group;
    const Range positions = share(pos + 1, piece, pieces);
    if (positions.end == pos + 1) {
      alignas(64) f32 k[m::head_dim];
      const f32* source = qkv + m::q_rows + kv_head * m::head_dim;
      prepare_head(source, vector_at(a, w.k_norm), rotation, k);
      append_cache(a, layer, kv_head, pos, k, source + m::kv_rows);
    }
    alignas(64) f32 q[group][m::head_dim];
    Running<m::head_dim> states[group];
    const f32 scale = 1.0f / sqrt((f32)m::head_dim);
    for (int g = 0; g < group; g++) {
      prepare_head(qkv + (first_head + g) * m::head_dim, vector_at(a, w.q_norm), rotation, q[g]);
      for (int e = 0; e < m::head_dim; e += W) store(q[g] + e, load<vf>(q[g] + e) * splat(scale));
    }
    attend_one<m::head_dim, group>(q, positions.end - positions.begin, cache_row(a, layer, 0, kv_head, positions.begin),
                                   cache_row(a, layer, 1, kv_head, positions.begin), states);
    if (pieces == 1) {
      for (int g = 0; g < group; g++) {
        for (int e = 0; e < m::head_dim; e++) att[(first_head + g) * m::head_dim + e] = states[g].out[e] / states[g].total;
      }
      continue;
    }
    for (int g = 0; g < group; g++) {
      f32* part = parts + ((i64)(first_head + g) * 128 + piece) * part_stride;
      part[0] = states[g].top;
      part[1] = states[g].total;
      __builtin_memcpy(part + 2, states[g].out, m::head_dim * sizeof(f32));
    }
    if (__atomic_add_fetch(&counts[kv_head], 1, __ATOMIC_ACQ_REL) != (u32)pieces) continue;
    __atomic_store_n(&counts[kv_head], 0, __ATOMIC_RELAXED);
    for (int head = first_head; head < first_head + group; head++) {
      const f32* part = parts + (i64)head * 128 * part_stride;
      f32 top = part[0];
      for (int i = 1; i < pieces; i++) top = part[i * part_stride] > top ? part[i * part_stride] : top;
      f32 total = 0;
      f32 out[m::head_dim] = {};
      for (int i = 0; i < pieces; i++) {
        const f32 keep = exp(part[i * part_stride] - top);
        total += keep * part[i * part_stride + 1];
        for (int e = 0; e < m::head_dim; e++) out[e] += keep * part[i * part_stride + 2 + e];
      }
      for (int e = 0; e < m::head_dim; e++) att[head * m::head_dim + e] = out[e] / total;
    }
  }
}

template <class V>
void o_phase(const abi::Args* a, int layer, unsigned worker, unsigned workers) {
  using F = typename V::O;
  Input<m::q_rows, !F::kFloat, F::kFloat> in;
  in.plain(at<f32>(a, buf::att));
  matvec<F, m::d_model, m::q_rows, Add::out>(a->weights + layer_weights[layer].o, share(tiles(m::d_model), worker, workers), in, nullptr,
                                             at<f32>(a, buf::x));
}

template <class V>
void gateup_phase(const abi::Args* a, int layer, unsigned worker, unsigned workers) {
  using Gate = typename V::Gate;
  using Up = typename V::Up;
  const LayerWeights& w = layer_weights[layer];
  Input<m::d_model, !(Gate::kFloat && Up::kFloat), Gate::kFloat || Up::kFloat> in;
  in.normalised(at<f32>(a, buf::x), vector_at(a, w.ffn_norm));
  const Range mine = share(tiles(m::d_ff), worker, workers);
  const auto gate_in = in.template form<Gate>();
  const auto up_in = in.template form<Up>();
  for (int tile = mine.begin; tile < mine.end; tile++) {
    vf gate[kHalves], up[kHalves];
    tile_dot<Gate, 1, m::d_model>(a->weights + w.gate + tile * V::gate_up_stride, gate_in, gate);
    tile_dot<Up, 1, m::d_model>(a->weights + w.up + tile * V::gate_up_stride, up_in, up);
    store_tile<m::d_ff>(tile, at<f32>(a, buf::ffn), [&](int h, vf) { return silu(gate[h]) * up[h]; });
  }
}

template <class V>
void down_phase(const abi::Args* a, int layer, unsigned worker, unsigned workers) {
  using F = typename V::Down;
  Input<m::d_ff, !F::kFloat, F::kFloat> in;
  in.plain(at<f32>(a, buf::ffn));
  matvec<F, m::d_model, m::d_ff, Add::out>(a->weights + layer_weights[layer].down, share(tiles(m::d_model), worker, workers), in, nullptr,
                                           at<f32>(a, buf::x));
}

inline void head_phase(const abi::Args* a, int row, unsigned worker, unsigned workers) {
  using F = OutputFormat;
  Input<m::d_model, !F::kFloat, F::kFloat> in;
  in.normalised(at<f32>(a, buf::x) + (i64)row * m::d_model, vector_at(a, output_norm_offset));
  matvec<F, m::vocab, m::d_model, Add::nothing>(a->weights + output_offset, share(tiles(m::vocab), worker, workers), in, nullptr,
                                                at<f32>(a, buf::logits));
}

// A layer's phases with barriers between; false on a fault.
template <class V>
bool layer_phases(const abi::Args* a, int layer, unsigned worker, unsigned workers, Barrier* barrier) {
  qkv_phase<V>(a, layer, worker, workers);
  if (!barrier->wait()) return false;
  attn_phase(a, layer, worker, workers);
  if (!barrier->wait()) return false;
  o_phase<V>(a, layer, worker, workers);
  if (!barrier->wait()) return false;
  gateup_phase<V>(a, layer, worker, workers);
  if (!barrier->wait()) return false;
  down_phase<V>(a, layer, worker, workers);
  return true;
}

}  // namespace llmc::x86
