// A file that appears whole or not at all: written under a temporary name beside its target, synced, then renamed over it. A target
// that is there stays untouched until then. The temporary file goes when writing fails, when the object dies uncommitted and on
// SIGINT, SIGTERM and SIGHUP and when a mapped input is lost (common/mapped_file.h); what a killed process left (nobody holds its lock) is removed by the next write to the same target.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc {

// The file that would be replaced, links followed. Refuses a target that is a folder, a device, "-" or one of `inputs` (by inode):
// Error(usage). A folder that is absent, or where no file can be made, is Error(failed). For telling the user before long work, not after.
// `flag`: what named the output, for the message.
std::string checked_output(const std::string& path, std::span<const std::string> inputs = {}, const char* flag = "-o");

class AtomicFile {
 public:
  // Refuses what checked_output() refuses. One at a time in a process.
  explicit AtomicFile(const std::string& path, std::span<const std::string> inputs = {}, const char* flag = "-o");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::span<const u8> bytes);            // Error(failed): disk full, ...
  void overwrite(u64 offset, std::span<const u8> bytes);
  u64 size() const { return size_; }
  const std::string& path() const { return path_; }  // what it will be
  void commit(bool executable);                      // permissions by the umask

 private:
  void write_at(u64 offset, std::span<const u8> bytes);
  [[noreturn]] void failed(const char* what) const;

  std::string path_, folder_, temporary_;
  const char* flag_;
  int fd_ = -1;
  u64 size_ = 0;
};

}  // namespace llmc
