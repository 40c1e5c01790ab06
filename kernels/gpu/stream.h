// The weight stream of a workgroup: every group of 32 lanes reads the weights it will need, in the order in which it will need them,
// by bulk copies (cp.async.bulk) into a ring of its own in shared memory. A copy is asked for as soon as a slot is free, whatever the
// group is doing then: waiting for its input, adding up rows, attention. Weights do not depend on anything, so the ring runs ahead
// across phases and layers, and memory is read all the time (cp.async.bulk and mbarrier: PTX ISA, asynchronous copies).
//
// What to read is a list of chunks (an offset and a size), one list a group, made once by `stream_setup` from the same split and the
// same order in which gemv() works. Chunk i of all groups stand together, so that any number of groups fits in the same buffer. The
// lanes of a group hold 32 chunks of the list, and the next 32 are under way: a list read chunk by chunk would make every copy wait for
// the L2 cache first. A slot holds one or several micro tiles that follow one another (stream_slot.h): copies below 2 KB are slow.
#pragma once
#include "kernels/gpu/gemv.h"
#include "kernels/gpu/stream_slot.h"
#include "kernels/prim/bulk.h"

namespace llmc {

template <u32 slots, u32 slot_bytes, u32 offset>
class Stream {
 public:
  static constexpr u32 bytes_per_group = slots * (slot_bytes + 8);

  // The rings of all groups are in shared memory from `offset` on. Asks for the first `slots` chunks. `chunks`: the buffer of the lists;
  // `groups`: of the launch. What can be had from the arguments again is not kept: registers are scarce between two phases.
  LLMC_FN Stream(const abi::Args& a, const u64* chunks, u32 groups) : args_(a), chunks_(chunks), groups_(groups) {
    ahead_ = next_chunks();
    if (lane() == 0) {
      LLMC_UNROLL for (u32 i = 0; i < slots; i++) prim::mbarrier_init(full(i));
      prim::mbarrier_init_fence();
    }
    prim::sync_wave();
    LLMC_GRID_STRIDE for (u32 i = 0; i < slots; i++) ask(i);
  }

  // The chunk at the front, once it is there. All lanes.
  LLMC_FN const u8* front() const {
    prim::mbarrier_wait(full(taken_ % slots), taken_ / slots % 2);
    return ring() + taken_ % slots * slot_bytes;
  }

  // Gives back the front slot, which all lanes have read, and asks for the next chunk.
  LLMC_FN void pop() {
    prim::sync_wave();
    ask(taken_++ % slots);
  }

  // A kernel that ends early waits for what is under way: it lands in this workgroup's memory.
  LLMC_FN void drain() {
    LLMC_GRID_STRIDE for (; taken_ != asked_; taken_++) prim::mbarrier_wait(full(taken_ % slots), taken_ / slots % 2);
  }

 private:
  static LLMC_FN u32 lane() { return prim::thread() % group_lanes; }
  static LLMC_FN u8* ring() { return prim::shared() + offset + prim::thread() / group_lanes * bytes_per_group; }
  static LLMC_FN u64* full(u32 slot) { return (u64*)(ring() + slots * slot_bytes) + slot; }

  // This lane's chunk of the 32 from the one asked for next but 32 (or first).
  LLMC_FN u64 next_chunks() const {
    const u32 group = prim::block() * (prim::threads() / group_lanes) + prim::thread() / group_lanes;
    return prim::load_coherent(chunks_ + (u64)(fetched_ + lane()) * groups_ + group);
  }
  LLMC_FN void ask(u32 slot) {
    const u32 at = asked_ % group_lanes;
    if (at == 0 && asked_ == fetched_) {
      current_ = ahead_;
      fetched_ += group_lanes;
      ahead_ = next_chunks();
    }
    const u32 start = prim::shfl((u32)current_, at), size = prim::shfl((u32)(current_ >> 32), at);
    if (size == 0) return;
    asked_++;
    if (lane() == 0) prim::bulk_load(ring() + slot * slot_bytes, args_.weights + 16 * (u64)start, 16 * size, full(slot));
  }

