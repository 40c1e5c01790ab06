// What the family files are written with: checked access to a file's metadata and tensors. Every tensor that a family takes is noted,
// so that one which nobody took, and whose effect would be missing, is refused.
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include "common/error.h"
#include "common/text.h"
#include "compiler/model/model.h"

namespace llmc {

class ModelReader {
 public:
  ModelReader(Model& result, const GgufFile& file, std::string architecture) : model(result), file_(file), architecture_(std::move(architecture)) {}

  Model& model;

  // Metadata of the architecture: key("block_count") is "llama.block_count".
  std::string key(std::string_view name) const { return architecture_ + "." + std::string(name); }
  bool has(std::string_view name) const { return file_.has(key(name)); }
  // Error(bad_input) where the value is outside [least, most].
  u32 required_uint(std::string_view name, u64 least, u64 most) const;
  u32 optional_uint(std::string_view name, u64 absent, u64 least, u64 most) const;
  // Error(bad_input) where the value is not finite or not in (above, most].
  double required_float(std::string_view name, double above, double most) const;
  double optional_float(std::string_view name, double absent, double above, double most) const;

  // A tensor of exactly this shape (ggml order: row length first). Error(bad_input) where it is absent or of another shape.
  const TensorInfo* matrix(const std::string& name, u64 columns, u64 rows);
  // A vector of F32, F16 or BF16. `optional_vector` gives null where it is absent.
  const TensorInfo* vector(const std::string& name, u64 size);
  const TensorInfo* optional_vector(const std::string& name, u64 size);

  // The parts that the dense families share; read_shape first, it fills what the others need.
  enum class Biases { optional, required };
  enum class HeadNorms { none, required };
  void read_shape();
  void read_rope_scaling();
  void read_rope_freqs();
  void read_embeddings();
  void read_layers(Biases biases, HeadNorms head_norms);

  // Refuses keys that change the arithmetic in a way that llmc does not compute, and tensors that no role claimed.
  void refuse_unknown_arithmetic() const;
  void refuse_unclaimed_tensors() const;

  template <class... Args>
  [[noreturn]] void refuse(Exit code, fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(code, printable(file_.path()) + ": " + fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  u64 check_range(std::string_view name, u64 value, u64 least, u64 most) const;
  double check_range(std::string_view name, double value, double above, double most) const;
  const TensorInfo* take(const std::string& name);  // null if absent
  void check_shape(const TensorInfo& tensor, u64 columns, u64 rows) const;

  const GgufFile& file_;
  std::string architecture_;
  std::unordered_set<const TensorInfo*> claimed_;
};

#define FAMILY(name) void read_##name(ModelReader& reader);
#include "compiler/model/families.def"
#undef FAMILY

}  // namespace llmc
