// Signals of a program: SIGINT exits 130 and SIGTERM 143 at once (nothing needs tidying: output is unbuffered; on a terminal SIGINT ends the
// line), SIGPIPE is quiet.
// While an InterruptScope lives, the first SIGINT only sets a flag, so that a chat can end the answer and go on.
#pragma once

namespace llmc {

void install_signal_handlers();

class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  bool interrupted() const;
};

}  // namespace llmc
