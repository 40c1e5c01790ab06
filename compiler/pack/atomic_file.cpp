#include "compiler/pack/atomic_file.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/mapped_file.h"

namespace llmc {
namespace {

constexpr int deadly_signals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr const char* temporary_mark = ".llmc-tmp-";

// What the signal handler may touch: a path that does not move while the handlers are installed.
char active_path[4096];
struct sigaction previous_actions[3];

void remove_active() { unlink(active_path); }

void remove_and_die(int number) {
  remove_active();
  _exit(128 + number);
}

void install_handlers(const std::string& path) {
  std::strncpy(active_path, path.c_str(), sizeof(active_path) - 1);
  for (size_t i = 0; i < 3; ++i) {
    struct sigaction action = {};
    action.sa_handler = remove_and_die;
    sigaction(deadly_signals[i], &action, &previous_actions[i]);
  }
  MappedFile::set_cleanup(remove_active);
}

void restore_handlers() {
  MappedFile::set_cleanup(nullptr);
  for (size_t i = 0; i < 3; ++i) sigaction(deadly_signals[i], &previous_actions[i], nullptr);
  active_path[0] = 0;
}

// Removes temporaries of writers that died: a living one holds the lock on its file.
void remove_leftovers(const std::string& folder, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const int fd = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlink(entry.path().c_str());
    close(fd);
  }
}

std::string folder_of(const std::filesystem::path& target) { return target.has_parent_path() ? target.parent_path().string() : "."; }

[[noreturn]] void cannot_write_in(const std::string& folder, int code, const char* flag) {
  fail(Exit::failed, "Cannot write in the folder {}: {}. Check that it exists and is writable, or name another output with {}.", folder,
       std::strerror(code), flag);
}

// The file that `path` leads to, where it may be replaced.
std::string real_output(const std::string& path, std::span<const std::string> inputs, const char* flag) {
  if (path == "-") fail(Exit::usage, "This output does not go to standard output (-). Name a file; ./- is one of that name.");
  std::string real = path;
  std::error_code fault;
  // A link stays a link: what it points to is replaced.
  if (std::filesystem::is_symlink(real, fault)) {
    const auto target = std::filesystem::canonical(real, fault);
    if (!fault) real = target;
  }
  struct stat info;
  if (stat(real.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) fail(Exit::usage, "The output {} is a folder. Name a file with {}.", real, flag);
    if (!S_ISREG(info.st_mode)) fail(Exit::usage, "The output {} is not a regular file. Name another with {}.", real, flag);
    for (const std::string& input : inputs) {
      struct stat other;
      if (stat(input.c_str(), &other) == 0 && other.st_dev == info.st_dev && other.st_ino == info.st_ino) {
        fail(Exit::usage, "The output {} is the input {} itself. Name another file with {}.", real, input, flag);
      }
    }
  }
  if (std::filesystem::path(real).filename().empty()) fail(Exit::usage, "The output \"{}\" names no file. Name one with {}.", path, flag);
  return real;
}

}  // namespace

// By making it: permissions do not tell what a file system refuses (/proc, a name too long).
std::string checked_output(const std::string& path, std::span<const std::string> inputs, const char* flag) {
  return AtomicFile(path, inputs, flag).path();
}

AtomicFile::AtomicFile(const std::string& path, std::span<const std::string> inputs, const char* flag)
    : path_(real_output(path, inputs, flag)), flag_(flag) {
  const std::filesystem::path target(path_);
  folder_ = folder_of(target);
  const std::string prefix = "." + target.filename().string() + temporary_mark;
  remove_leftovers(folder_, prefix);
  temporary_ = folder_ + "/" + prefix + std::to_string(getpid());
  if (temporary_.size() >= sizeof(active_path)) cannot_write_in(folder_, ENAMETOOLONG, flag);
  require(active_path[0] == 0, "AtomicFile: one at a time");
  install_handlers(temporary_);
  fd_ = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) {
    const int code = errno;
    restore_handlers();
    cannot_write_in(folder_, code, flag);
  }
  flock(fd_, LOCK_EX | LOCK_NB);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  unlink(temporary_.c_str());
  close(fd_);
  restore_handlers();
}

void AtomicFile::failed(const char* what) const {
  const int code = errno;
  const bool full = code == ENOSPC || code == EDQUOT;
  fail(Exit::failed, "Cannot {} {}: {} after {} bytes.{} Nothing was left behind.", what, path_, std::strerror(code), size_,
       full ? fmt::format(" The disk is full: free some space, or write elsewhere with {}.", flag_) : "");
}

void AtomicFile::write_at(u64 offset, std::span<const u8> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), std::min<size_t>(bytes.size(), 1u << 30), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) failed("write");
    offset += static_cast<u64>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::append(std::span<const u8> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

void AtomicFile::overwrite(u64 offset, std::span<const u8> bytes) {
  require(offset + bytes.size() <= size_, "AtomicFile::overwrite past the end");
  write_at(offset, bytes);
}

void AtomicFile::commit(bool executable) {
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd_, (executable ? 0777 : 0666) & ~mask) != 0) failed("set the permissions of");
  if (fsync(fd_) != 0) failed("sync");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) failed("rename the finished file to");
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);  // some file systems cannot sync a folder; the rename is done all the same
    close(folder);
  }
  close(fd_);
  fd_ = -1;
  restore_handlers();
}

}  // namespace llmc
