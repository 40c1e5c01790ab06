#include "runtime/signals.h"
#include <csignal>
#include <unistd.h>

namespace llmc {
namespace {

volatile std::sig_atomic_t scope_open = 0;
volatile std::sig_atomic_t interrupts = 0;
bool terminal_out = false;  // asked before: a handler may not

void on_interrupt(int) {
  if (scope_open && interrupts == 0) {
    interrupts = 1;
    return;
  }
  // The terminal has shown ^C, behind what there is of an answer; the shell's prompt does not belong there.
  if (terminal_out) [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, "\n", 1);
  _exit(130);
}

void on_terminate(int) { _exit(143); }

}  // namespace

void install_signal_handlers() {
  terminal_out = isatty(STDOUT_FILENO) == 1;
  struct sigaction action = {};
  action.sa_flags = SA_RESTART;
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, nullptr);
  // A reader that went away ends the program quietly, as it does `cat`; also where the parent had it ignored.
  action.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &action, nullptr);
}

InterruptScope::InterruptScope() {
  interrupts = 0;
  scope_open = 1;
}
InterruptScope::~InterruptScope() { scope_open = 0; }
bool InterruptScope::interrupted() const { return interrupts != 0; }

}  // namespace llmc
