// SentencePiece writes U+2581 for a space. Sections and words have the space itself.
#pragma once
#include <string>
#include <string_view>

namespace llmc {

// `text` with spaces for its marks, after a further space if `space_before`.
inline std::string spaces_for_marks(std::string_view text, bool space_before = false) {
  constexpr std::string_view kMark = "\u2581";
  std::string out(space_before ? " " : "");
  for (size_t at = 0;;) {
    const size_t mark = text.find(kMark, at);
    out += text.substr(at, mark - at);
    if (mark == std::string_view::npos) return out;
    out += ' ';
    at = mark + kMark.size();
  }
}

}  // namespace llmc
