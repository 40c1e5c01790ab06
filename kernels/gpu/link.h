// How the vectors of a token travel between workgroups. Two ways with the same interface, for the phases of a decode step:
//
// ThroughMemory: float32 in the arena's buffers, written by one kernel and read by the next, or with a grid barrier between.
//
// Packets: data that carries its own readiness (fusion level `model`). A packet is 8 bytes, stored and loaded as one: two values of 24
// bits (float32 without its last 8 bits of mantissa, rounded to nearest) and, in 16 bits, the number of the phase that wrote them. A
// reader polls the data itself, so a boundary between phases costs one store and one load through L2, not a barrier and then a load.
// Of a short vector, a run of four elements a thread (two in qkv), every thread polls what it will read: one trip through L2 from the last store to the
// element. Polling all of a longer one from all workgroups would keep the L2 cache busy with it; so a wave asks for the first and the last packet of
// each block that it will read until they are there, and then reads the blocks, which are nearly always complete by then. Measured in
// docs/performance.md.
//
// Before a buffer is written again, at least one phase has passed in which every writer read a whole vector whose writers had read all of
// the buffer; so nobody overwrites what is still wanted. Only a worker that has nothing to compute in a phase, for which nobody waits, may
// find a later phase's packets; it takes them, and uses them for nothing. Phase numbers go on from token to token (word 32 of the buffer
// `barrier`); their lower 16 bits repeat long after any vector was rewritten.
//
// No wait is without end: after State::spin_limit_ms, State::fault is set and every workgroup leaves (barrier.h).
#pragma once
#include "kernels/gpu/barrier.h"

namespace llmc {

struct ThroughMemory {
  static constexpr bool packets = false;
  using Run = f32x4;  // the elements that 16 bytes are
  // Words 4 run .. + 3 of the vector as they travel, for run = first + i stride, i < count; zeros from `columns` on.
  template <u32 count>
  LLMC_FN void read(const f32* vector, u32 columns, u32 first, u32 stride, u32x4 (&raw)[count]) const {
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      const u32 run = first + i * stride;
      raw[i] = u32x4{0, 0, 0, 0};
      if (run < columns / 4) raw[i] = prim::load_coherent((const u32x4*)vector + run);
    }
  }
  // The four elements that such words are.
  LLMC_FN f32x4 elements(u32x4 raw) const { return __builtin_bit_cast(f32x4, raw); }
  // Elements first[i] and second[i] of `row`, where valid[i]. All lanes of a wave.
  template <u32 count>
  LLMC_FN void read_pairs(const f32* row, const u32 (&first)[count], const u32 (&second)[count], const bool (&valid)[count], f32 (&a)[count],
                          f32 (&b)[count]) const {
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      a[i] = b[i] = 0;
      if (valid[i]) {
        a[i] = prim::load_coherent(row + first[i]);
        b[i] = prim::load_coherent(row + second[i]);
      }
    }
  }
  // Lanes 2k and 2k + 1 hold elements that are neighbours, both valid or neither. All lanes of a wave.
  LLMC_FN void write(f32* vector, u32 index, f32 value, bool valid) const {
    if (valid) prim::store_coherent(vector + index, value);
  }
  // Elements index and index + 1, where `valid`; index is even. Lanes 2k and 2k + 1 hold pairs that are neighbours. All lanes of a wave.
  LLMC_FN void write_pair(f32* vector, u32 index, f32 first, f32 second, bool valid) const {
    if (valid) prim::store_coherent((u64*)(vector + index), (u64)prim::bits(first) | (u64)prim::bits(second) << 32);
  }
  LLMC_FN bool failed() const { return false; }
};

// A look at the clock in a wait that began at `start` (0: not yet known), which is returned; `no_patience` when the wait is over its
// limit, which makes it a fault, or another has found one.
constexpr u64 no_patience = ~0ull;
LLMC_APART u64 patience_since(u8* arena, abi::Ring* ring, u64 start) {
  abi::State* s = (abi::State*)arena;
  if (prim::load_coherent(&s->fault) != 0) return no_patience;
  const u64 now = prim::ticks();
  if (start == 0) return now;
  if (now - start <= (u64)s->spin_limit_ms * prim::ticks_per_ms) return start;
  prim::store_coherent(&s->fault, 1u);
  prim::store_system(&ring->fault, 1u);
  return no_patience;
}

class Packets {
 public:
  static constexpr bool packets = true;
  using Run = f32x4;
  // `phase`: the number of the first phase, or of the one that another copy of this is at.
  LLMC_FN Packets(const abi::Args& a, u32 phase) : args_(a), phase_(phase) {}
  LLMC_FN u32 phase() const { return phase_; }
  LLMC_FN const abi::Args& args() const { return args_; }
  // Once a token; the workgroup synchronises before it reads. Uses the scratch of shared memory.
  LLMC_FN void begin() const {
    if (prim::thread() == 0) *failure() = 0;
  }
  // The next phase reads what this one writes.
  LLMC_FN void next_phase() { phase_++; }

