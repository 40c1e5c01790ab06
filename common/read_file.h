// Text that a user names: a file (-f, --compare-baseline) or standard input. The bytes as they are, whole.
#pragma once
#include <string>

namespace llmc {

// `flag`: what named it, for the message. Error(bad_input) where the file is absent or cannot be read.
std::string read_text_file(const std::string& path, const char* flag);
std::string read_standard_input();  // to its end; Error(bad_input) where it cannot be read

}  // namespace llmc
