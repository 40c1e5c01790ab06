#include "compiler/build/temporary_folder.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include "common/error.h"

namespace llmc {

std::string make_folder(const std::string& parent, const std::string& prefix) {
  const char* environment = std::getenv("TMPDIR");
  const std::string base = !parent.empty() ? parent : environment && *environment ? environment : "/tmp";
  std::string path = base + "/" + prefix + "-XXXXXX";
  if (!mkdtemp(path.data()))
    fail(Exit::failed, "cannot make a folder in {}: {}. Set TMPDIR to a folder that can be written.", base, std::strerror(errno));
  return path;
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) fail(Exit::failed, "cannot write {}: {}. Is the disk full?", path, std::strerror(errno));
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) fail(Exit::failed, "cannot read {}: {}.", path, std::strerror(errno));
  return std::move(text).str();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace llmc
