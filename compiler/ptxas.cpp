#include "compiler/ptxas.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "common/error.h"

namespace llmc {
namespace {

constexpr const char* usual_folder = "/usr/local/cuda/bin";

// What keeps `path` from being started, or null. A folder has the permission too.
const char* fault_of(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return "no such program";
  if (!S_ISREG(info.st_mode)) return "this is no program";
  return access(path.c_str(), X_OK) == 0 ? nullptr : "this cannot be executed";
}

// Where the program `name` is in the folders of PATH and then in `last`; "" where it is in none.
std::string look_up(const std::string& name, const std::string& last) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path ? path : "") + ":" + last);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && !fault_of(folder + "/" + name)) return folder + "/" + name;
  }
  return "";
}

}  // namespace

std::string find_ptxas(const std::string& choice, const Target& target) {
  if (choice == "off") return "";
  if (target.family != "nvidia") fail(Exit::usage, "--ptxas={}: only NVIDIA's processors have a ptxas; this is for {}. Leave it out.", choice, target.arch);
  if (choice == "auto") {
    const std::string found = look_up("ptxas", usual_folder);
    if (found.empty()) fmt::print(stderr, "note: --ptxas=auto found none, neither on PATH nor in {}.\n", usual_folder);
    return found;
  }
  const bool bare = choice.find('/') == std::string::npos;  // looked up as a shell does
  const std::string found = bare ? look_up(choice, "") : choice;
  const char* fault = found.empty() ? "no such program on PATH" : fault_of(found);
  if (fault) fail(Exit::usage, "--ptxas={}: {}. Give the path of the CUDA toolkit's ptxas, auto or off.", choice, fault);
  return found;
}

}  // namespace llmc
