#include "compiler/target/read_targets.h"
#include <set>
#include <toml++/toml.h>
#include "common/error.h"

namespace llmc {
namespace {

// One table of the file; `finish` refuses the fields that nobody asked for, so that a misspelt name cannot pass for a default.
class Fields {
 public:
  Fields(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  template <class T>
  T get(std::string_view key) {
    asked_.insert(std::string(key));
    auto value = table_[key].value<T>();
    if (!value) throw InternalError(fmt::format("{}: field '{}' is missing or of the wrong type", where_, key));
    return *value;
  }
  template <class T>
  T get_or(std::string_view key, T otherwise) {
    return table_.contains(key) ? get<T>(key) : otherwise;
  }
  const toml::array* array(std::string_view key) {
    asked_.insert(std::string(key));
    return table_[key].as_array();
  }
  void finish() const {
    for (const auto& [key, value] : table_)
      if (!asked_.contains(std::string(key.str()))) throw InternalError(fmt::format("{}: unknown field '{}'", where_, key.str()));
  }

 private:
  const toml::table& table_;
  std::string where_;
  std::set<std::string> asked_;
};

Target read_arch(Fields& fields, const std::string& family) {
  Target target;
  target.family = family;
  target.arch = fields.get<std::string>("name");
  target.wave = fields.get<u32>("wave");
  target.lds_bytes = fields.get_or<u32>("lds_bytes", 0);
  target.static_lds_bytes = fields.get_or<u32>("static_lds_bytes", target.lds_bytes);
  target.registers = fields.get<u32>("registers");
  target.register_file = fields.get_or<u32>("register_file", target.registers);
  target.simds_per_unit = fields.get_or<u32>("simds_per_unit", 1);
  target.units_per_processor = fields.get_or<u32>("units_per_processor", 1);
  target.dot = fields.get<std::string>("dot");
  target.matrix = fields.get_or<std::string>("matrix", "none");
  target.bulk_copy = fields.get_or<bool>("bulk_copy", false);
  target.fuse_model = fields.get_or<bool>("fuse_model", false);
  if (const toml::array* features = fields.array("features"))
    for (const auto& feature : *features) target.features.push_back(feature.value_or(std::string()));
  return target;
}

}  // namespace

std::vector<Target> read_targets(std::string_view file, std::string_view text) {
  std::vector<Target> targets;
  toml::table root;
  try {
    root = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw InternalError(fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  const std::string family = root["family"].value_or(std::string());
  const toml::array* arches = root["arch"].as_array();
  if (family.empty() || !arches) throw InternalError(fmt::format("{}: no family or no [[arch]]", file));
  for (const auto& node : *arches) {
    Fields fields(*node.as_table(), fmt::format("{}: {}", file, (*node.as_table())["name"].value_or(std::string("arch without a name"))));
    Target target = read_arch(fields, family);
    const toml::array* products = fields.array("products");
    if (!products || products->empty()) throw InternalError(fmt::format("{}: {} has no products", file, target.arch));
    for (const auto& entry : *products) {
      Fields product(*entry.as_table(), fmt::format("{}: a product of {}", file, target.arch));
      target.product = product.get<std::string>("name");
      target.title = product.get<std::string>("title");
      target.units = product.get<u32>("units");
      target.bandwidth_gb_s = product.get<double>("bandwidth_gb_s");
      target.measured_gb_s = product.get_or<double>("measured_gb_s", 0.0);
      product.finish();
      targets.push_back(target);
    }
    fields.finish();
  }
  return targets;
}

}  // namespace llmc
