#include "tests/fuzz/gguf_harness.h"
#include <cstdlib>
#include "common/error.h"
#include "compiler/model/model.h"

namespace llmc::fuzz {
namespace {

// Runs `action`; true where it ends without an error. Errors of the user's are expected, others end the process.
template <class Action>
bool survives(Action action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    if (error.code() == Exit::bad_input || error.code() == Exit::unsupported) return false;
    fmt::print(stderr, "an error that is not the file's: {}\n", error.what());
    std::abort();
  }
}

void read_metadata(const GgufFile& file) {
  u64 sum = 0;
  for (const MetadataItem& item : file.metadata()) {
    sum += item.text().size();
    survives([&] { sum += file.get_uint(item.key).value_or(0); });
    survives([&] { sum += file.get_float(item.key).has_value(); });
    survives([&] { sum += file.get_bool(item.key).has_value(); });
    survives([&] { sum += file.get_string(item.key)->size(); });
    survives([&] { sum += file.get_int_array(item.key)->size(); });
    survives([&] { sum += file.get_float_array(item.key)->size(); });
    survives([&] {
      const auto strings = file.get_string_array(item.key);
      for (const std::string_view text : *strings) sum += text.empty() ? 0 : static_cast<u8>(text.back());
    });
  }
  volatile u64 used = sum;
  (void)used;
}

// The first and the last block of every tensor, where a wrong range would show.
void read_tensors(const GgufFile& file) {
  for (const TensorInfo& tensor : file.tensors()) {
    const auto type = tensor_type_from_number(tensor.type_number);
    if (!type) continue;
    const TypeInfo& info = type_info(*type);
    float values[256];
    dequantize(*type, tensor.data, values, info.block_elements);
    dequantize(*type, tensor.data + tensor.bytes - info.block_bytes, values, info.block_elements);
  }
}

}  // namespace

const char* read_everything(const std::string& path) {
  const char* outcome = "refused";
  survives([&] {
    std::shared_ptr<const GgufFile> file = GgufFile::open(path);
    outcome = "metadata";
    read_metadata(*file);
    read_tensors(*file);
    const Model model = read_model(file);
    outcome = model.layers.empty() ? "metadata" : "model";
  });
  return outcome;
}

}  // namespace llmc::fuzz
