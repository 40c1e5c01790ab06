#include "common/text.h"
#include <fmt/format.h>

namespace llmc {
namespace {

struct CodePoint {
  u32 value = 0;
  size_t length = 0;  // 0: not valid UTF-8
};

// The first code point of `text`, refusing overlong forms, surrogates and values past U+10FFFF.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<u8>(text[i]); };
  const u8 lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  u32 value = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fu);
  }
  const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, length};
}

bool is_hidden(u32 c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string out;
  size_t at = 0;
  while (at < text.size() && at < limit) {
    const CodePoint c = first_code_point(text.substr(at));
    if (c.length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<u8>(text[at]));
      at++;
      continue;
    }
    if (c.value == '\\') out += "\\\\";
    else if (c.value == '\n') out += "\\n";
    else if (c.value == '\t') out += "\\t";
    else if (c.value == '\r') out += "\\r";
    else if (is_hidden(c.value)) out += c.value < 0x80 ? fmt::format("\\x{:02x}", c.value) : fmt::format("\\u{{{:x}}}", c.value);
    else out += text.substr(at, c.length);
    at += c.length;
  }
  if (at < text.size()) out += fmt::format("... ({} bytes)", text.size());
  return out;
}

}  // namespace llmc
