#include "common/error.h"
#include "tests/emulator/decode.h"
#include "tests/emulator/execute.h"
#include "tests/emulator/float_mode.h"

namespace llmc::emu {
namespace {

void not_code(Wave&, const Instruction& i) { throw Fault(fmt::format("{:#x} holds no instruction of this processor", i.address)); }
void past_the_end(Wave&, const Instruction&) { throw Fault("execution ran past the end of the code object's code"); }

}  // namespace

const char* name(InstructionClass c) {
  constexpr const char* names[kInstructionClasses] = {
      "scalar ALU",  "scalar memory", "vector ALU",    "packed",  "dot",    "transcendental", "matrix",  "LDS",
      "global load", "global store",  "global atomic", "scratch", "branch", "wait",           "barrier", "other"};
  return names[static_cast<unsigned>(c)];
}

struct Program::Storage {
  Storage(std::string_view arch, unsigned wave_size) : disassembler(arch, wave_size), decoder(arch, wave_size) {}
  Disassembler disassembler;
  Decoder decoder;
};

Program::Program(std::string_view arch, unsigned wave_size, const u8* text, u64 bytes)
    : arch_(arch), wave_size_(wave_size), text_(text), bytes_(bytes / 4 * 4), storage_(std::make_unique<Storage>(arch, wave_size)) {
  require(wave_size == 32 || wave_size == 64, "a wave has 32 or 64 lanes");
  constexpr u64 longest = 20;
  index_at_.assign(bytes_ / 4 + 1, ~0u);
  for (u64 at = 0; at < bytes_;) {
    const Disassembler::Line line =
        storage_->disassembler.line(text_ + at, std::min(longest, bytes_ - at), reinterpret_cast<u64>(text_) + at);
    u32 word;
    std::memcpy(&word, text_ + at, 4);
    Instruction i;
    if (line.text.empty()) {
      i.handler = not_code;
      i.implemented = false;
    } else {
      i = storage_->decoder.decode(line.text, word);
      i.mnemonic = line.name.data();
      i.opcode = static_cast<u16>(line.opcode);
      i.length = static_cast<u8>(line.length);
    }
    i.address = reinterpret_cast<u64>(text_) + at;
    i.index = static_cast<u32>(code_.size());
    index_at_[at / 4] = i.index;
    const WaitRule rule = emu::wait_rule(arch, wave_size, line.text, i);
    i.counted = rule.counter != WaitCounter::none || i.group == InstructionClass::wait;
    wait_rules_.push_back(rule);
    code_.push_back(i);
    at += i.length;
  }
  Instruction end;
  end.handler = past_the_end;
  end.address = reinterpret_cast<u64>(text_) + bytes_;
  end.index = static_cast<u32>(code_.size());
  code_.push_back(end);
  wait_rules_.emplace_back();
  for (Instruction& i : code_) {
    if (i.group != InstructionClass::branch) continue;
    const Instruction* target = at(i.address + i.length + static_cast<u64>(i.imm));
    i.target = target ? target : &code_.back();
  }
}

Program::~Program() = default;

const Instruction* Program::at(u64 address) const {
  const u64 offset = address - reinterpret_cast<u64>(text_);
  if (offset >= bytes_ || offset % 4 || index_at_[offset / 4] == ~0u) return nullptr;
  return &code_[index_at_[offset / 4]];
}

std::string Program::text(const Instruction& i) const {
  const u64 offset = i.address - reinterpret_cast<u64>(text_);
  if (offset >= bytes_) return "(end of code)";
  std::string line = storage_->disassembler.line(text_ + offset, bytes_ - offset, i.address).text;
  for (char& c : line)
    if (c == '\t') c = ' ';
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

StopReason run(Wave& w, const Program& program, u64 max_instructions) {
  w.program = &program;
  w.state = WaveState::ready;
  const FloatModeScope mode(w.mode);
  for (u64 n = max_instructions; n; n--) {
    const Instruction& i = *w.next;
    w.next = &i + 1;
    w.executed[i.index]++;
    if (w.in_flight != nullptr) {
      if (w.in_flight->meets(i)) [[unlikely]]
        w.in_flight->check(program, i);
      if (i.counted) w.in_flight->count(i.index, program.wait_rules());
    }
    i.handler(w, i);
    if (w.state != WaveState::ready) [[unlikely]]
      return w.state == WaveState::done ? StopReason::ended : w.state == WaveState::at_barrier ? StopReason::barrier : StopReason::slept;
  }
  return StopReason::budget;
}

}  // namespace llmc::emu
