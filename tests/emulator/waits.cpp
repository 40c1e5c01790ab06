#include "tests/emulator/waits.h"
#include <algorithm>
#include <fmt/format.h>
#include "common/error.h"
#include "tests/emulator/execute.h"

namespace llmc::emu {
namespace {

void add(Instruction& to, u32 first, u32 count) {
  constexpr u32 widest = 32;  // of a matrix
  if (to.named == Instruction::most_named || count == 0 || count > widest || first + count > kAllRegisters) {
    throw InternalError(fmt::format("{} names registers that cannot be followed", to.mnemonic));
  }
  RegisterRange& range = to.registers[to.named++];
  range.first = static_cast<u16>(first & 1023);
  range.more = static_cast<u16>((count - 1) & 63);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number at text[at], which ends behind it.
u16 number(std::string_view text, size_t& at) {
  u16 value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) value = static_cast<u16>(10 * value + (text[at] - '0'));
  return value;
}

// "v3", "s[2:5]", "vcc_lo": registers, wherever a word of the operands begins with one.
void add_operands(Instruction& to, std::string_view operands) {
  char before = ' ';
  for (size_t at = 0; at < operands.size();) {
    const char file = operands[at];
    const bool begins = std::string_view(" \t,-|([").find(before) != std::string_view::npos;
    before = file;
    ++at;
    if (!begins || at == operands.size()) continue;
    const std::string_view rest = operands.substr(at);
    if (file == 'v' && rest.starts_with("cc")) {
      const bool high = rest.starts_with("cc_hi"), low = rest.starts_with("cc_lo");
      add(to, kFirstScalar + kVccRegister + high, high || low ? 1 : 2);
    } else if ((file == 'v' || file == 's' || file == 'a') && (is_digit(rest[0]) || rest[0] == '[')) {
      at += rest[0] == '[';
      const u16 first = number(operands, at);
      const u16 last = at < operands.size() && operands[at] == ':' && rest[0] == '[' ? number(operands, ++at) : first;
      const u32 base = file == 'v' ? 0 : file == 'a' ? kFirstAccumulation : kFirstScalar;
      add(to, base + first, last - first + 1u);
    }
  }
}

u8 bits(i64 word, u32 first, u32 count) { return static_cast<u8>(word >> first & ((1 << count) - 1)); }

void read_waits(WaitRule& rule, std::string_view arch, std::string_view name, i64 imm) {
  u8& vector = rule.wait[static_cast<u32>(WaitCounter::vector)];
  u8& lds = rule.wait[static_cast<u32>(WaitCounter::lds)];
  u8& scalar = rule.wait[static_cast<u32>(WaitCounter::scalar)];
  if (name == "s_waitcnt") {
    if (arch.starts_with("gfx11")) {
      vector = bits(imm, 10, 6);
      lds = bits(imm, 4, 6);
    } else {
      vector = static_cast<u8>(bits(imm, 0, 4) | bits(imm, 14, 2) << 4);
      lds = bits(imm, 8, arch.starts_with("gfx9") ? 4 : 6);
    }
  } else if (name == "s_waitcnt_vmcnt" || name == "s_wait_loadcnt") {
    vector = bits(imm, 0, 6);
  } else if (name == "s_waitcnt_lgkmcnt" || name == "s_wait_dscnt" || name == "s_wait_storecnt_dscnt") {
    lds = bits(imm, 0, 6);
  } else if (name == "s_wait_loadcnt_dscnt") {
    vector = bits(imm, 8, 6);
    lds = bits(imm, 0, 6);
  } else if (name == "s_wait_kmcnt") {
    scalar = bits(imm, 0, 5);
  } else if (name == "s_wait_idle") {
    vector = lds = scalar = 0;
  }
}

// The counter that the instruction adds to, and whether it brings anything.
void read_access(WaitRule& rule, std::string_view arch, std::string_view name, const Instruction& instruction) {
  const bool stores_count = arch.starts_with("gfx9");
  bool load = false;
  switch (instruction.group) {
    case InstructionClass::scalar_memory: load = true; break;
    case InstructionClass::lds:
      rule.counter = WaitCounter::lds;
      rule.ordered = true;
      break;
    case InstructionClass::global_load: load = true; break;
    case InstructionClass::global_atomic: load = instruction.cache.returns; break;
    case InstructionClass::scratch: load = name.find("_load") != std::string_view::npos; break;
    case InstructionClass::global_store: break;
    default:
      if (!name.starts_with("s_sendmsg_rtn")) return;
      load = true;
  }
  const bool scalar = instruction.group == InstructionClass::scalar_memory || instruction.group == InstructionClass::other;
  if (scalar) {
    rule.counter = arch.starts_with("gfx12") ? WaitCounter::scalar : WaitCounter::lds;
  } else if (instruction.group != InstructionClass::lds) {
    const bool flat = name.starts_with("flat_"), vector = load || stores_count;
    if (vector || flat) rule.counter = vector ? WaitCounter::vector : WaitCounter::lds;
    rule.flat = vector && flat;
    rule.ordered = !flat || !arch.starts_with("gfx9");
  }
  const OperandKind kind = instruction.dst.kind;
  const bool has_destination = kind == OperandKind::vgpr || kind == OperandKind::agpr || kind == OperandKind::sgpr;
  rule.loads = rule.counter != WaitCounter::none && has_destination;
}

std::string name_of(u32 reg) {
  if (reg >= kFirstScalar) return fmt::format("s{}", reg - kFirstScalar);
  return reg >= kFirstAccumulation ? fmt::format("a{}", reg - kFirstAccumulation) : fmt::format("v{}", reg);
}

}  // namespace

WaitRule wait_rule(std::string_view arch, u32 wave_size, std::string_view text, Instruction& instruction) {
  WaitRule rule;
  if (!instruction.implemented) return rule;
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view name = text.substr(0, text.find_first_of(" \t"));
  if (instruction.group == InstructionClass::wait) {
    read_waits(rule, arch, name, instruction.imm);
    return rule;
  }
  read_access(rule, arch, name, instruction);
  add_operands(instruction, text.substr(name.size()));
  // What these read is not written out.
  if (name.find("vcc") != std::string_view::npos || name.starts_with("v_div_fmas") || text.find("v_dual_cndmask") != std::string_view::npos) {
    add(instruction, kFirstScalar + kVccRegister, wave_size / 32);
  }
  if (rule.loads) rule.destination = instruction.registers[0];
  return rule;
}

void InFlight::finish(const WaitRule& access) {
  if (!access.loads) return;
  --loads_;
  awaited_.remove(access.destination);
}

void InFlight::drop(Queue& queue, u32 count, const WaitRule* rules) {
  for (; count > 0; --count) {
    const WaitRule& access = rules[queue.sites[queue.first++]];
    queue.unordered -= !access.ordered;
    finish(access);
  }
  if (queue.first == queue.last) queue.first = queue.last = 0;
}

void InFlight::wait(Queue& queue, u32 limit, const WaitRule* rules) {
  const u32 count = queue.last - queue.first;
  if (count <= limit) return;
  if (limit == 0 || queue.unordered == 0) {
    drop(queue, count - limit, rules);
  } else {
    u32 ordered = 0, kept = queue.last;
    for (u32 i = queue.last; i-- > queue.first;) {
      const u32 site = queue.sites[i];
      if (rules[site].ordered && ordered++ >= limit) {
        finish(rules[site]);
      } else {
        queue.sites[--kept] = site;
      }
    }
    queue.first = static_cast<u16>(kept);
  }
  if (!overlap_) return;
  for (const Queue& each : queues_)
    for (u32 i = each.first; i < each.last; ++i)
      if (rules[each.sites[i]].loads) awaited_.add(rules[each.sites[i]].destination);
  overlap_ = loads_ != 0;
}

void InFlight::start(Queue& queue, u32 site, const WaitRule* rules) {
  if (queue.last == most) {
    if (queue.first == 0) wait(queue, most - 1, rules);
    if (queue.first == 0) drop(queue, 1, rules);
    std::copy(queue.sites + queue.first, queue.sites + queue.last, queue.sites);
    queue.last -= queue.first;
    queue.first = 0;
  }
  const WaitRule& rule = rules[site];
  queue.sites[queue.last++] = site;
  queue.unordered += !rule.ordered;
  if (!rule.loads) return;
  overlap_ = overlap_ || awaited_.meets(rule.destination);
  awaited_.add(rule.destination);
  ++loads_;
}

void InFlight::count(u32 index, const WaitRule* rules) {
  const WaitRule& rule = rules[index];
  if (rule.counter != WaitCounter::none) {
    start(queues_[static_cast<u32>(rule.counter)], index, rules);
    if (rule.flat) start(queues_[static_cast<u32>(WaitCounter::lds)], index, rules);
    return;
  }
  for (u32 k = 0; k < kWaitCounters; ++k)
    if (rule.wait[k] != kNoWait) wait(queues_[k], rule.wait[k], rules);
}

void InFlight::check(const Program& program, const Instruction& instruction) const {
  const WaitRule* rules = program.wait_rules();
  const WaitRule& rule = rules[instruction.index];
  const bool may_replace = rule.loads && rule.ordered && !rule.flat;  // what others of its kind bring into its destination
  for (const Queue& queue : queues_) {
    const bool of_its_kind = may_replace && &queue == &queues_[static_cast<u32>(rule.counter)];
    for (u32 i = queue.first; i < queue.last; ++i) {
      const WaitRule& access = rules[queue.sites[i]];
      if (!access.loads) continue;
      for (u32 k = of_its_kind && access.ordered; k < instruction.named; ++k) {
        if (!instruction.registers[k].meets(access.destination)) continue;
        const Instruction& load = program.instructions()[queue.sites[i]];
        throw Fault(fmt::format("{} is used before a wait for what is loaded into it, by {:#x}: {}",
                                name_of(std::max(instruction.registers[k].first, access.destination.first)), load.address,
                                program.text(load)));
      }
    }
  }
}

}  // namespace llmc::emu
