// Matrix times vector. The unit of work is a row tile (8 rows) times a slice of its columns, done by a group of 32 lanes: lane l sums
// part l % 4 of row l / 4, two shuffles add the parts, and the sums of a tile's slices meet in shared memory, where one thread a row
// adds them in a fixed order (the result does not depend on timing) and hands the row to the phase's epilogue.
//
// Row tiles are dealt to workgroups in contiguous ranges (split.h). Loads of several micro tiles are in flight before the first is
// used; with 16 groups a workgroup that keeps 30 to 60 KB under way on each compute unit.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/gpu/args.h"
#include "kernels/gpu/staging.h"
#include "kernels/gpu/workspace.h"
#include "kernels/split.h"

namespace llmc {

constexpr u32 group_lanes = 32;

// `count` micro tiles from `tile` on, which starts at `column`: all loads, then all products.
template <class F, u32 count, class Memory = prim::Streamed>
LLMC_HOT LLMC_FN f32 dot_tiles(const u8* tile, u32 column, const fmt::Activations& input, u32 lane) {
  typename F::Raw raw[count];
  LLMC_UNROLL for (u32 i = 0; i < count; i++) raw[i] = F::template load<Memory>(tile + i * F::bytes, lane);
  f32 sum = 0;
  LLMC_UNROLL for (u32 i = 0; i < count; i++) sum += F::dot(raw[i], input, column + i * F::columns, lane);
  return sum;
}

// A matrix of `column_count` columns in the packed weights; row tile t stands at base + t * stride.
template <class Format, u32 column_count>
struct Matrix {
  using F = Format;
  static constexpr u32 micro_tiles = (column_count + F::columns - 1) / F::columns, tile_bytes = F::bytes;
  const u8* base;
  u64 stride;

  // A slice's micro tiles: they follow one another.
  template <u32 slices>
  static LLMC_FN u32 first_tile(u32 slice) { return slice * (micro_tiles / slices) + prim::min(slice, micro_tiles % slices); }
  template <u32 slices>
  static LLMC_FN u32 tile_count(u32 slice) { return micro_tiles / slices + (slice < micro_tiles % slices); }
  template <u32 slices>
  LLMC_FN const u8* at(u32 row_tile, u32 slice) const { return base + row_tile * stride + first_tile<slices>(slice) * F::bytes; }

  // Of `count` micro tiles that follow one another, how many are loaded at once: as many as the format says, or all where they are not twice as
  // many and leave half of the registers.
  template <u32 count>
  static constexpr u32 batch_of = count > F::unroll && count < 2 * F::unroll && count * sizeof(typename F::Raw) <= 256 ? count : F::unroll;

  // One lane's part of the product of its row with slice `slice` of `slices`; of the slice without its first `skip` micro tiles.
  template <u32 slices, u32 skip = 0>
  LLMC_HOT LLMC_FN f32 dot(u32 row_tile, u32 slice, const fmt::Activations& input, u32 lane) const {
    constexpr u32 whole = micro_tiles / slices - skip, extra = micro_tiles % slices, batch = batch_of<whole>, rest = whole % batch;
    const u8* tile = at<slices>(row_tile, slice) + skip * F::bytes;
    u32 column = (first_tile<slices>(slice) + skip) * F::columns;
    f32 sum = 0;
    LLMC_GRID_STRIDE for (u32 i = 0; i < whole / batch; i++) {
      sum += dot_tiles<F, batch>(tile, column, input, lane);
      tile += batch * F::bytes;
      column += batch * F::columns;
    }
    if constexpr (rest != 0) {
      sum += dot_tiles<F, rest>(tile, column, input, lane);
      tile += rest * F::bytes;
      column += rest * F::columns;
    }
    if constexpr (extra != 0) {
      if (slice < extra) sum += dot_tiles<F, 1>(tile, column, input, lane);
    }
    return sum;
  }

