// Mustache templates rendered with plan data. No text from a model may reach emitted source: every value must be an identifier or
// a number (or it is an InternalError), and the data come from the plan's numbers and fixed names alone.
#pragma once
#include <string>
#include <string_view>
#include <nlohmann/json.hpp>

namespace llmc {

// Renders templates/NAME.mustache. Every other template is at hand as a partial, {{> name}}.
// JSON objects, arrays, booleans, strings, integers and floats map to mustache's sections and variables; floats are written with
// all their digits and an f suffix.
std::string render(std::string_view name, const nlohmann::json& data);

}  // namespace llmc
