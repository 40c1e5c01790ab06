// The key-value part of a GGUF file. Every value is checked as the file is opened, but none is copied: an entry keeps where its bytes
// stand, and arrays (a vocabulary is 150,000 strings) are made only when asked for.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "compiler/gguf/cursor.h"
#include "compiler/gguf/gguf.h"

namespace llmc {

enum class ValueType : u32 { uint8, int8, uint16, int16, uint32, int32, float32, boolean, string, array, uint64, int64, float64 };
const char* value_type_name(ValueType type);

struct MetadataEntry {
  std::string_view key;
  ValueType type{};
  ValueType element{};        // of an array
  u64 count = 0;              // elements of an array
  const u8* data = nullptr;   // the value, behind its type (and behind an array's element type and count)
  u64 bytes = 0;              // of the value
  u64 offset = 0;             // of the key in the file
};

class Metadata {
 public:
  // Reads `count` entries; duplicate keys, unknown types and whatever passes the end of the file are bad_input. O(n log n).
  void read(Cursor& cursor, u64 count);

  const std::vector<MetadataEntry>& entries() const { return entries_; }
  const MetadataEntry* find(std::string_view key) const;

 private:
  std::vector<MetadataEntry> entries_;  // in file order
  std::vector<u32> by_key_;             // indices of entries_, sorted by key
};

// Scalars and arrays from entries whose kind was checked before (see metadata_values.cpp for what converts to what).
std::optional<u64> as_uint(const MetadataEntry& entry);
std::optional<double> as_float(const MetadataEntry& entry);
std::optional<bool> as_bool(const MetadataEntry& entry);
std::optional<std::string_view> as_string(const MetadataEntry& entry);
std::optional<std::vector<std::string_view>> as_string_array(const MetadataEntry& entry);
std::optional<std::vector<i64>> as_int_array(const MetadataEntry& entry);
std::optional<std::vector<float>> as_float_array(const MetadataEntry& entry);
MetadataItem as_item(const MetadataEntry& entry);

}  // namespace llmc
