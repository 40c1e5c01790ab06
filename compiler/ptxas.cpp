#include "compiler/ptxas.h"

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "common/error.h"

namespace llmc {
namespace {

constexpr const char* usual_folder = "/usr/local/cuda/bin";

bool is_executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

std::string find_ptxas(const std::string& choice, const Target& target) {
  if (choice == "off") return "";
  if (target.family != "nvidia") fail(Exit::usage, "--ptxas={}: only NVIDIA's processors have a ptxas; this is for {}. Leave it out.", choice, target.arch);
  if (choice != "auto") {
    if (!is_executable(choice)) fail(Exit::usage, "--ptxas={}: no such program. Give the path of the CUDA toolkit's ptxas, auto or off.", choice);
    return choice;
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path ? path : "") + ":" + usual_folder);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && is_executable(folder + "/ptxas")) return folder + "/ptxas";
  }
  fmt::print(stderr, "note: --ptxas=auto found none, neither on PATH nor in {}.\n", usual_folder);
  return "";
}

}  // namespace llmc
