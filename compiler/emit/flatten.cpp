#include "compiler/emit/flatten.h"

#include <set>

#include "compiler/emit/device_sources.h"

namespace llmc {
namespace {

void paste(std::string_view source, std::set<std::string, std::less<>>& pasted, std::string& out) {
  constexpr std::string_view include = "#include \"kernels/";
  while (!source.empty()) {
    const size_t end = source.find('\n');
    const std::string_view line = source.substr(0, end);
    source.remove_prefix(end == std::string_view::npos ? source.size() : end + 1);
    if (line.starts_with("#pragma once")) continue;
    if (!line.starts_with(include)) {
      out.append(line).push_back('\n');
      continue;
    }
    const size_t open = line.find('"') + 1;
    const std::string_view name = line.substr(open, line.find('"', open) - open);
    const bool list = name.ends_with(".def");
    if (!list && !pasted.insert(std::string(name)).second) continue;
    if (!list) out.append("\n// ---- ").append(name).append("\n");
    paste(llmc_device_sources().file(name), pasted, out);
  }
}

}  // namespace

std::string flatten_includes(std::string_view source) {
  std::string out;
  std::set<std::string, std::less<>> pasted;
  paste(source, pasted, out);
  return out;
}

}  // namespace llmc
