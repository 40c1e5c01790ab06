#include "runtime/output.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include "common/error.h"

namespace llmc {
namespace {

std::string read_all(int fd, const std::string& name) {
  std::string text;
  char piece[1 << 16];
  for (;;) {
    const ssize_t count = read(fd, piece, sizeof(piece));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(Exit::failed, "Cannot read {}: {}.", name, std::strerror(errno));
    if (count == 0) return text;
    text.append(piece, static_cast<size_t>(count));
  }
}

}  // namespace

void note(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody does: not a reason to stop
}

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(Exit::failed, "Cannot write to standard output: {}.", std::strerror(errno));
    text.remove_prefix(static_cast<size_t>(count));
  }
}

bool terminal_in() { return isatty(STDIN_FILENO) == 1; }

std::string read_all_in() { return read_all(STDIN_FILENO, "standard input"); }

std::string read_text_file(const std::string& path, const char* flag) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(Exit::usage, "Cannot open {}: {}. Check the path given with {}.", path, std::strerror(errno), flag);
  std::string text;
  try {
    text = read_all(fd, path);
  } catch (...) {
    close(fd);
    throw;
  }
  close(fd);
  return text;
}

}  // namespace llmc
