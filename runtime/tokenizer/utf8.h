// One character of UTF-8, read strictly (Unicode 15, table 3-7: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once
#include "common/types.h"

namespace llmc {

enum class Utf8State : u8 {
  whole,    // a well-formed character
  invalid,  // `length` bytes that begin no character: a maximal ill-formed part, at least 1
  cut,      // the text ends inside a character that is well-formed so far
};

struct Utf8Char {
  u32 code = 0;    // of a whole character
  u32 length = 0;  // bytes
  Utf8State state = Utf8State::whole;
};

Utf8Char read_utf8_multibyte(const char* text, const char* end);

// The character at `text`, which is before `end`.
inline Utf8Char read_utf8(const char* text, const char* end) {
  const u8 first = static_cast<u8>(*text);
  if (first < 0x80) return {first, 1, Utf8State::whole};
  return read_utf8_multibyte(text, end);
}

}  // namespace llmc
