// The three kinds of error, never mixed (docs/errors.md has the table of exit codes):
//   the user's      - a wrong flag, a broken file, an unsupported model: Error with the code of its kind
//   ours            - a broken promise inside llmc: InternalError, exit 70
//   the machine's   - no device, no memory, a failed write: Error with Exit::device, Exit::memory or Exit::failed
// A message is one sentence that says what, where and why, and one that says what to do.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>
#include <fmt/format.h>

namespace llmc {

enum class Exit : int {
  ok = 0,
  failed = 1,
  usage = 2,
  bad_input = 3,
  unsupported = 4,
  device = 5,
  memory = 6,
  internal = 70,
};

class Error : public std::runtime_error {
 public:
  Error(Exit code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

class InternalError : public Error {
 public:
  explicit InternalError(const std::string& message) : Error(Exit::internal, message) {}
};

template <class... Args>
[[noreturn]] void fail(Exit code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

// A condition that only a mistake of ours can break.
inline void require(bool holds, const char* what) {
  if (!holds) throw InternalError(what);
}

}  // namespace llmc
