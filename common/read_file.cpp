#include "common/read_file.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include "common/error.h"
#include "common/text.h"

namespace llmc {
namespace {

// The error that ended it, or 0.
int read_all(int fd, std::string& text) {
  char piece[1 << 16];
  for (;;) {
    const ssize_t count = read(fd, piece, sizeof(piece));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : 0;
    text.append(piece, static_cast<size_t>(count));
  }
}

constexpr size_t longest_path = 1000;  // in a message

}  // namespace

std::string read_text_file(const std::string& path, const char* flag) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fail(Exit::bad_input, "The file '{}' cannot be opened: {}. Check the path given with {}.", printable(path, longest_path), std::strerror(errno), flag);
  }
  std::string text;
  const int fault = read_all(fd, text);
  close(fd);
  if (fault != 0) fail(Exit::bad_input, "The file '{}' cannot be read: {}. Give another with {}.", printable(path, longest_path), std::strerror(fault), flag);
  return text;
}

std::string read_standard_input() {
  std::string text;
  if (const int fault = read_all(STDIN_FILENO, text)) {
    fail(Exit::bad_input, "Standard input cannot be read: {}. Give the text with -p, or a file with -f.", std::strerror(fault));
  }
  return text;
}

}  // namespace llmc
