// What a metadata entry's bytes mean. A conversion that would lose something (a negative number as unsigned, a fraction as integer,
// a string as a number) gives nothing; the caller turns that into a message with the key.
#include "compiler/gguf/metadata.h"

namespace llmc {
namespace {

template <class T>
T load(const u8* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

// Calls `use` with the number of type `type` at `data`; false where the type is not a number.
template <class Use>
bool with_number(ValueType type, const u8* data, Use&& use) {
  switch (type) {
    case ValueType::uint8: use(load<u8>(data)); return true;
    case ValueType::int8: use(load<i8>(data)); return true;
    case ValueType::uint16: use(load<u16>(data)); return true;
    case ValueType::int16: use(load<i16>(data)); return true;
    case ValueType::uint32: use(load<u32>(data)); return true;
    case ValueType::int32: use(load<i32>(data)); return true;
    case ValueType::float32: use(load<float>(data)); return true;
    case ValueType::uint64: use(load<u64>(data)); return true;
    case ValueType::int64: use(load<i64>(data)); return true;
    case ValueType::float64: use(load<double>(data)); return true;
    case ValueType::boolean:
    case ValueType::string:
    case ValueType::array: return false;
  }
  return false;
}

u64 number_bytes(ValueType type) {
  u64 bytes = 0;
  const u8 zeros[8] = {};
  with_number(type, zeros, [&](auto value) { bytes = sizeof value; });
  return bytes;
}

template <class T>
constexpr bool is_integer = std::is_integral_v<T>;

}  // namespace

std::optional<u64> as_uint(const MetadataEntry& entry) {
  std::optional<u64> result;
  with_number(entry.type, entry.data, [&](auto value) {
    if constexpr (is_integer<decltype(value)>) {
      if (value >= 0) result = static_cast<u64>(value);
    }
  });
  return result;
}

std::optional<double> as_float(const MetadataEntry& entry) {
  if (entry.type == ValueType::float32) return load<float>(entry.data);
  if (entry.type == ValueType::float64) return load<double>(entry.data);
  return std::nullopt;
}

std::optional<bool> as_bool(const MetadataEntry& entry) {
  if (entry.type != ValueType::boolean) return std::nullopt;
  return *entry.data != 0;
}

std::optional<std::string_view> as_string(const MetadataEntry& entry) {
  if (entry.type != ValueType::string) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(entry.data + 8), entry.bytes - 8);
}

std::optional<std::vector<std::string_view>> as_string_array(const MetadataEntry& entry) {
  if (entry.type != ValueType::array || entry.element != ValueType::string) return std::nullopt;
  std::vector<std::string_view> strings;
  strings.reserve(entry.count);
  const u8* at = entry.data;
  for (u64 i = 0; i < entry.count; i++) {
    const u64 length = load<u64>(at);
    strings.emplace_back(reinterpret_cast<const char*>(at + 8), length);
    at += 8 + length;
  }
  return strings;
}

std::optional<std::vector<i64>> as_int_array(const MetadataEntry& entry) {
  if (entry.type != ValueType::array || entry.element == ValueType::float32 || entry.element == ValueType::float64) return std::nullopt;
  const u64 step = number_bytes(entry.element);
  if (step == 0) return std::nullopt;
  std::vector<i64> numbers;
  numbers.reserve(entry.count);
  bool fits = true;
  for (u64 i = 0; i < entry.count; i++) {
    with_number(entry.element, entry.data + i * step, [&](auto value) {
      if constexpr (std::is_same_v<decltype(value), u64>) fits = fits && value <= static_cast<u64>(INT64_MAX);
      if constexpr (is_integer<decltype(value)>) numbers.push_back(static_cast<i64>(value));
    });
  }
  if (!fits) return std::nullopt;
  return numbers;
}

std::optional<std::vector<float>> as_float_array(const MetadataEntry& entry) {
  if (entry.type != ValueType::array || (entry.element != ValueType::float32 && entry.element != ValueType::float64)) return std::nullopt;
  std::vector<float> numbers;
  numbers.reserve(entry.count);
  const u64 step = number_bytes(entry.element);
  for (u64 i = 0; i < entry.count; i++) {
    with_number(entry.element, entry.data + i * step, [&](auto value) { numbers.push_back(static_cast<float>(value)); });
  }
  return numbers;
}

MetadataItem as_item(const MetadataEntry& entry) {
  MetadataItem item;
  item.key = entry.key;
  item.is_array = entry.type == ValueType::array;
  item.type = value_type_name(item.is_array ? entry.element : entry.type);
  item.count = entry.count;
  if (const auto text = as_string(entry)) item.value = *text;
  if (const auto flag = as_bool(entry)) item.value = *flag;
  with_number(entry.type, entry.data, [&](auto number) {
    if constexpr (std::is_floating_point_v<decltype(number)>) item.value = number;
    else if constexpr (std::is_signed_v<decltype(number)>) item.value = static_cast<i64>(number);
    else item.value = static_cast<u64>(number);
  });
  return item;
}

std::string MetadataItem::text() const {
  if (is_array) return fmt::format("[{} x {}]", count, type);
  return std::visit(
      [](const auto& held) -> std::string {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) return "";
        else if constexpr (std::is_same_v<Held, std::string_view>) return printable(held);
        else return fmt::format("{}", held);
      },
      value);
}

}  // namespace llmc
