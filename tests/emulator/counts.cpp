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

void KernelCounts::tally(const Program& program) {
  std::fill(std::begin(instructions), std::end(instructions), 0);
  for (const Instruction& instruction : program.instructions()) {
    if (instruction.index < executed.size()) instructions[static_cast<u32>(instruction.group)] += executed[instruction.index];
  }
}

u64 KernelCounts::total_instructions() const {
  u64 sum = 0;
  for (const u64 count : executed) sum += count;
  return sum;
}

TrafficCounts KernelCounts::total_traffic() const {
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

void AccessCounter::end_launch() {
  for (const auto& [base, allocation] : allocations_.live()) {
    if (allocation->counts == nullptr) continue;
    AllocationCounts& counts = *allocation->counts;
    counts.launch.lines = counts.launch_read.count;
    counts.launch.written_lines = counts.launch_written.count;
    if (counts.launch.read_bytes + counts.launch.written_bytes + counts.launch.atomic_bytes == 0) continue;
    if (allocation->kind != AllocationKind::launch) kernel_->traffic[short_name(*allocation)].add(counts.launch);
    counts.launch = {};
    counts.launch_read = {};
    counts.launch_written = {};
  }
  kernel_ = nullptr;
}

void AccessCounter::read_line(AllocationCounts& counts, Cache& cache, u64 line, u64 first_line) {
  if (!cache.hit(line)) ++counts.launch.fetches;
  if (counts.launch_read.add(line - first_line)) counts.ever_read.add(line - first_line);
}

void AccessCounter::global(const Access& access, const u64* addresses, Allocation& allocation) {
  if (allocation.counts == nullptr) allocation.counts = std::make_unique<AllocationCounts>();
  AllocationCounts& counts = *allocation.counts;
  Cache& cache = caches_[resident(*resident_group(access.wave).waves[0]).slot];
  const u64 first_line = allocation.base / kLineBytes;
  const u64 bytes = u64{access.bytes} * static_cast<u32>(std::popcount(access.lanes));
  switch (access.kind) {
    case AccessKind::load: counts.launch.read_bytes += bytes; break;
    case AccessKind::store: counts.launch.written_bytes += bytes; break;
    case AccessKind::atomic: counts.launch.atomic_bytes += bytes; return;
  }
  u64 latest = ~u64{0};
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    const u64 address = addresses[std::countr_zero(lanes)];
    for (u64 line = address / kLineBytes; line <= (address + access.bytes - 1) / kLineBytes; ++line) {
      if (line == latest) continue;
      latest = line;
      if (access.kind == AccessKind::load) {
        read_line(counts, cache, line, first_line);
      } else {
        counts.launch_written.add(line - first_line);
      }
    }
  }
}

// Scalar loads go through a cache of their own, shared by compute units: their lines are counted, not modelled as fetches.
void AccessCounter::scalar(u32 bytes, u64 address, Allocation& allocation) {
  kernel_->scalar_bytes += bytes;
  if (allocation.kind != AllocationKind::device) return;
  if (allocation.counts == nullptr) allocation.counts = std::make_unique<AllocationCounts>();
  AllocationCounts& counts = *allocation.counts;
  counts.launch.read_bytes += bytes;
  const u64 first_line = allocation.base / kLineBytes;
  for (u64 line = address / kLineBytes; line <= (address + bytes - 1) / kLineBytes; ++line) {
    if (!counts.launch_read.add(line - first_line)) continue;
    counts.ever_read.add(line - first_line);
    ++counts.launch.fetches;
  }
}

// Lanes are served in groups that together want 32 words: 32 lanes of 4 bytes or less, 16 of 8, 8 of 16. A group takes as many cycles
// as its busiest bank has distinct words.
void AccessCounter::lds(const Access& access, const u32* offsets) {
  const u32 words = std::max(1u, (access.bytes + 3) / 4);
  const u32 together = std::max(1u, banks / std::bit_ceil(words));
  const u64 bytes = u64{access.bytes} * static_cast<u32>(std::popcount(access.lanes));
  (access.kind == AccessKind::load ? kernel_->lds_read_bytes : kernel_->lds_written_bytes) += bytes;
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
    kernel_->lds_cycles += busiest;
    kernel_->lds_conflict_cycles += busiest - 1;
  }
}

}  // namespace llmc::emu
