// A folder under $TMPDIR (else /tmp) that goes away with its owner, and whole-file reads and writes. Failures are Error(Exit::failed).
#pragma once
#include <string>
#include <string_view>

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
  std::string path_;
};

}  // namespace llmc
