#include <string_view>
#include "common/error.h"
#include "compiler/build/object.h"

namespace llmc {
namespace {

// The name after a `.entry` or `.func` directive, behind the optional return parameter "(.param .b32 r)"; empty where there is none.
std::string function_name(std::string_view line) {
  std::size_t at = line.find(".entry ");
  if (at == std::string_view::npos) at = line.find(".func ");
  if (at == std::string_view::npos) return "";
  at = line.find(' ', at);
  while (at < line.size() && line[at] == ' ') at++;
  if (at < line.size() && line[at] == '(') at = line.find(')', at);
  while (at < line.size() && (line[at] == ' ' || line[at] == ')')) at++;
  if (at >= line.size()) return "";
  return std::string(line.substr(at, line.find_first_of("( \t", at) - at));
}

}  // namespace

std::vector<KernelResources> ptx_resources(const std::vector<u8>& ptx) {
  std::vector<KernelResources> kernels;
  std::string function = "(no function)";
  std::string_view text(reinterpret_cast<const char*>(ptx.data()), ptx.size());
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find("//"));
    if (const std::string name = function_name(line); !name.empty()) {
      function = name;
      if (line.find(".entry ") != std::string_view::npos) {
        KernelResources kernel;
        kernel.name = name;
        kernel.wave = 32;
        kernels.push_back(kernel);
      }
    }
    // ".local " declares memory; "ld.local" and "st.local" use it.
    if (line.find(".local") != std::string_view::npos)
      throw InternalError(fmt::format(
          "PTX of {} uses local memory: '{}'. An array is indexed by a value unknown at compile time, or a call was not inlined.", function,
          line.substr(std::min(line.size(), line.find_first_not_of(" \t")))));
  }
  return kernels;
}

}  // namespace llmc
