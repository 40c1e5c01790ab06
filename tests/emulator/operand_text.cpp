#include "tests/emulator/operand_text.h"
#include <cstdlib>
#include <immintrin.h>
#include <string>

namespace llmc::emu {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Named {
  std::string_view name;
  u16 index;
};
constexpr Named registers[] = {
    {"vcc", 106},        {"vcc_lo", 106},       {"vcc_hi", 107},       {"exec", 126},       {"exec_lo", 126},
    {"exec_hi", 127},    {"m0", 124},           {"flat_scratch", 102}, {"flat_scratch_lo", 102}, {"flat_scratch_hi", 103},
    {"xnack_mask", 104}, {"xnack_mask_lo", 104}, {"xnack_mask_hi", 105},
};

bool constant(Operand& o, u64 value) {
  o.kind = OperandKind::constant;
  o.value = value;
  return true;
}

bool wide(OperandType t) { return t == OperandType::b64 || t == OperandType::f64; }

// "12" or "[12:15]": the first number, and how many.
bool register_number(std::string_view text, unsigned base, Operand& o, OperandKind kind) {
  if (!text.empty() && text.front() == '[') text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  o.kind = kind;
  const std::string digits(text);
  char* end = nullptr;
  const unsigned long first = std::strtoul(digits.c_str(), &end, 10);
  o.index = static_cast<u16>(base + first);
  if (*end == ':') o.registers = static_cast<u8>(std::strtoul(end + 1, nullptr, 10) - first + 1);
  return true;
}

bool number(std::string_view text, OperandType type, Operand& o) {
  const std::string s(text);
  char* end = nullptr;
  if (s.find('.') != std::string::npos) {
    const double v = std::strtod(s.c_str(), &end);
    if (*end) return false;
    const float f = static_cast<float>(v);
    if (type == OperandType::b16 || type == OperandType::f16 || type == OperandType::packed_f16) return constant(o, _cvtss_sh(f, 0));
    // 1 / (2 pi) is printed with few digits in 32 bits and with all in 64.
    if (wide(type)) return constant(o, std::bit_cast<u64>(v));
    return constant(o, std::bit_cast<u32>(f));
  }
  const i64 v = parse_integer(text);
  const bool hex = s.find("0x") != std::string::npos;
  // A literal of a float64 is its upper half.
  if (type == OperandType::f64 && hex && static_cast<u64>(v) <= 0xffff'ffffull) return constant(o, static_cast<u64>(v) << 32);
  const u64 bits = static_cast<u64>(v);
  return constant(o, wide(type) ? bits : bits & 0xffff'ffffull);
}

bool plain(std::string_view text, OperandType type, Operand& o) {
  if (text.empty()) return false;
  for (const Named& n : registers)
    if (text == n.name) {
      o.kind = OperandKind::sgpr;
      o.index = n.index;
      return true;
    }
  if (text == "null") {
    o.value = 0;
    o.kind = OperandKind::sink;
    return true;
  }
  if (text == "off") return true;  // OperandKind::none
  if (text == "src_scc" || text == "scc") {
    o.kind = OperandKind::scc;
    return true;
  }
  if (text == "src_shared_base") return constant(o, kSharedAperture);
  if (text == "src_private_base") return constant(o, kPrivateAperture);
  if (text == "src_shared_limit" || text == "src_private_limit") return constant(o, 0xffff'ffffull);
  if (text.starts_with("ttmp")) return register_number(text.substr(4), 108, o, OperandKind::sgpr);
  if (text.front() == 's') return register_number(text.substr(1), 0, o, OperandKind::sgpr);
  if (text.front() == 'v') return register_number(text.substr(1), 0, o, OperandKind::vgpr);
  if (text.front() == 'a') return register_number(text.substr(1), 0, o, OperandKind::agpr);
  if (is_digit(text.front()) || text.front() == '-') return number(text, type, o);
  return false;
}

bool inside(std::string_view& text, std::string_view open, std::string_view close) {
  if (!text.starts_with(open) || !text.ends_with(close) || text.size() < open.size() + close.size()) return false;
  text = text.substr(open.size(), text.size() - open.size() - close.size());
  return true;
}

}  // namespace

bool parse_operand(std::string_view text, OperandType type, Operand& o) {
  o = Operand();
  if (text.size() > 1 && text.front() == '-' && !is_digit(text[1])) {
    o.negate = true;
    text.remove_prefix(1);
  } else if (inside(text, "neg(", ")")) {
    o.negate = true;
  }
  if (inside(text, "|", "|") || inside(text, "abs(", ")")) o.absolute = true;
  if (inside(text, "sext(", ")")) o.sign_extend = true;
  o.changed = o.negate || o.absolute;
  return plain(text, type, o);
}

u8 parse_bit_list(std::string_view list) {
  u8 bits = 0;
  unsigned k = 0;
  for (const char c : list) {
    if (c == '1') bits |= static_cast<u8>(1u << k);
    if (c == ',') k++;
  }
  return bits;
}

i64 parse_integer(std::string_view text) {
  const bool negative = text.starts_with("-");
  const std::string digits(text.substr(negative ? 1 : 0));
  const u64 v = std::strtoull(digits.c_str(), nullptr, digits.starts_with("0x") ? 16 : 10);
  return static_cast<i64>(negative ? 0 - v : v);
}

}  // namespace llmc::emu
