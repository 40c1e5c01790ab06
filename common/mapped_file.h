// A file mapped read-only. Nothing is read until it is touched, and what was read is the page cache's, not the process's own memory.
//
// What is not there when it is touched - the file was cut short meanwhile, or its disk fails - arrives as SIGBUS. The first MappedFile of a
// process installs a handler, which says so and exits with Exit::bad_input; faults elsewhere go to the handler that was there before.
#pragma once
#include <span>
#include <string>
#include "common/types.h"

namespace llmc {

class MappedFile {
 public:
  // Error(bad_input) where the path is absent, unreadable or not a regular file; Error(memory) where it cannot be mapped.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // What to do before that exit, where only system calls are allowed: remove a half-written file. Null: nothing.
  static void set_cleanup(void (*cleanup)());

  const std::string& path() const { return path_; }
  std::span<const u8> bytes() const { return {data_, size_}; }

 private:
  std::string path_;
  const u8* data_ = nullptr;  // null where the file is empty
  u64 size_ = 0;
  std::string lost_;  // what the handler says
};

}  // namespace llmc
