// Standard output, unbuffered, for text that people watch appear.
#pragma once
#include <string>
#include <string_view>

namespace llmc {

void note(const std::string& line);       // a line on standard error, whoever listens there
void write_out(std::string_view text);  // Error(failed) where it cannot be written (disk full)
bool terminal_in();                     // standard input is a terminal

}  // namespace llmc
