#include "compiler/build/interrupt.h"
#include <unistd.h>

namespace llmc {
namespace {

constexpr int deadly_signals[] = {SIGINT, SIGTERM, SIGHUP};
struct sigaction previous_actions[3];
volatile std::sig_atomic_t noted = 0;  // the signal's number
int guards = 0;

void note(int number) { noted = number; }

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guards++ > 0) return;
  for (int i = 0; i < 3; i++) {
    struct sigaction action = {};
    action.sa_handler = note;
    sigaction(deadly_signals[i], nullptr, &previous_actions[i]);
    if (previous_actions[i].sa_handler != SIG_IGN) sigaction(deadly_signals[i], &action, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  if (--guards > 0) return;
  for (int i = 0; i < 3; i++) sigaction(deadly_signals[i], &previous_actions[i], nullptr);
  if (noted != 0) _exit(128 + noted);
}

bool interrupted() { return noted != 0; }

InterruptsHeldBack::InterruptsHeldBack() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : deadly_signals) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, &before_);
}

InterruptsHeldBack::~InterruptsHeldBack() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace llmc
