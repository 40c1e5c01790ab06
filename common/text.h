// Text that came from outside (a model's strings, a file's name) made safe to print.
#pragma once
#include <string>
#include <string_view>
#include "common/types.h"

namespace llmc {

// `text` as one line that cannot steer a terminal: control characters, invalid UTF-8 and the invisible characters that reorder or
// hide text become escapes (\n, \x1b, \u{202e}); a backslash is doubled. More than `limit` bytes are cut, with "..." and the length.
std::string printable(std::string_view text, size_t limit = 120);

}  // namespace llmc
