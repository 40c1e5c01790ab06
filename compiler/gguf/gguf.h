// Reads a GGUF file (versions 2 and 3, ggml docs/gguf.md). The file is mapped; nothing in it is trusted: every count, length,
// offset and product is checked before use, and a fault is Error(Exit::bad_input) naming the file offset or the field.
// A tensor of a type llmc does not support is Error(Exit::unsupported) with the tensor, the type and the list of supported ones,
// raised by `require_supported_types` and not by `open`, so that vocabulary-only uses read any file.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include "common/tensor_type.h"

namespace llmc {

struct TensorInfo {
  std::string name;
  u32 type_number = 0;           // ggml's number; may be one llmc does not support
  std::vector<u64> dims;         // ggml order: dims[0] is the row length (columns), dims[1] the number of rows
  const u8* data = nullptr;      // inside the mapping
  u64 file_offset = 0;           // absolute
  u64 bytes = 0;                 // 0 where the type is unsupported
  TensorType type() const { return static_cast<TensorType>(type_number); }
  u64 columns() const { return dims.empty() ? 0 : dims[0]; }
  u64 rows() const { return dims.size() < 2 ? 1 : dims[1]; }
};

// One key of the metadata, for listings.
struct MetadataItem {
  std::string_view key;                 // as it stands in the file: print it with printable()
  const char* type = "";                // "u32", "string", ...; of an array, its elements'
  bool is_array = false;
  u64 count = 0;                        // elements of an array
  std::variant<std::monostate, u64, i64, float, double, bool, std::string_view> value;  // nothing for an array
  std::string text() const;             // the value on one line, safe to print: "llama", 32, 1e-06, true, "[151936 x string]"
};

class GgufFile {
 public:
  static std::unique_ptr<GgufFile> open(const std::string& path);
  virtual ~GgufFile() = default;

  virtual const std::string& path() const = 0;
  virtual u32 version() const = 0;
  virtual u64 alignment() const = 0;
  virtual std::span<const u8> bytes() const = 0;             // the whole mapping
  virtual const std::vector<TensorInfo>& tensors() const = 0;
  virtual const TensorInfo* tensor(std::string_view name) const = 0;  // null if absent
  virtual void require_supported_types() const = 0;

  // Metadata. An absent key is nothing; a key of another kind is Error(bad_input) naming it. Integers of any width and sign are
  // accepted where they fit; float takes f32 and f64. Arrays of strings are views into the mapping.
  virtual bool has(std::string_view key) const = 0;
  virtual std::optional<u64> get_uint(std::string_view key) const = 0;
  virtual std::optional<double> get_float(std::string_view key) const = 0;
  virtual std::optional<bool> get_bool(std::string_view key) const = 0;
  virtual std::optional<std::string_view> get_string(std::string_view key) const = 0;
  virtual std::optional<std::vector<std::string_view>> get_string_array(std::string_view key) const = 0;
  virtual std::optional<std::vector<i64>> get_int_array(std::string_view key) const = 0;
  virtual std::optional<std::vector<float>> get_float_array(std::string_view key) const = 0;
  virtual std::optional<u64> array_size(std::string_view key) const = 0;  // elements of an array of any type, without reading it
  virtual std::vector<MetadataItem> metadata() const = 0;  // every key, in file order
};

}  // namespace llmc
