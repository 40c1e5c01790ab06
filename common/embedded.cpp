#include "common/embedded.h"

#include "common/error.h"

namespace llmc {

std::string_view EmbeddedFiles::file(std::string_view name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) throw InternalError(fmt::format("no embedded file '{}'", name));
  return found->second;
}

std::vector<std::string> EmbeddedFiles::names(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto it = files_.lower_bound(prefix); it != files_.end() && it->first.starts_with(prefix); ++it) names.push_back(it->first);
  return names;
}

}  // namespace llmc
