// Pastes the headers of kernels/ into emitted source, so that a program is one self-contained file.
#pragma once
#include <string>
#include <string_view>

namespace llmc {

// Replaces every line `#include "kernels/..."` by that embedded file's text, recursively; a header (.h) once, a list (.def) each
// time. `#pragma once` lines are dropped. Other includes stay.
std::string flatten_includes(std::string_view source);

}  // namespace llmc
