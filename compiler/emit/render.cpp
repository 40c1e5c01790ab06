#include "compiler/emit/render.h"

#include <cctype>
#include <kainjow/mustache.hpp>

#include "common/error.h"
#include "compiler/emit/device_sources.h"

namespace llmc {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;
using kainjow::mustache::partial;

// Takes the place of mustache's HTML escape: lets identifiers, numbers and qualified names through, nothing else.
std::string refuse_all_but_names(const std::string& text) {
  for (const char c : text) {
    const bool allowed = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-' || c == '+' || c == ':';
    if (!allowed) throw InternalError(fmt::format("a value for a template is neither a name nor a number ({} bytes)", text.size()));
  }
  return text;
}

data to_mustache(const nlohmann::json& json) {
  switch (json.type()) {
    case nlohmann::json::value_t::object: {
      data object = data::type::object;
      for (const auto& [key, value] : json.items()) object.set(key, to_mustache(value));
      return object;
    }
    case nlohmann::json::value_t::array: {
      data list = data::type::list;
      for (const auto& value : json) list.push_back(to_mustache(value));
      return list;
    }
    case nlohmann::json::value_t::boolean:
      return json.get<bool>() ? data::type::bool_true : data::type::bool_false;
    case nlohmann::json::value_t::string:
      return json.get<std::string>();
    case nlohmann::json::value_t::number_float: {
      std::string text = fmt::format("{:.9g}", json.get<double>());
      if (text.find_first_of(".e") == std::string::npos) text += ".0";
      return text + "f";
    }
    default:
      return json.dump();
  }
}

}  // namespace

std::string render(std::string_view name, const nlohmann::json& json) {
  data values = to_mustache(json);
  constexpr std::string_view folder = "templates/", suffix = ".mustache";
  for (const std::string& file : llmc_device_sources().names(folder)) {
    const std::string key = file.substr(folder.size(), file.size() - folder.size() - suffix.size());
    values.set(key, data(partial([file] { return std::string(llmc_device_sources().file(file)); })));
  }
  mustache skeleton{std::string(llmc_device_sources().file(fmt::format("{}{}{}", folder, name, suffix)))};
  skeleton.set_custom_escape(refuse_all_but_names);
  std::string text = skeleton.render(values);
  if (!skeleton.is_valid()) throw InternalError(fmt::format("template '{}': {}", name, skeleton.error_message()));
  return text;
}

}  // namespace llmc
