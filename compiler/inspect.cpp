#include "compiler/inspect.h"
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include "common/checked.h"
#include "common/error.h"
#include "common/text.h"
#include "compiler/model/model.h"
#include "compiler/print_plan.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
namespace {

struct TypeCount {
  u64 tensors = 0, elements = 0, bytes = 0;
};

struct Summary {
  std::map<std::string, TypeCount> types;
  u64 elements = 0, bytes = 0;
  std::string shape;   // "qwen2, 24 layers, ...", where llmc can compile the model
  std::string reason;  // why it cannot
};

u64 elements_of(const TensorInfo& tensor) {
  u64 elements = 1;
  for (const u64 size : tensor.dims) elements *= size;  // the reader checked that it fits
  return elements;
}

// Tensors of unknown types may claim any number of elements.
u64 saturating_add(u64 a, u64 b) { return checked_add(a, b).value_or(UINT64_MAX); }

Summary summarize(const std::shared_ptr<const GgufFile>& file) {
  Summary summary;
  for (const TensorInfo& tensor : file->tensors()) {
    TypeCount& type = summary.types[std::string(ggml_type_name(tensor.type_number))];
    type.tensors++;
    type.elements = saturating_add(type.elements, elements_of(tensor));
    type.bytes += tensor.bytes;
    summary.elements = saturating_add(summary.elements, elements_of(tensor));
    summary.bytes += tensor.bytes;
  }
  try {
    const Model m = read_model(file);
    tokenizer_from_gguf(*file);  // refuses what it does not know
    summary.shape = fmt::format("{}, {} layers, width {}, feed-forward {}, {} heads of {} ({} for keys and values), vocabulary {}, context {}", m.family, m.n_layers,
                                m.d_model, m.d_ff, m.n_heads, m.head_dim, m.n_kv_heads, m.vocab, m.ctx_train);
  } catch (const InternalError&) {
    throw;
  } catch (const Error& error) {
    summary.reason = error.what();
  }
  return summary;
}

void print_text(const GgufFile& file, const Summary& summary, std::FILE* out) {
  fmt::print(out, "{}: GGUF {}, {}, alignment {}\n", printable(file.path(), 4096), file.version(), format_bytes(file.bytes().size()), file.alignment());
  const bool sizes_known = std::ranges::all_of(file.tensors(), [](const TensorInfo& tensor) { return tensor.bytes > 0; });
  fmt::print(out, "{} parameters in {} tensors, {}{}", summary.elements, file.tensors().size(), sizes_known ? "" : "more than ", format_bytes(summary.bytes));
  if (summary.elements > 0 && sizes_known) fmt::print(out, ", {:.2f} bits each", 8.0 * static_cast<double>(summary.bytes) / static_cast<double>(summary.elements));
  fmt::print(out, "\n");
  if (summary.reason.empty()) fmt::print(out, "llmc can compile it: {}\n", summary.shape);
  else fmt::print(out, "llmc cannot compile it: {}\n", summary.reason);

  const auto items = file.metadata();
  fmt::print(out, "\nMetadata ({})\n", items.size());
  size_t key_width = 0, name_width = 0;
  for (const MetadataItem& item : items) key_width = std::max(key_width, std::min<size_t>(printable(item.key).size(), 60));
  for (const MetadataItem& item : items) {
    fmt::print(out, "  {:{}}  {:6}  {}\n", printable(item.key), key_width, item.is_array ? "array" : item.type, item.text());
  }

  fmt::print(out, "\nTypes\n");
  for (const auto& [name, type] : summary.types) {
    fmt::print(out, "  {:8} {:6} tensors {:14} parameters {:>12}\n", name, type.tensors, type.elements, format_bytes(type.bytes));
  }

  fmt::print(out, "\nTensors ({})\n", file.tensors().size());
  for (const TensorInfo& tensor : file.tensors()) name_width = std::max(name_width, printable(tensor.name).size());
  for (const TensorInfo& tensor : file.tensors()) {
    std::string shape;
    for (const u64 size : tensor.dims) shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    fmt::print(out, "  {:{}}  {:8} {:>18} {:>12} at {}\n", printable(tensor.name), name_width, ggml_type_name(tensor.type_number), shape, format_bytes(tensor.bytes),
               tensor.file_offset);
  }
}

nlohmann::json json_value(const MetadataItem& item) {
  if (item.is_array) return {{"type", item.type}, {"length", item.count}};
  return std::visit(
      [](const auto& held) -> nlohmann::json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) return nullptr;
        else if constexpr (std::is_same_v<Held, std::string_view>) return std::string(held);
        else return held;
      },
      item.value);
}

void print_json(const GgufFile& file, const Summary& summary, std::FILE* out) {
  nlohmann::json json = {{"path", file.path()},
                                 {"version", file.version()},
                                 {"alignment", file.alignment()},
                                 {"file_bytes", file.bytes().size()},
                                 {"parameters", summary.elements},
                                 {"tensor_bytes", summary.bytes},
                                 {"supported", summary.reason.empty()},
                                 {"reason", summary.reason}};
  json["metadata"] = nlohmann::json::object();
  for (const MetadataItem& item : file.metadata()) json["metadata"].push_back({std::string(item.key), json_value(item)});
  json["types"] = nlohmann::json::object();
  for (const auto& [name, type] : summary.types) json["types"][name] = {{"tensors", type.tensors}, {"parameters", type.elements}, {"bytes", type.bytes}};
  json["tensors"] = nlohmann::json::array();
  for (const TensorInfo& tensor : file.tensors()) {
    json["tensors"].push_back({{"name", tensor.name}, {"type", ggml_type_name(tensor.type_number)}, {"shape", tensor.dims}, {"offset", tensor.file_offset}, {"bytes", tensor.bytes}});
  }
  // Escaped to ASCII, invalid UTF-8 replaced: what a file holds cannot break the JSON or the terminal.
  fmt::print(out, "{}\n", json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void inspect(const std::string& path, bool json, std::FILE* out) {
  const std::shared_ptr<const GgufFile> file = GgufFile::open(path);
  const Summary summary = summarize(file);
  if (json) print_json(*file, summary, out);
  else print_text(*file, summary, out);
}

}  // namespace llmc
