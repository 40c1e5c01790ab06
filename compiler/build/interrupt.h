// SIGINT, SIGTERM and SIGHUP while something is held that must not be left behind.
#pragma once
#include <csignal>

namespace llmc {

// While one lives, such a signal is only noted: whoever waits for long looks at interrupted() and throws, so that every owner on the way
// out tidies up. When the last one goes, the process ends with 128 + the signal's number. A signal that was ignored before stays ignored.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// A signal was noted.
bool interrupted();

// Holds the three signals back. A wait that must not miss one lets them in with ppoll and before(): none comes between a look at
// interrupted() and the wait.
class InterruptsHeldBack {
 public:
  InterruptsHeldBack();
  ~InterruptsHeldBack();
  InterruptsHeldBack(const InterruptsHeldBack&) = delete;
  InterruptsHeldBack& operator=(const InterruptsHeldBack&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

}  // namespace llmc
