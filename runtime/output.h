// Standard output, unbuffered, for text that people watch appear.
#pragma once
#include <string>
#include <string_view>

namespace llmc {

void note(const std::string& line);       // a line on standard error, whoever listens there
void write_out(std::string_view text);  // Error(failed) where it cannot be written (disk full)
bool terminal_in();                     // standard input is a terminal
std::string read_all_in();              // standard input to its end
// `flag`: what named it. Error(usage) where it is absent, Error(failed) where it cannot be read.
std::string read_text_file(const std::string& path, const char* flag);

}  // namespace llmc
