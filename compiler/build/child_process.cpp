// Standard input, output and error of the child are files in memory, so no pipe can fill up and no thread has to empty it. One pipe
// is left: the child holds its write end until it is gone, so waiting with a time limit is one poll on the read end.
#include "compiler/build/child_process.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/error.h"
#include "compiler/build/interrupt.h"

extern char** environ;

namespace llmc {
namespace {

class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

int memory_file(const char* name) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) fail(Exit::failed, "cannot make a file in memory: {}.", std::strerror(errno));
  return fd;
}

void write_all(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(Exit::memory, "cannot hand {} bytes to a child process: {}.", bytes.size(), std::strerror(errno));
    done += static_cast<std::size_t>(n);
  }
}

std::string read_all(int fd) {
  std::string bytes(static_cast<std::size_t>(std::max<off_t>(0, lseek(fd, 0, SEEK_END))), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry; entry++) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    if (std::none_of(changes.begin(), changes.end(), [&](const std::string& change) { return change.starts_with(name); }))
      merged.emplace_back(text);
  }
  return merged;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

void set_limit(int resource, u64 value, u64 grace) {
  const rlimit limit{value, value + grace};
  setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

// Between fork and exec: system calls only. On failure errno goes through `lifeline` and the child ends.
[[noreturn]] void become(char** argv, char** envp, int in, int out, int err, int lifeline, pid_t parent, const ChildLimits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  set_limit(RLIMIT_CORE, 0, 0);
  if (limits.memory_bytes) set_limit(RLIMIT_AS, limits.memory_bytes, 0);
  if (limits.seconds > 0) set_limit(RLIMIT_CPU, static_cast<u64>(std::ceil(limits.seconds)), 1);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // dup2 clears close-on-exec on 0, 1 and 2; the lifeline stays open until exec, and its copy below until the end.
  if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0 && dup(lifeline) >= 0) execve(argv[0], argv, envp);
  const int error = errno;
  [[maybe_unused]] const ssize_t n = write(lifeline, &error, sizeof error);
  _exit(127);
}

// Waits until every copy of the lifeline is closed. False when the time is over first, or an interrupt comes.
bool wait_for_end(int lifeline, double seconds, const sigset_t& signals, int& start_error) {
  using clock = std::chrono::steady_clock;
  const clock::time_point deadline = clock::now() + std::chrono::microseconds(static_cast<i64>(seconds * 1e6));
  while (!interrupted()) {
    timespec timeout = {};
    if (seconds > 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
      if (left < 0) return false;
      timeout = {left / 1000, left % 1000 * 1'000'000 + 999'999};
    }
    pollfd waiting{lifeline, POLLIN, 0};
    const int ready = ppoll(&waiting, 1, seconds > 0 ? &timeout : nullptr, &signals);
    if (ready <= 0) continue;
    int error;
    const ssize_t n = read(lifeline, &error, sizeof error);
    if (n == static_cast<ssize_t>(sizeof error)) start_error = error;
    if (n == 0) return true;
  }
  return false;
}

}  // namespace

std::string ChildResult::describe() const {
  if (!started) return "could not be started: " + error;
  if (timed_out) return fmt::format("ran longer than the limit of {} s", seconds_allowed);
  if (signal == SIGXCPU) return fmt::format("used more CPU time than the limit of {} s", seconds_allowed);
  if (exit_code < 0) return fmt::format("ended by signal {} ({})", signal, strsignal(signal));
  return fmt::format("ended with exit code {}", exit_code);
}

ChildResult run_child(const std::vector<std::string>& argv, const std::string& input, const ChildLimits& limits,
                      const std::vector<std::string>& environment) {
  File in(memory_file("input")), out(memory_file("output")), err(memory_file("messages"));
  write_all(in.fd(), input);
  lseek(in.fd(), 0, SEEK_SET);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(Exit::failed, "cannot make a pipe: {}.", std::strerror(errno));
  File reads(ends[0]), writes(ends[1]);

  std::vector<std::string> arguments = argv, variables = merged_environment(environment);
  const std::vector<char*> argument_pointers = pointers_to(arguments), variable_pointers = pointers_to(variables);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) fail(Exit::memory, "cannot start a child process: {}.", std::strerror(errno));
  if (pid == 0)
    become(const_cast<char**>(argument_pointers.data()), const_cast<char**>(variable_pointers.data()), in.fd(), out.fd(), err.fd(),
           writes.fd(), parent, limits);
  writes.close();

  ChildResult result;
  result.seconds_allowed = limits.seconds;
  int start_error = 0, status = 0;
  {
    const InterruptsHeldBack held_back;
    result.timed_out = !wait_for_end(reads.fd(), limits.seconds, held_back.before(), start_error);
    if (result.timed_out) kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (interrupted()) fail(Exit::failed, "interrupted while {} ran.", argv.front());
  result.started = start_error == 0;
  if (!result.started) result.error = std::strerror(start_error);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = read_all(out.fd());
  result.err = read_all(err.fd());
  return result;
}

}  // namespace llmc
