#include "compiler/model/model.h"
#include "compiler/model/reader.h"

namespace llmc {
namespace {

struct Family {
  std::string_view name;
  void (*read)(ModelReader&);
};

constexpr Family families[] = {
#define FAMILY(name) {#name, read_##name},
#include "compiler/model/families.def"
#undef FAMILY
};

const Family& family_of(const GgufFile& file) {
  const auto name = file.get_string("general.architecture");
  if (!name) fail(Exit::bad_input, "{}: key 'general.architecture' is missing, so what the file computes is unknown. Convert the model again.", printable(file.path()));
  std::string known;
  for (const Family& family : families) {
    if (family.name == *name) return family;
    known += (known.empty() ? "" : ", ") + std::string(family.name);
  }
  fail(Exit::unsupported, "{}: architecture '{}' is not one that llmc supports: {}.", printable(file.path()), printable(*name), known);
}

// One shard of a split model holds part of the tensors.
void refuse_shards(const GgufFile& file) {
  const u64 count = file.get_uint("split.count").value_or(1);
  if (count > 1) {
    fail(Exit::unsupported, "{}: shard {} of a model split into {} files. Join them with 'llama-gguf-split --merge' first.", printable(file.path()),
         file.get_uint("split.no").value_or(0) + 1, count);
  }
}

}  // namespace

Model read_model(std::shared_ptr<const GgufFile> file) {
  Model model;
  const Family& family = family_of(*file);
  refuse_shards(*file);
  file->require_supported_types();
  model.family = family.name;
  ModelReader reader(model, *file, model.family);
  family.read(reader);
  reader.refuse_unclaimed_tensors();
  model.file = std::move(file);
  return model;
}

}  // namespace llmc
