// Decoding of memory instructions: which operand is address, data, base; offsets; the cache's orders.
#include "tests/emulator/decode.h"
#include "tests/emulator/operand_text.h"

namespace llmc::emu {
namespace {

// LLVM's bits of the cache policy (SIDefines.h, CPol): th in 0..2 and scope in 3..4 on gfx12, single flags before.
u8 policy_bit(std::string_view name) {
  if (name == "glc" || name == "sc0") return 1;
  if (name == "slc" || name == "nt") return 2;
  if (name == "dlc") return 4;
  if (name == "sc1") return 16;
  return 0;
}
u8 scope_bits(std::string_view scope) {
  return scope == "SCOPE_SE" ? 1 << 3 : scope == "SCOPE_DEV" ? 2 << 3 : scope == "SCOPE_SYS" ? 3 << 3 : 0;
}

bool parse_policy(const AssemblyText& text, bool gfx940, bool gfx12, CachePolicy& p) {
  for (const AssemblyModifier& m : text.modifiers) {
    if (m.name == "scope") p.bits |= scope_bits(m.value);
    else if (m.name == "th") p.bits |= m.value.find("NT") != std::string::npos ? 1 : 0;
    else if (policy_bit(m.name)) p.bits |= policy_bit(m.name);
    else if (m.name != "offset" && m.name != "offset0" && m.name != "offset1") return false;
  }
  p.coherent = gfx12 ? (p.bits & 0x18) >= 0x10 : gfx940 ? p.bits & 16 : p.bits & 1;
  return true;
}

bool returns_old(const AssemblyText& text, Form form) {
  const std::string_view m = text.mnemonic;
  if (form == Form::lds_atomic) return m.find("_rtn") != std::string_view::npos || m.find("permute") != std::string_view::npos;
  return text.operands.size() == (m.starts_with("flat") ? 3u : 4u);
}

}  // namespace

bool Decoder::decode_memory(const AssemblyText& text, const Operation& operation, u32 first_word, Instruction& i) {
  if (!parse_policy(text, gfx940_, gfx12_, i.cache)) return false;
  const auto value = [&](std::string_view name) {
    const AssemblyModifier* m = text.modifier(name);
    return m ? parse_integer(m->value) : 0;
  };
  unsigned at = 0;
  bool good = true;
  const auto take = [&](Operand& o) {
    good = good && at < text.operands.size() && parse_operand(text.operands[at++], OperandType::b32, o);
  };
  const auto take_rest = [&](Operand& o) {
    if (at < text.operands.size()) take(o);
  };
  switch (operation.form) {
    case Form::scalar_load: {
      take(i.dst);
      take(i.src[0]);
      i.imm = value("offset");
      Operand offset;
      take_rest(offset);
      if (offset.kind == OperandKind::constant) i.imm += static_cast<i32>(offset.value);
      else if (offset.kind == OperandKind::sgpr) i.src[1] = offset;
      break;
    }
    case Form::memory_load:
      i.imm = value("offset");
      if (text.mnemonic.find("_lds_") == std::string::npos) take(i.dst);
      take(i.src[0]);
      take_rest(i.src[2]);
      break;
    case Form::memory_store:
      i.imm = value("offset");
      take(i.src[0]);
      take(i.src[1]);
      take_rest(i.src[2]);
      break;
    case Form::atomic:
      i.imm = value("offset");
      i.cache.returns = returns_old(text, operation.form);
      if (i.cache.returns) take(i.dst);
      take(i.src[0]);
      take(i.src[1]);
      take_rest(i.src[2]);
      break;
    case Form::lds_load:
      take(i.dst);
      take(i.src[0]);
      break;
    case Form::lds_store:
      take(i.src[0]);
      take(i.src[1]);
      take_rest(i.src[3]);
      break;
    case Form::lds_atomic:
      i.cache.returns = returns_old(text, operation.form);
      if (i.cache.returns) take(i.dst);
      take(i.src[0]);
      take(i.src[1]);
      take_rest(i.src[3]);
      break;
    case Form::lds_swizzle:
      take(i.dst);
      take(i.src[0]);
      break;
    default: return false;
  }
  if (operation.group == InstructionClass::lds) {
    // The pattern of a swizzle is printed in words; it is the offset field.
    i.imm = operation.form == Form::lds_swizzle ? first_word & 0xffff : text.modifier("offset") ? value("offset") : value("offset0");
    i.imm2 = static_cast<u32>(value("offset1"));
  }
  return good && at == text.operands.size();
}

}  // namespace llmc::emu
