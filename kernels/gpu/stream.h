// The weight stream of a workgroup: every group of 32 lanes reads the weights it will need, in the order in which it will need them,
// by bulk copies (cp.async.bulk) into a ring of its own in shared memory. A copy is asked for as soon as a slot is free, whatever the
// group is doing then: waiting at a barrier, adding up rows, attention. Weights do not depend on anything, so the ring runs ahead
// across phases and layers, and memory is read all the time (cp.async.bulk and mbarrier: PTX ISA, asynchronous copies).
//
// What to read is a list of runs (an offset, a number of micro tiles, their size), one list a group, made once by `stream_setup` from
// the same split and the same order in which gemv() works. Run i of all groups stand together, so that any number of groups fits in
// the same buffer. A slot holds one micro tile of any format of the program.
#pragma once
#include "kernels/gpu/gemv.h"
#include "kernels/prim/bulk.h"

namespace llmc {

// Micro tiles that follow one another. `tiles` = 0 ends a list.
struct StreamRun {
  u32 offset;  // from the first weight, in units of 16 bytes
  u16 tiles;
  u16 size;    // of a micro tile, in units of 16 bytes
};

template <u32 slots, u32 slot_bytes>
class Stream {
 public:
  static constexpr u32 bytes_per_group = slots * (slot_bytes + 8);

  // `shared`: bytes_per_group for this group, aligned to 16. Asks for the first `slots` micro tiles. `stride`: from run i to i + 1.
  LLMC_FN void begin(u8* shared, const u8* weights, const StreamRun* runs, u32 stride) {
    data_ = shared;
    full_ = (u64*)(shared + slots * slot_bytes);
    weights_ = weights;
    runs_ = runs;
    stride_ = stride;
    if (prim::thread() % group_lanes == 0) {
      LLMC_UNROLL for (u32 i = 0; i < slots; i++) prim::mbarrier_init(full_ + i);
      prim::mbarrier_init_fence();
      take_run();
      LLMC_GRID_STRIDE for (u32 i = 0; i < slots; i++) ask(i);
    }
    prim::sync_wave();
  }

  // Micro tile `ahead` from the front, once it is there. All lanes.
  LLMC_FN const u8* front(u32 ahead) const {
    u32 slot = slot_ + ahead, parity = parity_;
    if (slot >= slots) {
      slot -= slots;
      parity ^= 1;
    }
    prim::mbarrier_wait(full_ + slot, parity);
    return data_ + slot * slot_bytes;
  }

  // Gives back the first `count` slots, which all lanes have read, and asks for the next micro tiles.
  template <u32 count>
  LLMC_FN void pop() {
    prim::sync_wave();
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      in_flight_--;
      if (prim::thread() % group_lanes == 0) ask(slot_);
      advance();
    }
  }

  // A kernel that ends early waits for what is under way: it lands in this workgroup's memory.
  LLMC_FN void drain() {
    if (prim::thread() % group_lanes != 0) return;
    LLMC_GRID_STRIDE for (; in_flight_ != 0; in_flight_--) {
      prim::mbarrier_wait(full_ + slot_, parity_);
      advance();
    }
  }

 private:
  LLMC_FN void advance() {
    if (++slot_ == slots) {
      slot_ = 0;
      parity_ ^= 1;
    }
  }
  LLMC_FN void take_run() {
    const u64 packed = prim::load_coherent((const u64*)runs_);
    runs_ += stride_;
    source_ = weights_ + 16 * (packed & 0xffffffffu);
    tiles_ = (u32)(packed >> 32) & 0xffffu;
    size_ = (u32)(packed >> 48) * 16;
  }
  LLMC_FN void ask(u32 slot) {
    if (tiles_ == 0) return;
    prim::bulk_load(data_ + slot * slot_bytes, source_, size_, full_ + slot);
    in_flight_++;
    source_ += size_;
    if (--tiles_ == 0) take_run();
  }

  u8* data_;
  u64* full_;
  const u8* weights_;
  const u8* source_;
  const StreamRun* runs_;
  u32 stride_, tiles_, size_;
  u32 slot_ = 0, parity_ = 0;
  u32 in_flight_ = 0;  // of the first lane
};

// gemv()'s weights out of a stream.
template <class S>
struct FromStream {
  S stream;

  template <u32 slices, class Matrices>
  LLMC_HOT LLMC_FN f32 dot(const Matrices& matrices, u32 tile, u32 slice, const fmt::Activations& input, u32 lane) {
    f32 sum = 0;
    matrices.visit(tile, [&](const auto& matrix, u32) LLMC_INLINED {
      using M = typename Plain<decltype(matrix)>::type;
      using F = typename M::F;
      u32 column = M::template first_tile<slices>(slice) * F::columns, left = M::template tile_count<slices>(slice);
      LLMC_GRID_STRIDE for (; left >= 2; left -= 2) {
        const typename F::Raw first = F::template load<prim::InShared>(stream.front(0), lane);
        const typename F::Raw second = F::template load<prim::InShared>(stream.front(1), lane);
        stream.template pop<2>();
        sum += F::dot(first, input, column, lane);
        sum += F::dot(second, input, column + F::columns, lane);
        column += 2 * F::columns;
      }
      if (left != 0) {
        const typename F::Raw raw = F::template load<prim::InShared>(stream.front(0), lane);
        stream.template pop<1>();
        sum += F::dot(raw, input, column, lane);
      }
    });
    return sum;
  }
  template <class Phase>
  LLMC_FN void expect(const abi::Args& a, int layer, u32 worker, u32 workers) {
    Phase::prefetch_vectors(a, layer, worker, workers);
  }
  LLMC_FN void end() { stream.drain(); }

 private:
  template <class T> struct Plain { using type = T; };
  template <class T> struct Plain<const T&> { using type = T; };
};

// Writes a group's list, phase after phase.
struct StreamList {
  const u8* weights;
  StreamRun* next;
  u32 stride;

  template <u32 threads, class Phase>
  LLMC_FN void add(const abi::Args& a, int layer, u32 worker, u32 workers, u32 group) {
    using Order = GemvOrder<threads, Phase::slices, Phase::Matrices::tiles_per_item>;
    const auto matrices = Phase::matrices(a, layer);
    const Range mine = split(Phase::items, workers, worker);
    LLMC_GRID_STRIDE for (u32 first = mine.begin; first < mine.end; first += Order::batch) {
      const u32 units = Order::units(prim::min(Order::batch, mine.end - first));
      LLMC_GRID_STRIDE for (u32 unit = group; unit < units; unit += Order::groups) {
        const u32 slice = Order::slice(unit);
        matrices.visit(Order::tile(first, unit), [&](const auto& matrix, u32 local) LLMC_INLINED {
          const u32 tiles = matrix.template tile_count<Phase::slices>(slice);
          if (tiles != 0) put(matrix.template at<Phase::slices>(local, slice), tiles, matrix.tile_bytes);
        });
      }
    }
  }
  LLMC_FN void end() { put(weights, 0, 0); }

 private:
  LLMC_FN void put(const u8* first, u32 tiles, u32 bytes) {
    const u64 packed = (u64)(first - weights) / 16 | (u64)tiles << 32 | (u64)(bytes / 16) << 48;
    prim::store_coherent((u64*)next, packed);
    next += stride;
  }
};

}  // namespace llmc
