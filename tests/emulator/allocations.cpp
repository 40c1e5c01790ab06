#include "tests/emulator/allocations.h"
#include <sys/mman.h>
#include <algorithm>
#include <fmt/format.h>
#include "tests/emulator/counts.h"
#include "tests/emulator/races.h"

namespace llmc::emu {
namespace {

constexpr u64 page = 4096;
constexpr size_t freed_kept = 64;

u64 mapped_bytes(u64 bytes) { return (std::max<u64>(bytes, 1) + page - 1) / page * page + 2 * kGuardBytes; }

}  // namespace

const char* name(AllocationKind kind) {
  switch (kind) {
    case AllocationKind::device: return "device";
    case AllocationKind::host: return "host";
    case AllocationKind::code: return "code";
    case AllocationKind::launch: return "launch";
  }
  return "";
}

Allocation::Allocation() = default;
Allocation::~Allocation() {
  if (race_shadow != nullptr) release_race_shadow(*this);
}

std::string Allocation::text() const { return fmt::format("{} allocation {} ({} bytes at {:#x})", name(kind), number, bytes, base); }

void Allocation::mark_written(u64 offset, u64 count) {
  const u64 stop = offset + count;
  if (stop <= written_prefix) return;
  if (offset <= written_prefix) {
    written_prefix = stop;
    if (written_prefix == bytes) written.clear();
    return;
  }
  if (written.empty()) written.resize((bytes + 63) / 64);
  for (u64 at = offset; at < stop;) {
    const u64 word = at / 64, shift = at % 64, here = std::min(64 - shift, stop - at);
    written[word] |= (here == 64 ? ~u64{0} : (u64{1} << here) - 1) << shift;
    at += here;
  }
}

bool Allocation::bits_say_written(u64 offset, u64 count) const {
  if (written.empty()) return false;
  const u64 stop = offset + count;
  for (u64 at = std::max(offset, written_prefix); at < stop;) {
    const u64 word = at / 64, shift = at % 64, here = std::min(64 - shift, stop - at);
    const u64 mask = (here == 64 ? ~u64{0} : (u64{1} << here) - 1) << shift;
    if ((written[word] & mask) != mask) return false;
    at += here;
  }
  return true;
}

Allocations::~Allocations() {
  while (!live_.empty()) release(live_.begin()->first);
}

Allocation* Allocations::allocate(u64 bytes, AllocationKind kind) {
  void* mapped = mmap(nullptr, mapped_bytes(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  u8* base = static_cast<u8*>(mapped) + kGuardBytes;
  if (mprotect(base, mapped_bytes(bytes) - 2 * kGuardBytes, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapped, mapped_bytes(bytes));
    return nullptr;
  }
  auto allocation = std::make_unique<Allocation>();
  allocation->base = reinterpret_cast<u64>(base);
  allocation->bytes = bytes;
  allocation->kind = kind;
  allocation->number = next_number_[static_cast<int>(kind)]++;
  if (kind != AllocationKind::device) allocation->written_prefix = bytes;
  bytes_in_use_ += bytes;
  return (live_[allocation->base] = std::move(allocation)).get();
}

bool Allocations::release(u64 base) {
  const auto found = live_.find(base);
  if (found == live_.end()) return false;
  const Allocation& gone = *found->second;
  if (freed_.size() == freed_kept) freed_.erase(freed_.begin());
  freed_.push_back({gone.base, gone.bytes, gone.number, gone.kind});
  munmap(reinterpret_cast<u8*>(gone.base) - kGuardBytes, mapped_bytes(gone.bytes));
  bytes_in_use_ -= gone.bytes;
  ++generation_;
  live_.erase(found);
  return true;
}

Allocation* Allocations::find(u64 address) const {
  auto after = live_.upper_bound(address);
  if (after == live_.begin()) return nullptr;
  Allocation* allocation = std::prev(after)->second.get();
  return address < allocation->end() ? allocation : nullptr;
}

std::string Allocations::nearest(u64 address) const {
  for (auto freed = freed_.rbegin(); freed != freed_.rend(); ++freed) {
    if (address >= freed->base && address < freed->base + freed->bytes && find(address) == nullptr) {
      return fmt::format("inside {} allocation {} ({} bytes), which was freed", name(freed->kind), freed->number, freed->bytes);
    }
  }
  const auto after = live_.upper_bound(address);
  const Allocation* above = after == live_.end() ? nullptr : after->second.get();
  const Allocation* below = after == live_.begin() ? nullptr : std::prev(after)->second.get();
  if (below != nullptr && address < below->end()) return fmt::format("at offset {} of {}", address - below->base, below->text());
  if (below != nullptr && (above == nullptr || address - below->end() < above->base - address)) {
    return fmt::format("{} bytes behind the end of {}", address - below->end(), below->text());
  }
  if (above != nullptr) return fmt::format("{} bytes before {}", above->base - address, above->text());
  return "nothing is allocated";
}

}  // namespace llmc::emu
