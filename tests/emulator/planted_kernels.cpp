#include "tests/emulator/planted_kernels.h"
#include <fstream>
#include <map>
#include <sstream>
#include "compiler/build/build.h"
#include "compiler/emit/flatten.h"

namespace llmc::emu {

std::string device_source(const std::string& name) {
  std::ifstream file(LLMC_SOURCE_DIR "/tests/emulator/device/" + name + ".cpp");
  std::stringstream text;
  text << file.rdbuf();
  return flatten_includes(text.str());
}

const std::vector<u8>& build_device_source(const std::string& name, const std::string& arch) {
  static std::map<std::pair<std::string, std::string>, std::vector<u8>> built;
  std::vector<u8>& object = built[{name, arch}];
  if (!object.empty()) return object;
  const Target target = find_target(arch);
  BuildRequest request;
  request.name = name.substr(name.rfind('/') + 1);
  request.source = device_source(name);
  request.target = &target;
  request.verify = false;
  request.debug_info = true;
  return object = build_in_process(request).object;
}

std::vector<u32> marked_lines(const std::string& source, const std::string& mark) {
  std::istringstream lines(source);
  std::vector<u32> found;
  u32 number = 1;
  for (std::string line; std::getline(lines, line); ++number) {
    if (line.ends_with("// FAULT " + mark)) found.push_back(number);
  }
  return found;
}

}  // namespace llmc::emu