  // How many of a slice's micro tiles are staged in a slot of `bytes` bytes: as many as fit of those that all slices have.
  template <u32 slices, u32 bytes>
  static constexpr u32 staged_tiles = bytes / F::bytes < micro_tiles / slices ? bytes / F::bytes : micro_tiles / slices;

  template <u32 slices, u32 bytes>
  LLMC_FN u32 staged_bytes() const { return staged_tiles<slices, bytes> * F::bytes; }

  // dot() where a slice's first micro tiles are staged: what follows them is asked for before they are used.
  template <u32 slices, class Staging>
  LLMC_HOT LLMC_FN f32 dot_staged(u32 row_tile, u32 slice, const fmt::Activations& input, u32 lane, const u8* slot) const {
    constexpr u32 whole = micro_tiles / slices, staged = staged_tiles<slices, Staging::slot_bytes>;
    constexpr u32 next = whole - staged < F::unroll ? whole - staged : F::unroll;
    const u8* tile = at<slices>(row_tile, slice);
    const u32 column = first_tile<slices>(slice) * F::columns;
    typename F::Raw raw[next + 1];  // there are no arrays of none
    LLMC_UNROLL for (u32 i = 0; i < next; i++) raw[i] = F::load(tile + (staged + i) * F::bytes, lane);
    f32 sum = 0;
    LLMC_GRID_STRIDE for (u32 i = 0; i < staged; i++) {
      sum += dot_tiles<F, 1, prim::InShared>(slot + i * F::bytes, column + i * F::columns, input, lane);
    }
    LLMC_UNROLL for (u32 i = 0; i < next; i++) sum += F::dot(raw[i], input, column + (staged + i) * F::columns, lane);
    return sum + dot<slices, staged + next>(row_tile, slice, input, lane);
  }

  // Asks for the first lines of a slice, at most `lines`, to be brought into the L2 cache.
  template <u32 slices, u32 lines>
  LLMC_FN void prefetch(u32 row_tile, u32 slice, u32 lane) const {
    if (lane < lines && 128 * lane < tile_count<slices>(slice) * F::bytes) prim::prefetch(at<slices>(row_tile, slice) + 128 * lane);
  }
};

// `a` or `b`, chosen by value: choosing between the structs would keep them in memory.
template <class F, u32 columns>
LLMC_FN Matrix<F, columns> choose(bool first, const Matrix<F, columns>& a, const Matrix<F, columns>& b) {
  return {first ? a.base : b.base, first ? a.stride : b.stride};
}

// What a phase multiplies: row tiles numbered from 0 over one or several matrices. A phase's item is one tile, or a gate and an up tile.
template <class F, u32 columns>
struct OneMatrix {
  static constexpr u32 tiles_per_item = 1, micro_tiles = Matrix<F, columns>::micro_tiles, item_bytes = micro_tiles * F::bytes;
  Matrix<F, columns> matrix;

  template <class Function>
  LLMC_FN void visit(u32 tile, Function f) const {
    f(matrix, tile);
  }
};

// Rows of Q, K and V one after another. The row counts are multiples of a row tile where a head has a multiple of 8 elements.
template <class FQ, class FK, class FV, u32 columns, u32 q_tiles, u32 kv_tiles>
struct QkvMatrices {
  static constexpr u32 tiles_per_item = 1, micro_tiles = Matrix<FQ, columns>::micro_tiles, item_bytes = micro_tiles * FQ::bytes;
  Matrix<FQ, columns> q;
  Matrix<FK, columns> k;
  Matrix<FV, columns> v;

