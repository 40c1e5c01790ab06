// Device memory: what was allocated, where, and which bytes of it were ever written. Device addresses are host addresses. Between two
// allocations lie at least `kGuardBytes` that belong to nobody, so that an access past one never lands in the next.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc::emu {

constexpr u64 kGuardBytes = 1 << 20;

enum class AllocationKind : u8 {
  device,  // hipMalloc
  host,    // hipHostMalloc: the host writes it whenever it likes, so it counts as written
  code,    // a loaded code object
  launch,  // kernel arguments and the dispatch packet
};
const char* name(AllocationKind);

// What was counted of an allocation's accesses during one launch (counts.h).
struct AllocationCounts;

struct Allocation {
  u64 base = 0, bytes = 0;
  AllocationKind kind = AllocationKind::device;
  u32 number = 0;            // in order of allocation, counting from 0, of its kind
  u64 written_prefix = 0;    // bytes [0, written_prefix) were written: most allocations are filled front to back and need no bits
  std::vector<u64> written;  // a bit a byte, made when a write lies behind the prefix
  std::unique_ptr<AllocationCounts> counts;
  u64* race_shadow = nullptr;  // races.h; three words for each four bytes

  Allocation();
  ~Allocation();
  u64 end() const { return base + bytes; }
  // "device allocation 2 (4096 bytes at 0x7f...)"
  std::string text() const;
  // [offset, offset + count) within the allocation.
  void mark_written(u64 offset, u64 count);
  bool is_written(u64 offset, u64 count) const { return offset + count <= written_prefix || bits_say_written(offset, count); }

 private:
  bool bits_say_written(u64 offset, u64 count) const;
};

class Allocations {
 public:
  Allocations() = default;
  ~Allocations();
  Allocations(const Allocations&) = delete;
  Allocations& operator=(const Allocations&) = delete;

  // Aligned to 4096, its pages zero; nullptr where the machine has no memory. Host, code and launch memory counts as written.
  Allocation* allocate(u64 bytes, AllocationKind kind);
  // false where `base` is not the start of a live allocation.
  bool release(u64 base);
  // The live allocation that holds the address; nullptr where none does.
  Allocation* find(u64 address) const;
  // The live allocation nearest to the address and how far it is from it, in words for a report. Also tells of one freed there.
  std::string nearest(u64 address) const;
  u64 bytes_in_use() const { return bytes_in_use_; }
  // Changes whenever an allocation goes, so that pointers kept by others can be dropped.
  u64 generation() const { return generation_; }
  const std::map<u64, std::unique_ptr<Allocation>>& live() const { return live_; }

 private:
  struct Freed {
    u64 base, bytes;
    u32 number;
    AllocationKind kind;
  };
  std::map<u64, std::unique_ptr<Allocation>> live_;  // by base
  std::vector<Freed> freed_;                         // the latest few
  u32 next_number_[4] = {};
  u64 bytes_in_use_ = 0, generation_ = 0;
};

}  // namespace llmc::emu
