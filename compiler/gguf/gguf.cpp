#include "compiler/gguf/gguf.h"
#include <bit>
#include "compiler/gguf/metadata.h"
#include "compiler/gguf/tensor_table.h"

namespace llmc {
namespace {

// Tensors are read in place, so their data must be aligned for the widest element; the bound keeps every sum with an offset small.
constexpr u64 default_alignment = 32, least_alignment = 8, most_alignment = 1 << 16;

class MappedGguf final : public GgufFile {
 public:
  explicit MappedGguf(const std::string& path) : file_(path) {
    Cursor cursor(file_);
    read_magic_and_version(cursor);
    const u64 n_tensors = cursor.read<u64>("header");
    const u64 n_entries = cursor.read<u64>("header");
    metadata_.read(cursor, n_entries);
    if (const auto alignment = get_uint("general.alignment")) alignment_ = *alignment;
    if (!std::has_single_bit(alignment_) || alignment_ < least_alignment || alignment_ > most_alignment) {
      fail(Exit::bad_input, "{}: key 'general.alignment' is {}; it must be a power of two from {} to {}.", printable(path), alignment_, least_alignment, most_alignment);
    }
    table_.read(cursor, n_tensors, alignment_);
  }

  const std::string& path() const override { return file_.path(); }
  u32 version() const override { return version_; }
  u64 alignment() const override { return alignment_; }
  std::span<const u8> bytes() const override { return file_.bytes(); }
  const std::vector<TensorInfo>& tensors() const override { return table_.tensors(); }
  const TensorInfo* tensor(std::string_view name) const override { return table_.find(name); }

  void require_supported_types() const override {
    for (const TensorInfo& tensor : tensors()) {
      if (tensor_type_from_number(tensor.type_number)) continue;
      std::string supported;
#define X(name, number, elements, bytes) supported += std::string(supported.empty() ? "" : ", ") + #name;
      LLMC_TENSOR_TYPES(X)
#undef X
      fail(Exit::unsupported, "{}: tensor '{}' has type {} ({}), which llmc does not support. Supported types: {}. Quantise the model to one of them.",
           printable(path()), printable(tensor.name), ggml_type_name(tensor.type_number), tensor.type_number, supported);
    }
  }

  bool has(std::string_view key) const override { return metadata_.find(key) != nullptr; }
  std::optional<u64> get_uint(std::string_view key) const override { return get(key, as_uint, "an integer that is not negative"); }
  std::optional<double> get_float(std::string_view key) const override { return get(key, as_float, "a float"); }
  std::optional<bool> get_bool(std::string_view key) const override { return get(key, as_bool, "a bool"); }
  std::optional<std::string_view> get_string(std::string_view key) const override { return get(key, as_string, "a string"); }
  std::optional<std::vector<std::string_view>> get_string_array(std::string_view key) const override { return get(key, as_string_array, "an array of strings"); }
  std::optional<std::vector<i64>> get_int_array(std::string_view key) const override { return get(key, as_int_array, "an array of integers"); }
  std::optional<std::vector<float>> get_float_array(std::string_view key) const override { return get(key, as_float_array, "an array of floats"); }

  std::optional<u64> array_size(std::string_view key) const override {
    return get(key, [](const MetadataEntry& entry) { return entry.type == ValueType::array ? std::optional<u64>(entry.count) : std::nullopt; }, "an array");
  }

  std::vector<MetadataItem> metadata() const override {
    std::vector<MetadataItem> items;
    for (const MetadataEntry& entry : metadata_.entries()) items.push_back(as_item(entry));
    return items;
  }

 private:
  void read_magic_and_version(Cursor& cursor) {
    const std::string_view magic(reinterpret_cast<const char*>(cursor.take(4, "header")), 4);
    if (magic != "GGUF") cursor.refuse(0, "not a GGUF file: it starts with '{}' and not with 'GGUF'. Give a model in GGUF format.", printable(magic));
    version_ = cursor.read<u32>("header");
    if (version_ == 2 || version_ == 3) return;
    const u32 swapped = __builtin_bswap32(version_);
    if (swapped >= 1 && swapped <= 3) {
      cursor.refuse(4, "a big-endian GGUF (version {} byte-swapped); llmc reads little-endian files of version 2 and 3. Convert the file.", swapped);
    }
    cursor.refuse(4, "GGUF version {}; llmc reads versions 2 and 3. Convert the file with a current llama.cpp.", version_);
  }

  // The value of `key` through `convert`; nothing where the key is absent, bad_input where it is of another kind.
  template <class Convert>
  auto get(std::string_view key, Convert convert, const char* wanted) const -> decltype(convert(std::declval<const MetadataEntry&>())) {
    const MetadataEntry* entry = metadata_.find(key);
    if (!entry) return std::nullopt;
    auto value = convert(*entry);
    if (!value) {
      const MetadataItem item = as_item(*entry);
      fail(Exit::bad_input, "{}: key '{}' at offset {} must be {}; it is {}{} ({}). The file is broken.", printable(path()), printable(key), entry->offset, wanted,
           item.is_array ? "an array of type " : "of type ", item.type, item.text());
    }
    return value;
  }

  MappedFile file_;
  u32 version_ = 0;
  u64 alignment_ = default_alignment;
  Metadata metadata_;
  TensorTable table_;
};

}  // namespace

std::unique_ptr<GgufFile> GgufFile::open(const std::string& path) { return std::make_unique<MappedGguf>(path); }

}  // namespace llmc
