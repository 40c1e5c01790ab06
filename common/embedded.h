// Files of the source tree that were put into the program at build time (templates, kernels), by their path from the source root.
// cmake/LlmcEmbed.cmake makes a function for each set, e.g. `const llmc::EmbeddedFiles& llmc_device_sources();`.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace llmc {

class EmbeddedFiles {
 public:
  explicit EmbeddedFiles(std::map<std::string, std::string_view, std::less<>> files) : files_(std::move(files)) {}
  std::string_view file(std::string_view name) const;  // its bytes; an unknown name is an InternalError
  std::vector<std::string> names(std::string_view prefix) const;  // those that begin with `prefix`, sorted

 private:
  std::map<std::string, std::string_view, std::less<>> files_;
};

}  // namespace llmc
