#include "common/mapped_file.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/text.h"

namespace llmc {

MappedFile::MappedFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a pipe or a device must not wait for its other end; fstat then refuses it.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) fail(Exit::bad_input, "{}: cannot open the file: {}. Check the path and its permissions.", printable(path), std::strerror(errno));
  struct stat status;
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    fail(Exit::bad_input, "{}: not a regular file. Give the path of a model file.", printable(path));
  }
  size_ = static_cast<u64>(status.st_size);
  void* data = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
  const int error = errno;
  ::close(file);
  if (data == MAP_FAILED) {
    fail(Exit::memory, "{}: cannot map {} bytes: {}. Raise the limit on address space (ulimit -v).", printable(path), size_, std::strerror(error));
  }
  data_ = static_cast<const u8*>(data);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<u8*>(data_), size_);
}

}  // namespace llmc
