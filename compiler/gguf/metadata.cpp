#include "compiler/gguf/metadata.h"
#include <algorithm>
#include <numeric>

namespace llmc {
namespace {

constexpr u64 max_key_bytes = 65535;  // ggml docs/gguf.md
constexpr int max_array_depth = 4;
constexpr u64 smallest_entry = 8 + 1 + 4 + 1;  // key length, a key of one byte, type, a value of one byte

// Bytes of one value, or the least that one can take where its length varies.
u64 least_bytes(ValueType type) {
  switch (type) {
    case ValueType::uint8:
    case ValueType::int8:
    case ValueType::boolean: return 1;
    case ValueType::uint16:
    case ValueType::int16: return 2;
    case ValueType::uint32:
    case ValueType::int32:
    case ValueType::float32: return 4;
    case ValueType::string:
    case ValueType::uint64:
    case ValueType::int64:
    case ValueType::float64: return 8;
    case ValueType::array: return 4 + 8;
  }
  throw InternalError("least_bytes: unknown value type");
}

ValueType read_type(Cursor& cursor, std::string_view key) {
  const u64 at = cursor.offset();
  const u32 type = cursor.read<u32>("value type");
  if (type > static_cast<u32>(ValueType::float64)) cursor.refuse(at, "key '{}' has value type {}; the types are 0 to 12.", printable(key), type);
  return static_cast<ValueType>(type);
}

void check_booleans(Cursor& cursor, std::string_view key, u64 at, const u8* data, u64 count) {
  const u8* wrong = std::find_if(data, data + count, [](u8 byte) { return byte > 1; });
  if (wrong != data + count) cursor.refuse(at + static_cast<u64>(wrong - data), "key '{}' holds a boolean of value {}; it must be 0 or 1.", printable(key), *wrong);
}

struct ArrayHead {
  ValueType element{};
  u64 count = 0;
};

ArrayHead read_array_head(Cursor& cursor, std::string_view key) {
  ArrayHead head;
  head.element = read_type(cursor, key);
  const u64 at = cursor.offset();
  head.count = cursor.read<u64>("array length");
  if (head.count > cursor.left() / least_bytes(head.element)) {
    cursor.refuse(at, "key '{}' says it has {} elements of type {}, more than the {} bytes left in the file can hold. {}", printable(key), head.count,
                  value_type_name(head.element), cursor.left(), fetch_again);
  }
  return head;
}

// Steps over `count` values of a type. Recursion is at most max_array_depth deep.
void skip_values(Cursor& cursor, std::string_view key, ValueType type, u64 count, int depth) {
  const u64 at = cursor.offset();
  if (type == ValueType::string) {
    for (u64 i = 0; i < count; i++) cursor.read_string("string");
  } else if (type == ValueType::array) {
    if (depth == max_array_depth) cursor.refuse(at, "key '{}' nests arrays more than {} deep.", printable(key), max_array_depth);
    for (u64 i = 0; i < count; i++) {
      const ArrayHead head = read_array_head(cursor, key);
      skip_values(cursor, key, head.element, head.count, depth + 1);
    }
  } else {
    const u8* data = cursor.take(count * least_bytes(type), "value");  // cannot wrap: read_array_head compared the count with the file
    if (type == ValueType::boolean) check_booleans(cursor, key, at, data, count);
  }
}

MetadataEntry read_entry(Cursor& cursor) {
  MetadataEntry entry;
  entry.offset = cursor.offset();
  entry.key = cursor.read_string("metadata key");
  if (entry.key.empty()) cursor.refuse(entry.offset, "an empty metadata key.");
  if (entry.key.size() > max_key_bytes) cursor.refuse(entry.offset, "a metadata key of {} bytes; the most is {}.", entry.key.size(), max_key_bytes);
  entry.type = read_type(cursor, entry.key);
  ValueType type = entry.type;
  u64 count = 1;
  if (type == ValueType::array) {
    const ArrayHead head = read_array_head(cursor, entry.key);
    entry.element = type = head.element;
    entry.count = count = head.count;
  }
  entry.data = cursor.here();
  const u64 start = cursor.offset();
  skip_values(cursor, entry.key, type, count, entry.type == ValueType::array ? 1 : 0);
  entry.bytes = cursor.offset() - start;
  return entry;
}

}  // namespace

const char* value_type_name(ValueType type) {
  static constexpr const char* names[] = {"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"};
  return names[static_cast<u32>(type)];
}

void Metadata::read(Cursor& cursor, u64 count) {
  if (count > cursor.left() / smallest_entry) {
    cursor.refuse(16, "the header counts {} metadata entries, more than the {} bytes that follow can hold. {}", count, cursor.left(), fetch_again);
  }
  for (u64 i = 0; i < count; i++) entries_.push_back(read_entry(cursor));
  // Sorted, not hashed: a file cannot choose keys that make this quadratic.
  by_key_.resize(entries_.size());
  std::iota(by_key_.begin(), by_key_.end(), 0u);
  std::sort(by_key_.begin(), by_key_.end(), [&](u32 a, u32 b) {
    const int order = entries_[a].key.compare(entries_[b].key);
    return order != 0 ? order < 0 : a < b;
  });
  for (size_t i = 1; i < by_key_.size(); i++) {
    const MetadataEntry &first = entries_[by_key_[i - 1]], &second = entries_[by_key_[i]];
    if (first.key == second.key) {
      cursor.refuse(second.offset, "duplicate metadata key '{}', which also stands at offset {}.", printable(second.key), first.offset);
    }
  }
}

const MetadataEntry* Metadata::find(std::string_view key) const {
  const auto at = std::lower_bound(by_key_.begin(), by_key_.end(), key, [&](u32 index, std::string_view wanted) { return entries_[index].key < wanted; });
  return at != by_key_.end() && entries_[*at].key == key ? &entries_[*at] : nullptr;
}

}  // namespace llmc
