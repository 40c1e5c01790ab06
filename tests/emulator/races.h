// Two waves touching the same word without an ordering between them, at least one writing.
//
// Each wave slot counts epochs: a new one begins at every operation that releases (a workgroup barrier, an atomic read-modify-write, a
// store that another wave's coherent load reads). A wave's vector clock says up to which epoch of each slot it is ordered behind. Every
// word of memory remembers the epoch of its last write and of two reads; an access that finds an epoch it is not ordered behind is a
// race (Flanagan and Freund, "FastTrack", PLDI 2009, with two read cells for many: a race with a third reader can be missed).
// What orders: workgroup barriers all waves of a workgroup; an atomic read-modify-write releases to the word it touches, and acquires
// what is there - for ordinary loads once the wave invalidates its caches, for coherent ones at once; the end of a launch orders all.
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include "tests/emulator/allocations.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/options.h"
#include "tests/emulator/residents.h"

namespace llmc::emu {

// A race known only after its instruction: whose it was.
class LateFault : public Fault {
 public:
  LateFault(const std::string& what, const ResidentWave& whose, const Instruction& where, int lane_of_it)
      : Fault(what, lane_of_it), wave(whose), site(where) {}
  const ResidentWave& wave;
  const Instruction& site;
};

class RaceDetector {
 public:
  explicit RaceDetector(RaceMode mode) : mode_(mode) {}

  void begin_launch(u32 slots);
  void start_wave(ResidentWave& wave);
  // All lanes of an access that lies within `allocation`.
  void global(const Access& access, const u64* addresses, Allocation& allocation);
  void lds(const Access& access, const u32* offsets);
  void scalar(const Instruction& site, ResidentWave& wave, u64 address, u32 bytes, Allocation& allocation);
  void order(ResidentWave& wave);
  void barrier(ResidentGroup& group);
  // Before a wave gives way: what its latest store did is known now.
  void settle();

 private:
  // Who touched a word: bytes of it, slot, epoch and the place in the program.
  struct Cell {
    u64 bits = 0;
    u64 epoch() const { return bits & ((u64{1} << 32) - 1); }
    u32 slot() const { return (bits >> 32) & 0xfff; }
    u32 mask() const { return (bits >> 44) & 0xf; }
    static constexpr u32 common = 0xfff;  // slot of a word that several waves have written, all the same
    static Cell make(u32 slot, u32 mask, u64 epoch) { return {epoch | u64{slot} << 32 | u64{mask} << 44}; }
  };
  struct Shadow {
    Cell written, read[2];
  };
  static_assert(sizeof(Shadow) == 24);

  struct Touch {
    ResidentWave& wave;
    const Instruction& site;
    int lane;
    bool reads, writes;
    bool coherent;  // sees what was observed, and may observe
    const char* what;
  };
  // A store that races. It may put there what is there already, as every workgroup does that makes the same vector for itself: that is
  // no race, and such a word is everybody's from then on (`common`). Its data moves after it is shown here, so the next call tells.
  struct Doubtful {
    const ResidentWave& wave;
    const Instruction& site;
    int lane;
    Shadow& word;
    const u8* bytes;  // the word's
    u32 mask, before;
    std::string text;  // empty: no race even if it changes the word
  };
  // Words from `offset` of what begins at `base` and has its shadow at `shadow`; `where` puts an offset into words.
  void touch_words(const Touch& touch, Shadow* shadow, const u8* base, u64 offset, u32 bytes, const std::function<std::string(u64)>& where);
  void touch_word(const Touch& touch, Shadow& word, const u8* base, u32 mask, u64 offset, const std::function<std::string(u64)>& where);
  std::string text(const Touch& touch, const Cell& other, bool other_wrote, const std::string& where) const;
  bool ordered(const Touch& touch, const Cell& cell) const;
  void release(ResidentWave& wave);  // begins its next epoch
  u64 own_epoch(const ResidentWave& wave) const { return wave.clock[wave.slot]; }

  RaceMode mode_;
  u64 base_ = 1;  // epochs up to here are of earlier launches: everything in them is done
  u32 slots_ = 0;
  std::vector<Doubtful> doubtful_;
  std::unordered_map<u64, VectorClock> atomics_;       // by address: what atomic read-modify-writes released there
  std::vector<std::deque<VectorClock>> history_;       // by slot: the clock with which each epoch since base_ began
};

// Of an allocation that goes.
void release_race_shadow(Allocation& allocation);

}  // namespace llmc::emu