  const abi::Args& args_;
  const u64* chunks_;
  u32 groups_;
  u64 current_ = 0, ahead_;
  u32 asked_ = 0, taken_ = 0;  // chunks asked for, chunks given back
  u32 fetched_ = 0;            // chunks whose entries are in `current_` or were
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
      constexpr u32 in_slot = tiles_per_slot(F::bytes);
      u32 column = M::template first_tile<slices>(slice) * F::columns, left = M::template tile_count<slices>(slice);
      LLMC_GRID_STRIDE for (; left >= in_slot; left -= in_slot) {
        sum += take<F, in_slot>(column, input, lane);
        column += in_slot * F::columns;
      }
      if constexpr (in_slot > 1) {
        if (left == 1) sum += take<F, 1>(column, input, lane);
      }
      if constexpr (in_slot > 2) {
        if (left == 2) sum += take<F, 2>(column, input, lane);
      }
      if constexpr (in_slot > 3) {
        if (left == 3) sum += take<F, 3>(column, input, lane);
      }
      static_assert(in_slot <= 4);
    });
    return sum;
  }
  // The stream is ahead already.
  template <class Phase>
  LLMC_FN void expect(const abi::Args&, int, u32, u32) {}
  LLMC_FN void end() { stream.drain(); }

 private:
  template <class T> struct Plain { using type = T; };
  template <class T> struct Plain<const T&> { using type = T; };

  template <class F, u32 count>
  LLMC_FN f32 take(u32 column, const fmt::Activations& input, u32 lane) {
    const u8* chunk = stream.front();
    typename F::Raw raw[count];
    LLMC_UNROLL for (u32 i = 0; i < count; i++) raw[i] = F::template load<prim::InShared>(chunk + i * F::bytes, lane);
    f32 sum = 0;
    LLMC_UNROLL for (u32 i = 0; i < count; i++) sum += F::dot(raw[i], input, column + i * F::columns, lane);
    stream.pop();
    return sum;
  }
};

// Writes a group's list, phase after phase.
struct StreamList {
  const u8* weights;
  u64* next;
  u32 stride;

  template <u32 threads, class Phase>
  LLMC_FN void add(const abi::Args& a, int layer, u32 worker, u32 workers, u32 group) {
    using Order = GemvOrder<threads, Phase::slices, Phase::Matrices::tiles_per_item>;
    const auto matrices = Phase::matrices(a, layer);
    const Range mine = Phase::share(worker, workers);
    LLMC_GRID_STRIDE for (u32 first = mine.begin; first < mine.end; first += Order::batch) {
      const u32 units = Order::units(prim::min(Order::batch, mine.end - first));
      LLMC_GRID_STRIDE for (u32 unit = group; unit < units; unit += Order::groups) {
        const u32 slice = Order::slice(unit);
        matrices.visit(Order::tile(first, unit), [&](const auto& matrix, u32 local) LLMC_INLINED {
          const u8* source = matrix.template at<Phase::slices>(local, slice);
          u32 left = matrix.template tile_count<Phase::slices>(slice);
          LLMC_GRID_STRIDE while (left != 0) {
            const u32 count = prim::min(left, tiles_per_slot(matrix.tile_bytes));
            put(source, count * matrix.tile_bytes);
            source += count * matrix.tile_bytes;
            left -= count;
          }
        });
      }
    }
  }
  LLMC_FN void end() { put(weights, 0); }

 private:
  // A chunk: offset from the first weight and size, in units of 16 bytes. A size of 0 ends the list.
  LLMC_FN void put(const u8* first, u32 bytes) {
    prim::store_coherent(next, (u64)(first - weights) / 16 | (u64)(bytes / 16) << 32);
    next += stride;
  }
};

}  // namespace llmc
