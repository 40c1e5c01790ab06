#include "tests/emulator/memory_checks.h"
#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include "tests/emulator/instruction.h"

namespace llmc::emu {
namespace {

// A compute unit executes about this many wave instructions in a tick of 10 ns, one in five of which touches memory.
constexpr u64 instructions_per_tick = 40, instructions_per_access = 5;

const char* verb(AccessKind kind) {
  switch (kind) {
    case AccessKind::load: return "read";
    case AccessKind::store: return "write";
    case AccessKind::atomic: return "atomic access";
  }
  return "";
}

struct Span {
  u64 low = ~u64{0}, high = 0;  // of first bytes
};

template <class T>
Span span_of(u64 lanes, u64 all, u32 wave_size, const T* addresses) {
  Span span;
  if (lanes == all) {
    T low = addresses[0], high = addresses[0];
    for (u32 lane = 1; lane < wave_size; ++lane) {
      low = addresses[lane] < low ? addresses[lane] : low;
      high = addresses[lane] > high ? addresses[lane] : high;
    }
    return {low, high};
  }
  for (; lanes != 0; lanes &= lanes - 1) {
    const u64 address = addresses[std::countr_zero(lanes)];
    span.low = std::min(span.low, address);
    span.high = std::max(span.high, address);
  }
  return span;
}

template <class T>
bool all_set_as(const u8* flags) {
  T value;
  std::memcpy(&value, flags, sizeof(T));
  return value == static_cast<T>(~T{0});
}

bool all_set(const u8* flags, u32 bytes) {
  switch (bytes) {
    case 1: return all_set_as<u8>(flags);
    case 2: return all_set_as<u16>(flags);
    case 4: return all_set_as<u32>(flags);
    case 8: return all_set_as<u64>(flags);
    case 12: return all_set_as<u64>(flags) && all_set_as<u32>(flags + 8);
    case 16: return all_set_as<u64>(flags) && all_set_as<u64>(flags + 8);
    default: return std::all_of(flags, flags + bytes, [](u8 flag) { return flag == 0xff; });
  }
}

}  // namespace

void CheckedMemory::begin_launch(u64 instructions, u32 units) {
  site_allocation_.assign(instructions, nullptr);
  time_per_tick_ = instructions_per_tick * units;
}

void CheckedMemory::out_of_bounds(const Access& access, u64 address, int lane) const {
  throw Fault(
      fmt::format("{} of {} bytes out of bounds at {:#x}, {}", verb(access.kind), access.bytes, address, allocations_.nearest(address)),
      lane);
}

void CheckedMemory::global(const Access& access, const u64* addresses) {
  time_ += instructions_per_access;
  if (access.kind != AccessKind::load) {
    ++stores_;
  } else if (access.site.cache.coherent) {
    resident(access.wave).polled = addresses[std::countr_zero(access.lanes)];
  }
  const Span span = span_of(access.lanes, access.wave.all_lanes(), access.wave.wave_size, addresses);
  const u64 high = span.high + access.bytes;
  Allocation*& known = site_allocation_[access.site.index];
  if (known == nullptr || span.low < known->base || high > known->end() || high < span.high) {
    Allocation* found = allocations_.find(span.low);
    if (found == nullptr || high > found->end() || high < span.high) return global_lane_by_lane(access, addresses);
    known = found;
  }
  Allocation& allocation = *known;
  if (high - allocation.base > allocation.written_prefix) check_written(access, addresses, allocation);
  if (races_ != nullptr) races_->global(access, addresses, allocation);
  if (counts_ != nullptr) counts_->global(access, addresses, allocation);
}

// Lanes in several allocations, or somewhere else.
void CheckedMemory::global_lane_by_lane(const Access& access, const u64* addresses) {
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const u64 address = addresses[lane];
    Allocation* allocation = allocations_.find(address);
    if (allocation == nullptr || access.bytes > allocation->end() - address) out_of_bounds(access, address, lane);
    const Access one = {access.site, access.wave, u64{1} << lane, access.bytes, access.kind};
    check_written(one, addresses, *allocation);
    if (races_ != nullptr) races_->global(one, addresses, *allocation);
    if (counts_ != nullptr) counts_->global(one, addresses, *allocation);
  }
}

void CheckedMemory::check_written(const Access& access, const u64* addresses, Allocation& allocation) {
  for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const u64 offset = addresses[lane] - allocation.base;
    if (access.kind == AccessKind::store) {
      allocation.mark_written(offset, access.bytes);
    } else if (!allocation.is_written(offset, access.bytes)) {
      throw Fault(fmt::format("{} of {} bytes that were never written at {:#x}, offset {} of {}", verb(access.kind), access.bytes,
                              addresses[lane], offset, allocation.text()),
                  lane);
    }
  }
}

void CheckedMemory::lds(const Access& access, const u32* offsets) {
  time_ += instructions_per_access;
  ResidentGroup& group = resident_group(access.wave);
  const Span span = span_of(access.lanes, access.wave.all_lanes(), access.wave.wave_size, offsets);
  if (span.high + access.bytes > group.lds_bytes) {
    for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
      const int lane = std::countr_zero(lanes);
      if (u64{offsets[lane]} + access.bytes <= group.lds_bytes) continue;
      throw Fault(fmt::format("LDS {} of {} bytes out of bounds at byte {}; the workgroup has {} bytes", verb(access.kind), access.bytes,
                              offsets[lane], group.lds_bytes),
                  lane);
    }
  }
  u8* written = group.lds_written.data();
  if (access.kind == AccessKind::store) {
    ++stores_;
    for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1)
      std::memset(written + offsets[std::countr_zero(lanes)], 0xff, access.bytes);
  } else {
    if (access.kind == AccessKind::atomic) ++stores_;
    for (u64 lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
      const int lane = std::countr_zero(lanes);
      if (all_set(written + offsets[lane], access.bytes)) continue;
      throw Fault(fmt::format("LDS {} of {} bytes that were never written at byte {} of {}", verb(access.kind), access.bytes, offsets[lane],
                              group.lds_bytes), lane);
    }
  }
  if (races_ != nullptr) races_->lds(access, offsets);
  if (counts_ != nullptr) counts_->lds(access, offsets);
}

void CheckedMemory::scalar(const Instruction& site, Wave& wave, u64 address, u32 bytes) {
  time_ += instructions_per_access;
  Allocation*& known = site_allocation_[site.index];
  if (known == nullptr || address < known->base || address + bytes > known->end()) {
    known = allocations_.find(address);
    if (known == nullptr || bytes > known->end() - address) {
      known = nullptr;
      throw Fault(fmt::format("scalar read of {} bytes out of bounds at {:#x}, {}", bytes, address, allocations_.nearest(address)));
    }
  }
  if (!known->is_written(address - known->base, bytes)) {
    throw Fault(fmt::format("scalar read of {} bytes that were never written at {:#x}, offset {} of {}", bytes, address,
                            address - known->base, known->text()));
  }
  if (races_ != nullptr) races_->scalar(site, resident(wave), address, bytes, *known);
  if (counts_ != nullptr) counts_->scalar(site, bytes, address, *known);
}

void CheckedMemory::order(const Instruction&, Wave& wave) {
  if (races_ != nullptr) races_->order(resident(wave));
}

u64 CheckedMemory::clock(Wave&) { return time_ / time_per_tick_ + ++ticks_; }

}  // namespace llmc::emu
