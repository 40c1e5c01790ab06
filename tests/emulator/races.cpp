#include "tests/emulator/races.h"
#include <algorithm>
#include <bit>
#include <cstring>
#include <sys/mman.h>
#include <fmt/format.h>
#include "tests/emulator/instruction.h"

namespace llmc::emu {
namespace {

constexpr u64 shadow_per_word = 24;
constexpr size_t epochs_kept = 256;

u64 shadow_bytes(const Allocation& allocation) { return (allocation.bytes + 7) / 4 * shadow_per_word; }

void join(VectorClock& to, const VectorClock& from) {
  for (size_t i = 0; i < from.size(); ++i) to[i] = std::max(to[i], from[i]);
}

u32 word_at(const u8* bytes) {
  u32 word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

u64* shadow_of(Allocation& allocation) {
  if (allocation.race_shadow == nullptr) {
    void* mapped = mmap(nullptr, shadow_bytes(allocation), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    allocation.race_shadow = static_cast<u64*>(mapped);
  }
  return allocation.race_shadow;
}

}  // namespace

void release_race_shadow(Allocation& allocation) {
  munmap(allocation.race_shadow, shadow_bytes(allocation));
  allocation.race_shadow = nullptr;
}

void RaceDetector::begin_launch(u32 slots) {
  for (const auto& epochs : history_)
    base_ = std::max(base_, epochs.empty() ? 0 : *std::max_element(epochs.back().begin(), epochs.back().end()));
  slots_ = slots;
  atomics_.clear();
  history_.assign(slots, {});
  for (u32 slot = 0; slot < slots; ++slot) history_[slot].push_back(VectorClock(slots, base_));
}

void RaceDetector::start_wave(ResidentWave& wave) {
  // A wave that takes a slot over counts on where the one before it ended: the two look like one.
  auto& epochs = history_[wave.slot];
  const u64 next = epochs.back()[wave.slot] + 1;
  wave.clock.assign(slots_, base_);
  wave.clock[wave.slot] = next;
  wave.observed.assign(slots_, base_);
  epochs.push_back(wave.clock);
}

void RaceDetector::release(ResidentWave& wave) {
  ++wave.clock[wave.slot];
  auto& epochs = history_[wave.slot];
  epochs.push_back(wave.clock);
  if (epochs.size() > epochs_kept) epochs.pop_front();
}

bool RaceDetector::ordered(const Touch& touch, const Cell& cell) const {
  if (cell.bits == 0 || cell.slot() == touch.wave.slot || cell.slot() >= slots_) return true;
  if (cell.epoch() <= touch.wave.clock[cell.slot()]) return true;
  return touch.coherent && cell.epoch() <= touch.wave.observed[cell.slot()];
}

std::string RaceDetector::text(const Touch& touch, const Cell& other, bool other_wrote, const std::string& where) const {
  return fmt::format(
      "race: this {} of {} is not ordered after the {} of another wave (slot {}). A barrier, or an atomic and the invalidation "
      "of caches behind it, is missing between them",
      touch.what, where, other_wrote ? "write" : "read", other.slot());
}

void RaceDetector::settle() {
  if (doubtful_.empty()) return;
  std::vector<Doubtful> stores;
  stores.swap(doubtful_);
  for (const Doubtful& store : stores) {
    const u32 differ = word_at(store.bytes) ^ store.before;
    bool changed = false;
    for (u32 byte = 0; byte < 4; ++byte) changed |= (store.mask >> byte & 1) != 0 && (differ >> 8 * byte & 0xff) != 0;
    if (!changed) store.word.written = Cell::make(Cell::common, 0xf, 0);
    else if (!store.text.empty()) throw LateFault(store.text, store.wave, store.site, store.lane);
  }
}

void RaceDetector::touch_word(const Touch& touch, Shadow& word, const u8* base, u32 mask, u64 offset,
                              const std::function<std::string(u64)>& where) {
  const Cell mine = Cell::make(touch.wave.slot, mask, own_epoch(touch.wave));
  const auto clashes = [&](const Cell& cell) { return (cell.mask() & mask) != 0 && !ordered(touch, cell); };
  if (touch.writes) {
    std::string race;
    for (const Cell* other : {&word.written, &word.read[0], &word.read[1]}) {
      if (race.empty() && clashes(*other)) race = text(touch, *other, other == &word.written, where(offset));
    }
    if (!race.empty() || word.written.slot() == Cell::common) {
      const u8* bytes = base + offset / 4 * 4;
      doubtful_.push_back({touch.wave, touch.site, touch.lane, word, bytes, mask, word_at(bytes), std::move(race)});
    }
    word.written = mine;
    return;
  }
  if (clashes(word.written)) {
    if (mode_ != RaceMode::ordered || !touch.coherent) throw Fault(text(touch, word.written, true, where(offset)), touch.lane);
    // Reads what that epoch of the other wave stored: everything before it in that wave is observed too.
    auto& epochs = history_[word.written.slot()];
    const u64 back = epochs.back()[word.written.slot()] - word.written.epoch();
    if (back < epochs.size()) join(touch.wave.observed, epochs[epochs.size() - 1 - back]);
    u64& observed = touch.wave.observed[word.written.slot()];
    observed = std::max(observed, word.written.epoch());
    return;
  }
  if (mode_ == RaceMode::ordered && touch.coherent) return;  // a poll
  Cell& cell = word.read[0].slot() == mine.slot() || ordered(touch, word.read[0]) ? word.read[0] : word.read[1];
  cell = mine;
}

void RaceDetector::touch_words(const Touch& touch, Shadow* shadow, const u8* base, u64 offset, u32 bytes,
                               const std::function<std::string(u64)>& where) {
  const u64 stop = offset + bytes;
  for (u64 at = offset; at < stop;) {
    const u64 in_word = at % 4, here = std::min<u64>(4 - in_word, stop - at);
    touch_word(touch, shadow[at / 4], base, ((1u << here) - 1) << in_word, at, where);
    at += here;
  }
}

void RaceDetector::global(const Access& access, const u64* addresses, Allocation& allocation) {
  settle();
  if (allocation.kind == AllocationKind::host) return;  // the host reads and writes it meanwhile
  ResidentWave& wave = resident(access.wave);
  auto* shadow = reinterpret_cast<Shadow*>(shadow_of(allocation));
  const bool atomic = access.kind == AccessKind::atomic;
  // What a wave stores needs no invalidated caches to be in order.
  const bool coherent = access.kind != AccessKind::load || access.site.cache.coherent;
  Touch touch = {wave, access.site, 0, access.kind != AccessKind::store, access.kind == AccessKind::store, coherent,
                 access.kind == AccessKind::store ? "write" : "read"};
  const auto where = [&](u64 offset) { return fmt::format("offset {} of {}", offset, allocation.text()); };
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    touch.lane = std::countr_zero(lanes);
    const u64 address = addresses[touch.lane];
    const u64 word = address & ~u64{3};
    if (atomic) {
      VectorClock& there = atomics_.try_emplace(word, slots_, base_).first->second;
      join(wave.observed, there);
      join(there, wave.clock);
      continue;
    }
    if (coherent && touch.reads && !atomics_.empty()) {
      if (const auto found = atomics_.find(word); found != atomics_.end()) {
        join(wave.observed, found->second);
        continue;
      }
    }
    touch_words(touch, shadow, reinterpret_cast<const u8*>(allocation.base), address - allocation.base, access.bytes, where);
  }
  if (atomic) release(wave);
}

void RaceDetector::lds(const Access& access, const u32* offsets) {
  settle();
  ResidentWave& wave = resident(access.wave);
  if (access.kind == AccessKind::atomic) return;  // ordered by the LDS itself; what they protect is ordered by barriers
  ResidentGroup& group = resident_group(access.wave);
  auto* shadow = reinterpret_cast<Shadow*>(group.lds_race_shadow.data());
  const bool store = access.kind == AccessKind::store;
  Touch touch = {wave, access.site, 0, !store, store, false, store ? "write" : "read"};
  const auto where = [](u64 offset) { return fmt::format("byte {} of the workgroup's LDS", offset); };
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    touch.lane = std::countr_zero(lanes);
    touch_words(touch, shadow, group.lds, offsets[touch.lane], access.bytes, where);
  }
}

void RaceDetector::scalar(const Instruction& site, ResidentWave& wave, u64 address, u32 bytes, Allocation& allocation) {
  settle();
  if (allocation.kind != AllocationKind::device) return;
  const Touch touch = {wave, site, -1, true, false, false, "scalar read"};
  touch_words(touch, reinterpret_cast<Shadow*>(shadow_of(allocation)), reinterpret_cast<const u8*>(allocation.base),
              address - allocation.base, bytes, [&](u64 offset) { return fmt::format("offset {} of {}", offset, allocation.text()); });
}

void RaceDetector::order(ResidentWave& wave) {
  settle();
  join(wave.clock, wave.observed);
}

void RaceDetector::barrier(ResidentGroup& group) {
  VectorClock clock(slots_, base_), observed(slots_, base_);
  for (const auto& wave : group.waves) {
    join(clock, wave->clock);
    join(observed, wave->observed);
  }
  for (auto& wave : group.waves) {
    const u64 own = wave->clock[wave->slot];
    wave->clock = clock;
    wave->clock[wave->slot] = own;
    wave->observed = observed;
    release(*wave);
  }
}

}  // namespace llmc::emu
