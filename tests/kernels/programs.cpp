#include "tests/kernels/programs.h"

#include <fstream>
#include <map>
#include <sstream>

namespace llmc {

const HostProgram& test_program(const std::string& name, u32 wave) {
  static std::map<std::pair<std::string, u32>, HostProgram> programs;
  const auto found = programs.find({name, wave});
  if (found != programs.end()) return found->second;
  std::ifstream file(std::string(LLMC_SOURCE_DIR) + "/tests/kernels/device/" + name + ".cpp");
  std::stringstream text;
  text << file.rdbuf();
  return programs.emplace(std::pair(name, wave), HostProgram(compile_for_host(text.str(), wave))).first->second;
}

}  // namespace llmc
