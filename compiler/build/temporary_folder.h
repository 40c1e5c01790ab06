// A folder under $TMPDIR (else /tmp) that goes away with its owner, also where SIGINT, SIGTERM or SIGHUP ends the process, and whole-file
// reads and writes. Failures are Error(Exit::failed).
#pragma once
#include <string>
#include <string_view>
#include "compiler/build/interrupt.h"

namespace llmc {

// Makes an empty folder PARENT/PREFIX-XXXXXX; an empty parent stands for $TMPDIR, else /tmp.
std::string make_folder(const std::string& parent, const std::string& prefix);
void write_file(const std::string& path, std::string_view bytes);
std::string read_file(const std::string& path);

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(make_folder("", "llmc")) {}
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  InterruptGuard guard_;  // goes last: the folder is gone when a signal ends the process
  std::string path_;
};

}  // namespace llmc
