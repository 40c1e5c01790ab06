#include "tests/emulator/decode.h"
#include <fmt/format.h>
#include "tests/emulator/execute.h"
#include "tests/emulator/operand_text.h"

namespace llmc::emu {
namespace {

void not_implemented(Wave& w, const Instruction& i) {
  throw Fault(fmt::format("instruction not implemented by the emulator: {} ({})", w.program->text(i), i.mnemonic));
}

bool sixteen_bits(OperandType t) { return t == OperandType::b16 || t == OperandType::f16; }
bool packed(OperandType t) { return t == OperandType::packed_f16 || t == OperandType::packed_b16 || t == OperandType::packed_f32; }

// Operands that stand for a field of the encoding, which is read from the instruction's first word.
bool is_field(std::string_view operand) { return operand.starts_with("hwreg(") || operand.starts_with("sendmsg("); }

unsigned count(const OperandType* types, unsigned most) {
  unsigned n = 0;
  while (n < most && types[n] != OperandType::none) n++;
  return n;
}

bool same_register(const Operand& a, const Operand& b) {
  return a.kind == OperandKind::vgpr && b.kind == OperandKind::vgpr && a.index == b.index;
}
bool reads(const Instruction& i, const Operand& reg) {
  for (const Operand& s : i.src)
    if (same_register(s, reg)) return true;
  return false;
}

}  // namespace

Decoder::Decoder(std::string_view arch, unsigned wave_size)
    : wave_size_(wave_size), gfx9_(arch.starts_with("gfx9")), gfx940_(arch.starts_with("gfx94")), gfx12_(arch.starts_with("gfx12")) {}

Instruction Decoder::unimplemented() const {
  Instruction i;
  i.handler = not_implemented;
  i.implemented = false;
  return i;
}

void Decoder::spread_constant(Operand& o) {
  if (o.kind == OperandKind::sink) {  // NULL as a source
    o.kind = OperandKind::constant;
    o.value = 0;
  }
  if (o.kind != OperandKind::constant) return;
  Row& row = rows_.emplace_back();
  for (unsigned l = 0; l < wave_size_; l++) {
    row.lanes[l] = static_cast<u32>(o.value);
    row.lanes[wave_size_ + l] = static_cast<u32>(o.value >> 32);
  }
  o.row = row.lanes;
}

Instruction Decoder::decode(std::string_view text, u32 first_word) {
  const size_t both = text.find(" :: ");
  if (both != std::string_view::npos) return decode_dual(text.substr(0, both), text.substr(both + 4));
  return decode_single(parse_assembly(text), first_word);
}

Instruction Decoder::decode_single(const AssemblyText& text, u32 first_word) {
  const Operation* o = find_operation(text.mnemonic);
  if (!o) return unimplemented();
  Instruction i;
  i.handler = handler_of(*o);
  i.group = o->group;
  bool known = true;
  if (o->form == Form::operands) {
    i.imm = text.mnemonic.find("sendmsg") != std::string::npos ? first_word & 0xff : first_word & 0xffff;
    known = decode_operands(text, *o, i) && apply_modifiers(text, *o, i) && apply_selections(text, *o, i);
    for (Operand& s : i.src) spread_constant(s);
    if (known && text.encoding.ends_with("dpp")) wrap_dpp(text, i);
    if (known && text.encoding == "sdwa") known = wrap_sdwa(text, i);
  } else if (o->form == Form::branch) {
    i.imm = static_cast<i64>(static_cast<i16>(first_word)) * 4;
  } else if (o->form == Form::immediate) {
    i.imm = first_word & 0xffff;
  } else {
    known = decode_memory(text, *o, first_word, i);
    for (Operand& s : i.src) spread_constant(s);
  }
  return known ? i : unimplemented();
}

bool Decoder::decode_operands(const AssemblyText& text, const Operation& o, Instruction& i) {
  std::vector<std::string_view> list;
  for (const std::string& s : text.operands)
    if (!is_field(s)) list.push_back(s);
  unsigned at = 0;
  const unsigned destinations = count(o.dst, 2), sources = count(o.src, 4);
  // v_cmpx names its mask only on gfx9; elsewhere the result goes to EXEC alone.
  const bool exec_only = o.writes_exec && list.size() == sources;
  if (exec_only || o.writes_exec) {
    i.dst.kind = OperandKind::sgpr;
    i.dst.index = kExecRegister;
  }
  Operand mask;
  if (!exec_only) {
    for (unsigned k = 0; k < destinations; k++, at++) {
      if (at >= list.size()) return false;
      Operand& d = o.writes_exec ? mask : k ? i.dst2 : i.dst;
      if (!parse_operand(list[at], o.dst[k], d)) return false;
    }
  }
  for (unsigned k = 0; k < sources; k++) {
    if (o.accumulates && k + 1 == sources) {
      i.src[k] = i.dst;
    } else if (at < list.size()) {
      if (!parse_operand(list[at++], o.src[k], i.src[k])) return false;
    } else if (o.src[k] == OperandType::mask) {  // the halves of VOPD do not write out VCC
      i.src[k].kind = OperandKind::sgpr;
      i.src[k].index = kVccRegister;
    } else {
      return false;
    }
  }
  if (at != list.size()) return false;
  if (o.writes_exec && !exec_only) {
    for (Operand& s : i.src) spread_constant(s);
    i.inner = keep(i);
    i.dst = mask;
    i.handler = compare_exec_and_mask_handler(wave_size_);
  }
  return true;
}

bool Decoder::apply_modifiers(const AssemblyText& text, const Operation& o, Instruction& i) {
  const unsigned sources = count(o.src, 4);
  if (packed(o.src[0])) i.op_sel_hi = 0xf;
  for (const AssemblyModifier& m : text.modifiers) {
    if (m.name == "op_sel") i.op_sel = parse_bit_list(m.value);
    else if (m.name == "op_sel_hi") i.op_sel_hi = parse_bit_list(m.value);
    else if (m.name == "neg_lo") i.neg_lo = parse_bit_list(m.value);
    else if (m.name == "neg_hi") i.neg_hi = parse_bit_list(m.value);
    else if (m.name == "clamp") i.clamp = true;
    else if (m.name == "mul" || m.name == "div") return false;  // output modifiers: not used where denormals are on
    else if (m.name == "cbsz" || m.name == "abid" || m.name == "blgp") {
      if (parse_integer(m.value) != 0) return false;
    } else if (text.encoding.empty() || text.encoding == "e32" || text.encoding == "e64") {
      return false;
    }
  }
  if (i.clamp && o.saturates) {
    i.handler = wave_size_ == 64 ? o.clamped64 : o.clamped32;
  } else if (i.clamp) {
    const OperandType t = o.dst[0];
    if (t != OperandType::f32 && t != OperandType::f16 && t != OperandType::packed_f16 && t != OperandType::packed_f32) return false;
  }
  // v_fma_mix writes |x| and -x as it prints them; they are bits of neg_hi and neg_lo.
  for (unsigned k = 0; k < sources; k++)
    if (o.src[k] == OperandType::mixed) {
      if (i.src[k].negate) i.neg_lo |= static_cast<u8>(1u << k);
      if (i.src[k].absolute) i.neg_hi |= static_cast<u8>(1u << k);
      i.src[k].changed = false;
    }
  return true;
}

// Which bits of 16-bit sources are meant, and what a 16-bit result leaves of its register.
bool Decoder::apply_selections(const AssemblyText& text, const Operation& o, Instruction& i) {
  const unsigned sources = count(o.src, 4);
  for (unsigned k = 0; k < sources; k++) {
    Operand& s = i.src[k];
    if (sixteen_bits(o.src[k]) && i.op_sel >> k & 1) s.shift = 16, s.bits = 16, s.changed = true;
  }
  if (o.dst[0] == OperandType::f16 || o.dst[0] == OperandType::b16) {
    const bool low = text.mnemonic.find("mixlo") != std::string::npos, high = text.mnemonic.find("mixhi") != std::string::npos;
    i.write16 = high || (!low && (i.op_sel >> sources & 1)) ? Write16::to_high : low || !gfx9_ ? Write16::keep_high : Write16::zero_high;
  }
  if (text.encoding != "sdwa") return true;
  for (unsigned k = 0; k < 2 && k < sources; k++) {
    const AssemblyModifier* m = text.modifier(k ? "src1_sel" : "src0_sel");
    if (!m || m->value == "DWORD") continue;
    Operand& s = i.src[k];
    s.bits = m->value.starts_with("WORD") ? 16 : 8;
    s.shift = static_cast<u8>(s.bits * (m->value.back() - '0'));
    s.changed = true;
    // |x| and -x belong to 16-bit floats here; no other selection of a float has a meaning.
    if ((s.negate || s.absolute) && (s.bits != 16 || !sixteen_bits(o.src[k]))) return false;
  }
  return true;
}

bool Decoder::wrap_sdwa(const AssemblyText& text, Instruction& i) {
  const AssemblyModifier *select = text.modifier("dst_sel"), *unused = text.modifier("dst_unused");
  if (!select || select->value == "DWORD") return true;
  Instruction inner = i;
  inner.dst = Operand();
  inner.dst.kind = OperandKind::permuted;
  inner.write16 = Write16::zero_high;
  i.inner = keep(inner);
  i.dst.bits = select->value.starts_with("WORD") ? 16 : 8;
  i.dst.shift = static_cast<u8>(i.dst.bits * (select->value.back() - '0'));
  const std::string_view how = unused ? std::string_view(unused->value) : "UNUSED_PAD";
  i.imm = static_cast<i64>(how == "UNUSED_PRESERVE" ? SdwaUnused::preserve
                           : how == "UNUSED_SEXT"   ? SdwaUnused::sign_extend
                                                    : SdwaUnused::pad);
  i.handler = sdwa_handler(wave_size_);
  return i.dst2.kind == OperandKind::none;
}

// Both halves read their sources before either writes (RDNA3 ISA, 7.6).
Instruction Decoder::decode_dual(std::string_view first, std::string_view second) {
  AssemblyText texts[2] = {parse_assembly(first), parse_assembly(second)};
  Instruction halves[2];
  for (int k = 0; k < 2; k++) {
    if (!texts[k].mnemonic.starts_with("v_dual_")) return unimplemented();
    texts[k].mnemonic.erase(2, 5);
    halves[k] = decode_single(texts[k], 0);
    if (!halves[k].implemented) return unimplemented();
  }
  Instruction i;
  i.group = InstructionClass::vector_alu;
  i.handler = dual_handler(wave_size_);
  if (reads(halves[1], halves[0].dst)) {
    if (!reads(halves[0], halves[1].dst)) {
      std::swap(halves[0], halves[1]);
    } else {
      i.src[0] = halves[0].dst;
      for (Operand& s : halves[1].src)
        if (same_register(s, halves[0].dst)) s.kind = OperandKind::permuted;
    }
  }
  if (halves[0].group == InstructionClass::vector_dot || halves[1].group == InstructionClass::vector_dot)
    i.group = InstructionClass::vector_dot;
  i.inner = keep(halves[0]);
  i.second = keep(halves[1]);
  return i;
}

}  // namespace llmc::emu
