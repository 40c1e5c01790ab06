#include "compiler/model/reader.h"
#include <cmath>

namespace llmc {
namespace {

std::string shape_text(const std::vector<u64>& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); i++) text += fmt::format("{}{}", i ? ", " : "", dims[i]);
  return text + "]";
}

}  // namespace

u64 ModelReader::check_range(std::string_view name, u64 value, u64 least, u64 most) const {
  if (value < least || value > most) refuse(Exit::bad_input, "key '{}' is {}; it must be from {} to {}. The file is broken.", key(name), value, least, most);
  return value;
}

double ModelReader::check_range(std::string_view name, double value, double above, double most) const {
  if (!std::isfinite(value) || value <= above || value > most) {
    refuse(Exit::bad_input, "key '{}' is {}; it must be above {} and at most {}. The file is broken.", key(name), value, above, most);
  }
  return value;
}

u32 ModelReader::required_uint(std::string_view name, u64 least, u64 most) const {
  const auto value = file_.get_uint(key(name));
  if (!value) refuse(Exit::bad_input, "key '{}' is missing; a {} model needs it. Convert the model again.", key(name), architecture_);
  return static_cast<u32>(check_range(name, *value, least, most));
}

u32 ModelReader::optional_uint(std::string_view name, u64 absent, u64 least, u64 most) const {
  return static_cast<u32>(check_range(name, file_.get_uint(key(name)).value_or(absent), least, most));
}

double ModelReader::required_float(std::string_view name, double above, double most) const {
  const auto value = file_.get_float(key(name));
  if (!value) refuse(Exit::bad_input, "key '{}' is missing; a {} model needs it. Convert the model again.", key(name), architecture_);
  return check_range(name, *value, above, most);
}

double ModelReader::optional_float(std::string_view name, double absent, double above, double most) const {
  return check_range(name, file_.get_float(key(name)).value_or(absent), above, most);
}

const TensorInfo* ModelReader::take(const std::string& name) {
  const TensorInfo* tensor = file_.tensor(name);
  if (tensor) claimed_.insert(tensor);
  return tensor;
}

void ModelReader::check_shape(const TensorInfo& tensor, u64 columns, u64 rows) const {
  std::vector<u64> dims = tensor.dims;
  while (dims.size() > 1 && dims.back() == 1) dims.pop_back();
  std::vector<u64> expected = {columns};
  if (rows != 1) expected.push_back(rows);
  if (dims != expected) {
    refuse(Exit::bad_input, "tensor '{}' has shape {}; the metadata call for {}. The file is broken.", tensor.name, shape_text(tensor.dims), shape_text(expected));
  }
}

const TensorInfo* ModelReader::matrix(const std::string& name, u64 columns, u64 rows) {
  const TensorInfo* tensor = take(name);
  if (!tensor) refuse(Exit::bad_input, "tensor '{}' is missing; a {} model needs it. Convert the model again.", name, architecture_);
  check_shape(*tensor, columns, rows);
  return tensor;
}

const TensorInfo* ModelReader::vector(const std::string& name, u64 size) {
  const TensorInfo* tensor = optional_vector(name, size);
  if (!tensor) refuse(Exit::bad_input, "tensor '{}' is missing; a {} model needs it. Convert the model again.", name, architecture_);
  return tensor;
}

const TensorInfo* ModelReader::optional_vector(const std::string& name, u64 size) {
  const TensorInfo* tensor = take(name);
  if (!tensor) return nullptr;
  check_shape(*tensor, size, 1);
  if (!is_float(tensor->type())) {
    refuse(Exit::unsupported, "tensor '{}' has type {}; llmc takes norms and biases in F32, F16 or BF16. Quantise the model without them.", name,
           type_info(tensor->type()).name);
  }
  return tensor;
}

}  // namespace llmc
