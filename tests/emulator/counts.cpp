#include "tests/emulator/counts.h"
#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace llmc::emu {
namespace {

constexpr u32 banks = 32;  // of 4 bytes; a wave32 access of 4 bytes takes one cycle

}  // namespace

std::string short_name(const Allocation& allocation) { return fmt::format("{} {}", name(allocation.kind), allocation.number); }

AllocationTotals totals(const Allocation& allocation) {
  return {short_name(allocation), allocation.bytes, allocation.counts->ever_read.count};
}

bool LineBits::has(u64 line) const { return line / 64 < bits.size() && (bits[line / 64] >> line % 64 & 1) != 0; }

bool LineBits::add(u64 line) {
  if (line / 64 >= bits.size()) bits.resize(line / 64 + 1);
  u64& word = bits[line / 64];
  const u64 bit = u64{1} << line % 64;
  if ((word & bit) != 0) return false;
  word |= bit;
  ++count;
  return true;
}

void TrafficCounts::add(const TrafficCounts& other) {
  read_bytes += other.read_bytes;
  written_bytes += other.written_bytes;
  atomic_bytes += other.atomic_bytes;
  lines += other.lines;
  fetches += other.fetches;
  written_lines += other.written_lines;
}

TrafficCounts LaunchTraffic::take() {
  TrafficCounts all = counts;
  all.lines = read.count;
  all.written_lines = written.count;
  *this = {};
  return all;
}

void KernelCounts::tally(const Program& program, const Phases& of_program) {
  std::fill(std::begin(instructions), std::end(instructions), 0);
  for (WorkCounts& phase : phases) std::fill(std::begin(phase.instructions), std::end(phase.instructions), 0);
  for (const Instruction& instruction : program.instructions()) {
    if (instruction.index >= executed.size()) continue;
    const u32 group = static_cast<u32>(instruction.group);
    instructions[group] += executed[instruction.index];
    if (!phases.empty()) phases[of_program.of[instruction.index]].instructions[group] += executed[instruction.index];
  }
}

u64 WorkCounts::total_instructions() const {
  u64 sum = 0;
  for (const u64 count : instructions) sum += count;
  return sum;
}

TrafficCounts WorkCounts::total_traffic() const {
  TrafficCounts sum;
  for (const auto& [allocation, counts] : traffic) sum.add(counts);
  return sum;
}

bool AccessCounter::Cache::hit(u64 line) {
  u64* set = lines[(line ^ line >> 5 ^ line >> 10) % sets];
  u32 way = 0;
  while (way < ways - 1 && set[way] != line) ++way;
  const bool found = set[way] == line;
  for (; way > 0; --way) set[way] = set[way - 1];
  set[0] = line;
  return found;
}

void AccessCounter::start_group(u32 resident_index) {
  if (resident_index >= caches_.size()) caches_.resize(resident_index + 1);
  caches_[resident_index] = Cache{};
}

void AccessCounter::begin_launch(KernelCounts& kernel, const Phases& phases) {
  kernel_ = &kernel;
  phase_of_ = phases.of.empty() ? nullptr : &phases.of;
  if (phase_of_ == nullptr || !kernel.phases.empty()) return;
  kernel.phases.resize(phases.names.size());
  for (WorkCounts& phase : kernel.phases) phase.wave_size = kernel.wave_size;
}

void AccessCounter::end_launch() {
  for (const auto& [base, allocation] : allocations_.live()) {
    if (allocation->counts == nullptr || !allocation->counts->launch.any()) continue;
    AllocationCounts& counts = *allocation->counts;
    const std::string name = short_name(*allocation);
    const bool of_the_program = allocation->kind != AllocationKind::launch;
    const TrafficCounts all = counts.launch.take();
    if (of_the_program) kernel_->traffic[name].add(all);
    for (u32 phase = 0; phase < counts.phases.size(); ++phase) {
      if (!counts.phases[phase].any()) continue;
      const TrafficCounts mine = counts.phases[phase].take();
      if (of_the_program) kernel_->phases[phase].traffic[name].add(mine);
    }
  }
  kernel_ = nullptr;
}

AllocationCounts& AccessCounter::counts_of(Allocation& allocation) const {
  if (allocation.counts == nullptr) allocation.counts = std::make_unique<AllocationCounts>();
  if (phase_of_ != nullptr && allocation.counts->phases.empty()) allocation.counts->phases.resize(kernel_->phases.size());
  return *allocation.counts;
}

