#include "runtime/tokenizer/split.h"
#include "runtime/tokenizer/unicode_class.h"
#include "runtime/tokenizer/utf8.h"

namespace llmc {
namespace {

struct Char {
  u32 code;
  u32 length;
  UnicodeClass kind;
};

inline Char read_char(const char* text, const char* end) {
  const Utf8Char c = read_utf8(text, end);
  if (c.state != Utf8State::whole) return {0xFFFD, 1, UnicodeClass::other};
  return {c.code, c.length, unicode_class(c.code)};
}

// The end of a run of characters of one class, at most `limit` of them.
const char* skip(const char* text, const char* end, UnicodeClass kind, u32 limit = ~0u) {
  for (; text < end && limit > 0; --limit) {
    const Char c = read_char(text, end);
    if (c.kind != kind) break;
    text += c.length;
  }
  return text;
}

bool is_newline(char c) { return c == '\r' || c == '\n'; }

// 's 't 're 've 'm 'll 'd. Case-insensitive matching also takes U+017F, the long s, for s.
const char* contraction(const char* text, const char* end, bool any_case) {
  const auto letter = [&](const char* at) -> char {
    if (at >= end) return 0;
    if (any_case && end - at >= 2 && at[0] == '\xC5' && at[1] == '\xBF') return 'S';
    return any_case && *at >= 'A' && *at <= 'Z' ? static_cast<char>(*at + 32) : *at;
  };
  const char first = letter(text + 1);
  if (first == 'S' && any_case) return text + 3;
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return text + 2;
  const char second = letter(text + 2);
  if ((first == 'r' || first == 'v') && second == 'e') return text + 3;
  if (first == 'l' && second == 'l') return text + 3;
  return nullptr;
}

// White space where no earlier alternative matches: \s+(?!\S) leaves the last character of a run to the word that follows,
// unless it is the only one, which \s+ takes.
const char* white_space(const char* text, const char* end) {
  const char* last = text;
  const char* at = text;
  while (at < end) {
    const Char c = read_char(at, end);
    if (c.kind != UnicodeClass::space) return last > text ? last : at;
    last = at;
    at += c.length;
  }
  return at;
}

const char* next_gpt2(const char* text, const char* end) {
  if (*text == '\'') {
    if (const char* word = contraction(text, end, false)) return word;
  }
  const char* body = *text == ' ' && text + 1 < end ? text + 1 : text;
  const Char c = read_char(body, end);
  if (c.kind != UnicodeClass::space) return skip(body + c.length, end, c.kind);
  return white_space(text, end);
}

const char* next_qwen2(const char* text, const char* end, u32 digits) {
  if (*text == '\'') {
    if (const char* word = contraction(text, end, true)) return word;
  }
  const Char c = read_char(text, end);
  if (c.kind == UnicodeClass::letter) return skip(text + c.length, end, UnicodeClass::letter);
  if (c.kind == UnicodeClass::number) return skip(text, end, UnicodeClass::number, digits);
  if (!is_newline(*text)) {
    const char* word = skip(text + c.length, end, UnicodeClass::letter);
    if (word > text + c.length) return word;
  }
  const char* body = *text == ' ' ? text + 1 : text;
  const char* word = skip(body, end, UnicodeClass::other);
  if (word > body) {
    while (word < end && is_newline(*word)) ++word;
    return word;
  }
  const char* run = skip(text, end, UnicodeClass::space);
  for (const char* at = run; at > text; --at) {  // \s*[\r\n]+ reaches to the last line end of the run
    if (is_newline(at[-1])) return at;
  }
  return white_space(text, end);
}

const char* next_by_spaces(const char* text, const char* end) {
  while (text < end && *text == ' ') ++text;
  while (text < end && *text != ' ') ++text;
  return text;
}

}  // namespace

std::optional<Splitter> splitter_by_name(std::string_view name) {
  if (name == "gpt-2" || name == "default") return Splitter::gpt2;
  if (name == "qwen2" || name == "deepseek-r1-qwen") return Splitter::qwen2;
  if (name == "llama-bpe" || name == "llama3" || name == "llama-v3") return Splitter::llama3;
  return std::nullopt;
}

std::string_view splitter_names() { return "gpt-2, qwen2, llama-bpe, and their aliases default, deepseek-r1-qwen, llama3, llama-v3"; }

const char* next_word(Splitter splitter, const char* text, const char* end) {
  switch (splitter) {
    case Splitter::gpt2: return next_gpt2(text, end);
    case Splitter::qwen2: return next_qwen2(text, end, 1);
    case Splitter::llama3: return next_qwen2(text, end, 3);
    case Splitter::spaces: return next_by_spaces(text, end);
    case Splitter::none: break;
  }
  return end;
}

}  // namespace llmc
