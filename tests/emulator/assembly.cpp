#include "tests/emulator/assembly.h"
#include <algorithm>

namespace llmc::emu {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

// The next word: up to a space or comma outside brackets. Brackets hold lists ("v[0:3]", "op_sel:[0,1]", "quad_perm:[1,0,3,2]").
std::string_view take_word(std::string_view& rest) {
  int depth = 0;
  size_t i = 0;
  for (; i < rest.size(); i++) {
    const char c = rest[i];
    if (c == '[' || c == '(') depth++;
    if (c == ']' || c == ')') depth--;
    if (depth == 0 && (is_space(c) || c == ',')) break;
  }
  const std::string_view word = rest.substr(0, i);
  rest.remove_prefix(i);
  return word;
}

void split_encoding(AssemblyText& text) {
  for (const std::string_view suffix : {"_e64_dpp", "_dpp", "_sdwa", "_e32", "_e64"}) {
    if (!std::string_view(text.mnemonic).ends_with(suffix)) continue;
    text.encoding = suffix.substr(1);
    text.mnemonic.resize(text.mnemonic.size() - suffix.size());
    return;
  }
}

}  // namespace

const AssemblyModifier* AssemblyText::modifier(std::string_view name) const {
  const auto found = std::find_if(modifiers.begin(), modifiers.end(), [&](const AssemblyModifier& m) { return m.name == name; });
  return found == modifiers.end() ? nullptr : &*found;
}

AssemblyText parse_assembly(std::string_view line) {
  AssemblyText result;
  std::string_view rest = trimmed(line);
  result.mnemonic = take_word(rest);
  split_encoding(result);
  rest = trimmed(rest);
  // Operands are separated by commas, modifiers by spaces; the first modifier follows the last operand after a space. Instructions that
  // have only fields (s_waitcnt vmcnt(0) lgkmcnt(0)) keep them all as modifiers but the first, which stands as an operand.
  bool operand = true;
  while (!rest.empty()) {
    const std::string_view word = take_word(rest);
    const size_t colon = word.find(':');
    const bool named = colon != std::string_view::npos && word.find('[') > colon;
    if (operand && !named)
      result.operands.emplace_back(word);
    else
      result.modifiers.push_back({std::string(word.substr(0, colon)), named ? std::string(word.substr(colon + 1)) : std::string()});
    rest = trimmed(rest);
    operand = !rest.empty() && rest.front() == ',';
    if (operand) rest = trimmed(rest.substr(1));
  }
  return result;
}

}  // namespace llmc::emu