  // Calls f(matrix, tile of that matrix); matrices of the same format share the code.
  template <class Function>
  LLMC_FN void visit(u32 tile, Function f) const {
    const bool in_q = tile < q_tiles, in_k = tile < q_tiles + kv_tiles;
    const u32 local = in_q ? tile : in_k ? tile - q_tiles : tile - q_tiles - kv_tiles;
    if constexpr (same<FQ, FK> && same<FQ, FV>) {
      f(choose(in_q, q, choose(in_k, k, v)), local);
    } else if constexpr (same<FQ, FK>) {
      if (in_k) f(choose(in_q, q, k), local);
      else f(v, local);
    } else {
      if (in_q) f(q, local);
      else if (in_k) f(k, local);
      else f(v, local);
    }
  }
 private:
  template <class A, class B>
  static constexpr bool same = __is_same(A, B);
};

// Gate and up alternate: tile 2i is gate tile i, tile 2i + 1 is up tile i.
template <class FG, class FU, u32 columns>
struct GateUpMatrices {
  static constexpr u32 tiles_per_item = 2, micro_tiles = Matrix<FG, columns>::micro_tiles, item_bytes = 2 * micro_tiles * FG::bytes;
  Matrix<FG, columns> gate;
  Matrix<FU, columns> up;

  template <class Function>
  LLMC_FN void visit(u32 tile, Function f) const {
    if constexpr (__is_same(FG, FU)) {
      f(choose(tile % 2 != 0, up, gate), tile / 2);
    } else if (tile % 2) {
      f(up, tile / 2);
    } else {
      f(gate, tile / 2);
    }
  }
};

template <u32 count>
struct RowSums {
  f32 value[count];  // of the item's tiles
};

// What a row's sum is added to (a residual, a bias), loaded by `term` for the thread's first row before the phase's input is waited for.
template <class Term>
struct EarlyTerm {
  Term load;
  u32 row;
  f32 value;
};
template <class Term>
LLMC_FN EarlyTerm<Term> early_term(Range mine, Term term) {
  const u32 row = mine.begin * fmt::tile_rows + prim::thread();
  return {term, row, row < mine.end * fmt::tile_rows ? term(row) : 0.0f};
}

// The work of one worker in a phase: items `mine`. finish(row of the item's matrix, RowSums, term(row), valid) is called by all lanes of
// a wave, a row a lane, `valid` false for lanes past the end. `input` is in shared memory and the workgroup is
// synchronised; it must be again before the next phase writes partial sums, which load_input() sees to.
// `staging`: where gemv_stage() put the first weights of each group's first unit.
template <u32 threads, u32 slices, class Matrices, class Term, class Finish, class Staging = NoStaging>
LLMC_HOT LLMC_FN void gemv(const Matrices& matrices, Range mine, const fmt::Activations& input, const EarlyTerm<Term>& term, Finish finish,
                           Staging staging = {}) {
  constexpr u32 per_item = Matrices::tiles_per_item, groups = threads / group_lanes;
  constexpr u32 batch = partial_bytes / 4 / (fmt::tile_rows * slices * per_item);  // items whose partial sums fit
  static_assert(batch > 0);
  f32* partial = (f32*)(prim::shared() + partial_offset);
  const u32 thread = prim::thread(), lane = thread % group_lanes, group = thread / group_lanes;
  LLMC_GRID_STRIDE for (u32 first = mine.begin; first < mine.end; first += batch) {
    const u32 count = prim::min(batch, mine.end - first), units = count * per_item * slices, rows = count * fmt::tile_rows;
    if (first != mine.begin) prim::sync_block();
    // One lane's part of unit `unit`, as dot(matrix, tile, slice) has it; all lanes of a wave.
    const auto make = [&](u32 unit, auto dot) LLMC_INLINED {
      f32 sum = 0;
      if (unit < units) {
        matrices.visit(first * per_item + unit / slices, [&](const auto& matrix, u32 tile) LLMC_INLINED { sum = dot(matrix, tile, unit % slices); });
      }
      sum = prim::wave_sum<4>(sum);
      if (unit < units && lane % 4 == 0) partial[unit * fmt::tile_rows + lane / 4] = sum;
    };
    u32 round = 0;
    if constexpr (Staging::slot_bytes != 0) {
      if (first == mine.begin) {
        staging.wait(group);
        make(group, [&](const auto& matrix, u32 tile, u32 slice) LLMC_INLINED {
          return matrix.template dot_staged<slices, Staging>(tile, slice, input, lane, staging.slot(group));
        });
        round = groups;
      }
    }
    // Both groups of a 64-lane wave go through the same rounds, so that the shuffles meet.
    LLMC_GRID_STRIDE for (; round < units; round += groups) {
      make(round + group, [&](const auto& matrix, u32 tile, u32 slice) LLMC_INLINED { return matrix.template dot<slices>(tile, slice, input, lane); });
    }
    prim::sync_block();
    LLMC_GRID_STRIDE for (u32 i = thread; i - thread % prim::kWave < rows; i += threads) {
      const bool valid = i < rows;
      const u32 item = i / fmt::tile_rows, row = i % fmt::tile_rows, r = first * fmt::tile_rows + i;
      RowSums<per_item> sums;
      LLMC_UNROLL for (u32 t = 0; t < per_item; t++) {
        f32 part[slices];
        LLMC_UNROLL for (u32 s = 0; s < slices; s++) part[s] = valid ? partial[((item * per_item + t) * slices + s) * fmt::tile_rows + row] : 0.0f;
        sums.value[t] = prim::sum_of(part) * input.factor;
      }
      finish(r, sums, r == term.row ? term.value : valid ? term.load(r) : 0.0f, valid);
    }
  }
}

// Calls f(matrix, tile, slice) for the first unit of this lane's group, where it has one.
template <u32 slices, class Matrices, class Function>
LLMC_FN void visit_first_unit(const Matrices& matrices, Range mine, Function f) {
  const u32 unit = prim::thread() / group_lanes;
  if (unit >= (mine.end - mine.begin) * Matrices::tiles_per_item * slices) return;
  matrices.visit(mine.begin * Matrices::tiles_per_item + unit / slices, [&](const auto& matrix, u32 tile) LLMC_INLINED { f(matrix, tile, unit % slices); });
}

// Brings the first of the worker's weights into L2 while something else is waited for: a phase's input, whose packets come later the more is under way.
// Of a long phase half as much: the last to finish the phase before still reads its own. `items`: of the worker with the most.
template <u32 slices, u32 items, class Matrices>
LLMC_HOT LLMC_FN void gemv_prefetch(const Matrices& matrices, Range mine) {
  constexpr u32 lines = items * Matrices::item_bytes > 128 * 1024 ? group_lanes / 2 : group_lanes;
  visit_first_unit<slices>(matrices, mine, [&](const auto& matrix, u32 tile, u32 slice) LLMC_INLINED {
    matrix.template prefetch<slices, lines>(tile, slice, prim::thread() % group_lanes);
  });
}

// Has the first weights of each group's first unit copied to its slot. The workgroup is synchronised since they were last read.
template <u32 slices, class Staging, class Matrices>
LLMC_FN void gemv_stage(const Matrices& matrices, Range mine) {
  if (prim::thread() % group_lanes != 0) return;
  const u8* from = nullptr;
  u32 size = 0;
  visit_first_unit<slices>(matrices, mine, [&](const auto& matrix, u32 tile, u32 slice) LLMC_INLINED {
    from = matrix.template at<slices>(tile, slice);
    size = matrix.template staged_bytes<slices, Staging::slot_bytes>();
  });
  Staging::copy(prim::thread() / group_lanes, from, size);
}

// The term of phases that have none.
struct Nothing {
  LLMC_FN f32 operator()(u32) const { return 0; }
};
constexpr EarlyTerm<Nothing> no_term = {{}, ~0u, 0};

// Brings a float32 vector into L2 ahead of its use; each worker a line.
LLMC_FN void prefetch_vector(const abi::Args& a, u64 offset, u32 count, u32 worker, u32 workers) {
  LLMC_GRID_STRIDE for (u32 line = worker; 128 * line < 4 * count; line += workers) {
    if (prim::thread() == 0) prim::prefetch(a.weights + offset + 128 * line);
  }
}

// x * sigmoid(x).
LLMC_FN f32 silu(f32 x) { return x * prim::rcp(1.0f + prim::exp2(-1.44269504f * x)); }

}  // namespace llmc