template <class Count>
void AccessCounter::work(const Instruction& site, Count count) {
  count(*kernel_);
  if (phase_of_ != nullptr) count(kernel_->phases[(*phase_of_)[site.index]]);
}

template <class Count>
void AccessCounter::traffic(AllocationCounts& counts, const Instruction& site, Count count) {
  count(counts.launch);
  if (phase_of_ != nullptr) count(counts.phases[(*phase_of_)[site.index]]);
}

void AccessCounter::read_line(AllocationCounts& counts, const Instruction& site, u64 line, bool fetched) {
  traffic(counts, site, [&](LaunchTraffic& of) {
    of.counts.fetches += fetched;
    of.read.add(line);
  });
  counts.ever_read.add(line);
}

void AccessCounter::global(const Access& access, const u64* addresses, Allocation& allocation) {
  AllocationCounts& counts = counts_of(allocation);
  Cache& cache = caches_[resident(*resident_group(access.wave).waves[0]).slot];
  const u64 first_line = allocation.base / kLineBytes;
  const u64 bytes = u64{access.bytes} * static_cast<u32>(std::popcount(access.lanes));
  traffic(counts, access.site, [&](LaunchTraffic& of) {
    switch (access.kind) {
      case AccessKind::load: of.counts.read_bytes += bytes; break;
      case AccessKind::store: of.counts.written_bytes += bytes; break;
      case AccessKind::atomic: of.counts.atomic_bytes += bytes; break;
    }
  });
  if (access.kind == AccessKind::atomic) return;
  u64 latest = ~u64{0};
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    const u64 address = addresses[std::countr_zero(lanes)];
    for (u64 line = address / kLineBytes; line <= (address + access.bytes - 1) / kLineBytes; ++line) {
      if (line == latest) continue;
      latest = line;
      if (access.kind == AccessKind::load) {
        read_line(counts, access.site, line - first_line, !cache.hit(line));
      } else {
        traffic(counts, access.site, [&](LaunchTraffic& of) { of.written.add(line - first_line); });
      }
    }
  }
}

// Scalar loads go through a cache of their own, shared by compute units: their lines are counted, not modelled as fetches.
void AccessCounter::scalar(const Instruction& site, u32 bytes, u64 address, Allocation& allocation) {
  work(site, [&](WorkCounts& of) { of.scalar_bytes += bytes; });
  if (allocation.kind != AllocationKind::device) return;
  AllocationCounts& counts = counts_of(allocation);
  traffic(counts, site, [&](LaunchTraffic& of) { of.counts.read_bytes += bytes; });
  const u64 first_line = allocation.base / kLineBytes;
  for (u64 line = address / kLineBytes; line <= (address + bytes - 1) / kLineBytes; ++line) {
    read_line(counts, site, line - first_line, !counts.launch.read.has(line - first_line));
  }
}

// Lanes are served in groups that together want 32 words: 32 lanes of 4 bytes or less, 16 of 8, 8 of 16. A group takes as many cycles
// as its busiest bank has distinct words.
void AccessCounter::lds(const Access& access, const u32* offsets) {
  const u32 words = std::max(1u, (access.bytes + 3) / 4);
  const u32 together = std::max(1u, banks / std::bit_ceil(words));
  const u64 bytes = u64{access.bytes} * static_cast<u32>(std::popcount(access.lanes));
  u64 cycles = 0, conflicts = 0;
  for (u32 first = 0; first < access.wave.wave_size; first += together) {
    const u64 mask = (together == 64 ? ~u64{0} : (u64{1} << together) - 1) << first;
    u64 lanes = access.lanes & mask;
    if (lanes == 0) continue;
    u32 wanted[banks * 2], count = 0, load[banks] = {}, busiest = 0;
    for (; lanes != 0; lanes &= lanes - 1) {
      const u32 word = offsets[std::countr_zero(lanes)] / 4;
      for (u32 i = 0; i < words && count < std::size(wanted); ++i) wanted[count++] = word + i;
    }
    std::sort(wanted, wanted + count);
    count = static_cast<u32>(std::unique(wanted, wanted + count) - wanted);
    for (u32 i = 0; i < count; ++i) busiest = std::max(busiest, ++load[wanted[i] % banks]);
    cycles += busiest;
    conflicts += busiest - 1;
  }
  work(access.site, [&](WorkCounts& of) {
    (access.kind == AccessKind::load ? of.lds_read_bytes : of.lds_written_bytes) += bytes;
    of.lds_cycles += cycles;
    of.lds_conflict_cycles += conflicts;
  });
}

}  // namespace llmc::emu
