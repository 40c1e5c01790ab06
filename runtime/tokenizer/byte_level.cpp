#include "runtime/tokenizer/byte_level.h"
#include <array>
#include "runtime/tokenizer/utf8.h"

namespace llmc {
namespace {

constexpr u32 kAlphabetEnd = 256 + 68;

std::array<i32, kAlphabetEnd> byte_of_code() {
  std::array<i32, kAlphabetEnd> bytes;
  bytes.fill(-1);
  u32 next = 256;
  for (i32 byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    bytes[printable ? static_cast<u32>(byte) : next++] = byte;
  }
  return bytes;
}

}  // namespace

std::optional<std::string> decode_byte_level(std::string_view text) {
  static const std::array<i32, kAlphabetEnd> bytes = byte_of_code();
  std::string out;
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const Utf8Char c = read_utf8(at, end);
    if (c.state != Utf8State::whole || c.code >= kAlphabetEnd || bytes[c.code] < 0) return std::nullopt;
    out += static_cast<char>(bytes[c.code]);
    at += c.length;
  }
  return out;
}

}  // namespace llmc
