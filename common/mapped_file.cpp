#include "common/mapped_file.h"
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/text.h"

namespace llmc {
namespace {

// The mappings that live, where a signal handler may look. `begin` is written last and cleared first.
struct Mapped {
  std::atomic<const u8*> begin{nullptr};
  u64 bytes = 0;
  const std::string* lost = nullptr;
};
constexpr size_t most_mappings = 256;
std::array<Mapped, most_mappings> mapped;
std::mutex mapped_mutex;
std::atomic<void (*)()> cleanup_before_exit{nullptr};
std::atomic_flag leaving = ATOMIC_FLAG_INIT;
struct sigaction previous_action;

void on_bus_error(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<u64>(info->si_addr);
  for (const Mapped& file : mapped) {
    const u8* begin = file.begin.load(std::memory_order_acquire);
    if (begin == nullptr || address - reinterpret_cast<u64>(begin) >= file.bytes) continue;
    while (leaving.test_and_set()) pause();  // another thread is at it
    if (void (*cleanup)() = cleanup_before_exit.load()) cleanup();
    if (write(STDERR_FILENO, file.lost->data(), file.lost->size()) < 0) _exit(static_cast<int>(Exit::bad_input));
    _exit(static_cast<int>(Exit::bad_input));
  }
  sigaction(SIGBUS, &previous_action, nullptr);  // the instruction is tried again and meets that one
}

void remember(const u8* begin, u64 bytes, const std::string& lost) {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, &previous_action);
  });
  std::lock_guard lock(mapped_mutex);
  for (Mapped& slot : mapped) {
    if (slot.begin.load() != nullptr) continue;
    slot.bytes = bytes;
    slot.lost = &lost;
    slot.begin.store(begin, std::memory_order_release);
    return;
  }
  throw InternalError("more files are mapped at once than were thought of");
}

void forget(const u8* begin) {
  std::lock_guard lock(mapped_mutex);
  for (Mapped& slot : mapped) {
    if (slot.begin.load() == begin) slot.begin.store(nullptr);
  }
}

}  // namespace

void MappedFile::set_cleanup(void (*cleanup)()) { cleanup_before_exit.store(cleanup); }

MappedFile::MappedFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a pipe or a device must not wait for its other end; fstat then refuses it.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) fail(Exit::bad_input, "'{}': cannot open the file: {}. Check the path and its permissions.", printable(path), std::strerror(errno));
  struct stat status;
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    fail(Exit::bad_input, "'{}': not a regular file. Give the path of a model file.", printable(path));
  }
  size_ = static_cast<u64>(status.st_size);
  void* data = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
  const int error = errno;
  ::close(file);
  if (data == MAP_FAILED) {
    fail(Exit::memory, "'{}': cannot map {} bytes: {}. Raise the limit on address space (ulimit -v).", printable(path), size_, std::strerror(error));
  }
  data_ = static_cast<const u8*>(data);
  if (data_ == nullptr) return;
  lost_ = fmt::format("{}: a part of it cannot be read any more: the file was cut short while it was in use, or its disk fails. Make the file whole again "
                      "and leave it alone until the program is done.\n", printable(path));
  try {
    remember(data_, size_, lost_);
  } catch (...) {
    ::munmap(const_cast<u8*>(data_), size_);
    throw;
  }
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget(data_);
  ::munmap(const_cast<u8*>(data_), size_);
}

}  // namespace llmc