  // One thread, when every workgroup has begun: the next token's phases have other numbers.
  LLMC_FN void end(u32* epoch) const { prim::store_coherent(epoch, phase_ + 1); }

  static constexpr u32 polled_runs = 1;  // a thread that reads at most so many polls them itself
  template <u32 polled = polled_runs, u32 count>
  LLMC_FN void read(const f32* vector, u32 columns, u32 first, u32 stride, u32x4 (&raw)[count]) const {
    read_runs<polled>(vector, columns / 4, first, stride, raw, [&](u32 upper) LLMC_INLINED { return there(upper); });
  }
  // The same from a vector of float32 in memory, as packets of it would be.
  template <u32 count>
  LLMC_FN void from_memory(const f32* vector, u32 columns, u32 first, u32 stride, u32x4 (&raw)[count]) const {
    ThroughMemory().read(vector, columns, first, stride, raw);
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      const f32x4 v = ThroughMemory().elements(raw[i]);
      const u64 one = packed(v[0], v[1], (u16)number()), two = packed(v[2], v[3], (u16)number());
      raw[i] = u32x4{(u32)one, (u32)(one >> 32), (u32)two, (u32)(two >> 32)};
    }
  }
  LLMC_FN f32x4 elements(u32x4 raw) const { return {low(raw[0]), high(raw[0], raw[1]), low(raw[2]), high(raw[2], raw[3])}; }
  template <u32 count>
  LLMC_FN void read_pairs(const f32* row, const u32 (&first)[count], const u32 (&second)[count], const bool (&valid)[count], f32 (&a)[count],
                          f32 (&b)[count]) const {
    const u64* packets = (const u64*)row;
    u64 one[count], two[count];
    wait_until([&]() LLMC_INLINED {
      bool complete = true;
      LLMC_UNROLL for (u32 i = 0; i < count; i++) {
        one[i] = two[i] = 0;
        if (!valid[i]) continue;
        one[i] = prim::load_coherent(packets + first[i] / 2);
        two[i] = first[i] / 2 == second[i] / 2 ? one[i] : prim::load_coherent(packets + second[i] / 2);
      }
      LLMC_UNROLL for (u32 i = 0; i < count; i++) complete = complete && (!valid[i] || (there((u32)(one[i] >> 32)) && there((u32)(two[i] >> 32))));
      return complete;
    });
    LLMC_UNROLL for (u32 i = 0; i < count; i++) {
      a[i] = element(one[i], first[i]);
      b[i] = element(two[i], second[i]);
    }
  }
  LLMC_FN void write(f32* vector, u32 index, f32 value, bool valid) const {
    const f32 other = prim::shfl_xor(value, 1);
    write_pair(vector, index, value, other, valid && index % 2 == 0);
  }
  LLMC_FN void write_pair(f32* vector, u32 index, f32 first, f32 second, bool valid) const {
    if (valid) prim::store_coherent((u64*)vector + index / 2, packed(first, second, (u16)number()));
  }
  // Four numbers that travel within a phase as one word of 16 bytes, two packets. Not every slot is written in every phase, and what an old one
  // holds must not look new, so 16 bits of the phase's number are too few. The second packet has 16 others: two old packets have the numbers of
  // one phase and never pass; and of two phases less than 25,000 apart both differ, so that an old and a new packet do not pass either.
  LLMC_FN void put(f32* words, u32 index, f32x4 value) const {
    const u64 low = packed(value[0], value[1], (u16)number()), high = packed(value[2], value[3], other_half());
    prim::store_coherent((u32x4*)words + index, u32x4{(u32)low, (u32)(low >> 32), (u32)high, (u32)(high >> 32)});
  }
  // What comes out of a packet for `value`.
  static LLMC_FN f32 as_packed(f32 value) { return prim::from_bits(rounded(value) & ~255u); }
  // Waits for words index[i], where valid[i].
  template <u32 count>
  LLMC_FN void take(const f32* words, const u32 (&index)[count], const bool (&valid)[count], f32x4 (&value)[count]) const {
    wait_until([&]() LLMC_INLINED {
      bool complete = true;
      u32x4 word[count];
      LLMC_UNROLL for (u32 i = 0; i < count; i++) {
        word[i] = u32x4{0, 0, 0, 0};
        if (valid[i]) word[i] = prim::load_coherent((const u32x4*)words + index[i]);
      }
      LLMC_UNROLL for (u32 i = 0; i < count; i++) {
        value[i] = elements(word[i]);
        complete = complete && (!valid[i] || (word[i][1] >> 16 == (u16)number() && word[i][3] >> 16 == other_half()));
      }
      return complete;
    });
  }
  // Whether a wait of this workgroup ran into its limit. The workgroup is synchronised since its last read.
  LLMC_FN bool failed() const { return *(volatile u32*)failure() != 0; }

 protected:
  // `runs` of 16 bytes, which are two packets; there(upper word of a packet). A thread that reads at most `polled` of them polls them itself.
  template <u32 polled, u32 count, class There>
  LLMC_FN void read_runs(const f32* vector, u32 runs, u32 first, u32 stride, u32x4 (&raw)[count], There there) const {
    const u64* packets = (const u64*)vector;
    if constexpr (count > polled) wait_for_blocks<count>(packets, 2 * (first - prim::lane()), 2 * stride, 2 * runs, there);
    wait_until([&]() LLMC_INLINED {
      bool complete = true;
      LLMC_UNROLL for (u32 i = 0; i < count; i++) {
        const u32 run = first + i * stride;
        raw[i] = u32x4{0, 0, 0, 0};
        if (run < runs) raw[i] = prim::load_coherent((const u32x4*)(packets + 2 * run));
      }
      LLMC_UNROLL for (u32 i = 0; i < count; i++) complete = complete && (first + i * stride >= runs || (there(raw[i][1]) && there(raw[i][3])));
      return complete;
    });
  }
  LLMC_FN u32 number() const { return phase_ + 1; }  // of what is written

 private:
  static LLMC_FN u32* failure() { return (u32*)prim::shared() + 63; }  // the last of the scratch's first 64 words
  // In the upper 24 bits. NVIDIA's not-a-number is 0x7fffffff, which must not become -0.
  static LLMC_FN u32 rounded(f32 v) { return prim::bits(v) + (v == v ? 0x80u : 0u); }
  static LLMC_FN u64 packed(f32 first, f32 second, u16 number) {
    const u32 a = rounded(first), b = rounded(second);
    return (u64)(a >> 8 | (b & 0xff00u) << 16) | (u64)(b >> 16 | (u32)number << 16) << 32;
  }
  LLMC_FN u16 other_half() const { return (u16)(number() + (number() >> 16) * 0x9e37u); }
  static LLMC_FN f32 low(u32 word) { return prim::from_bits(word << 8); }
  static LLMC_FN f32 high(u32 word, u32 upper) { return prim::from_bits((word >> 24 << 8) | upper << 16); }
  static LLMC_FN f32 element(u64 packet, u32 index) {
    return index % 2 == 0 ? low((u32)packet) : high((u32)packet, (u32)(packet >> 32));
  }
  // Written in the phase before this one, or later (by a worker that nobody had to wait for).
  LLMC_FN bool there(u32 upper) const { return (i16)(u16)((upper >> 16) - phase_) >= 0; }

  // A wave is about to read `count` blocks of 2 packets a lane, `stride` packets apart: waits until the first and the last packet of each
  // are there, a lane each. The rest of a block comes from the same one or two workgroups, at nearly the same time.
  template <u32 count, class There>
  LLMC_FN void wait_for_blocks(const u64* packets, u32 first, u32 stride, u32 end, There there) const {
    static_assert(2 * count <= prim::kWave);
    const u32 lane = prim::lane(), begin = first + lane / 2 * stride;
    const bool looks = lane < 2 * count && begin < end;
    const u64* packet = packets + (lane % 2 == 0 ? begin : prim::min(begin + 2 * prim::kWave, end) - 1);
    wait_until([&]() LLMC_INLINED { return !looks || there((u32)(prim::load_coherent(packet) >> 32)); });
  }

  // Looks until all lanes of the wave have what they look for: they leave together, since lanes that leave a loop one by one stay apart in what follows,
  // each doing it by itself.
  template <class Look>
  LLMC_FN void wait_until(Look look) const {
    Patience patience;
    while (!prim::all(look()) && goes_on(patience)) {
    }
  }

  struct Patience {
    u32 spins = 0;
    u64 start = 0;
  };
  // Called between two looks: whether to look again. All lanes of a wave, with one answer.
  LLMC_FN bool goes_on(Patience& patience) const {
    prim::pause();
    if (++patience.spins % spins_between_checks != 0) return true;
    patience.start = *(volatile u32*)failure() != 0 ? no_patience : patience_since(args_.arena, args_.ring, patience.start);
    if (prim::all(patience.start != no_patience)) return true;
    *(volatile u32*)failure() = 1;
    return false;
  }
  const abi::Args& args_;
  u32 phase_;  // of the data to read; what is written carries the next number
};

}  // namespace llmc
