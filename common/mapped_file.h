// A file mapped read-only. Nothing is read until it is touched, and what was read is the page cache's, not the process's own memory.
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

  const std::string& path() const { return path_; }
  std::span<const u8> bytes() const { return {data_, size_}; }

 private:
  std::string path_;
  const u8* data_ = nullptr;  // null where the file is empty
  u64 size_ = 0;
};

}  // namespace llmc
