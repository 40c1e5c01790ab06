#include "runtime/tokenizer/utf8.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {

Utf8Char read_utf8_multibyte(const char* text, const char* end) {
  const u8 first = static_cast<u8>(*text);
  u32 length = 0, code = 0;
  u8 low = 0x80, high = 0xBF;  // bounds of the second byte: they rule out overlong forms, surrogates and codes above U+10FFFF
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    code = first & 0x1Fu;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    code = first & 0x0Fu;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    code = first & 0x07u;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {0, 1, Utf8State::invalid};
  }
  for (u32 i = 1; i < length; ++i) {
    if (text + i == end) return {0, i, Utf8State::cut};
    const u8 byte = static_cast<u8>(text[i]);
    if (byte < low || byte > high) return {0, i, Utf8State::invalid};
    code = code << 6 | (byte & 0x3Fu);
    low = 0x80, high = 0xBF;
  }
  return {code, length, Utf8State::whole};
}

namespace {
constexpr const char* kReplacement = "\xEF\xBF\xBD";  // U+FFFD
}

std::string Utf8Stream::feed(std::string_view bytes) {
  std::string text = std::move(pending_), out;
  pending_.clear();
  text += bytes;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    const Utf8Char c = read_utf8(at, end);
    if (c.state == Utf8State::whole) out.append(at, c.length);
    if (c.state == Utf8State::invalid) out += kReplacement;
    if (c.state == Utf8State::cut) pending_.assign(at, c.length);
    at += c.length;
  }
  return out;
}

std::string Utf8Stream::flush() {
  std::string out = pending_.empty() ? "" : kReplacement;
  pending_.clear();
  return out;
}

}  // namespace llmc
