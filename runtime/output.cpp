#include "runtime/output.h"
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include "common/error.h"

namespace llmc {

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

}  // namespace llmc
