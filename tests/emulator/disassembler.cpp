#include <mutex>
#include <llvm/ADT/ArrayRef.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Triple.h>
#include "common/error.h"
#include "tests/emulator/assembly.h"

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
}

namespace llmc::emu {

struct Disassembler::State {
  std::unique_ptr<const llvm::MCRegisterInfo> registers;
  std::unique_ptr<const llvm::MCAsmInfo> assembler;
  std::unique_ptr<const llvm::MCInstrInfo> instructions;
  std::unique_ptr<const llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<const llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
};

Disassembler::Disassembler(std::string_view arch, unsigned wave_size) : state_(std::make_unique<State>()) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUDisassembler();
  });
  const std::string triple = "amdgcn-amd-amdhsa";
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) throw InternalError("The AMDGPU target is missing from LLVM: " + error);
  State& s = *state_;
  const bool both_sizes = !arch.starts_with("gfx9");
  const std::string features = !both_sizes       ? ""
                               : wave_size == 64 ? "+wavefrontsize64,-wavefrontsize32"
                                                 : "+wavefrontsize32,-wavefrontsize64";
  s.registers.reset(target->createMCRegInfo(triple));
  s.assembler.reset(target->createMCAsmInfo(*s.registers, triple, llvm::MCTargetOptions()));
  s.instructions.reset(target->createMCInstrInfo());
  s.subtarget.reset(target->createMCSubtargetInfo(triple, std::string(arch), features));
  if (!s.subtarget || !s.subtarget->isCPUStringValid(std::string(arch)))
    fail(Exit::usage, "The emulator does not know the processor '{}'; name one that LLVM 19 knows, as gfx1100.", arch);
  s.context = std::make_unique<llvm::MCContext>(llvm::Triple(triple), s.assembler.get(), s.registers.get(), s.subtarget.get());
  s.disassembler.reset(target->createMCDisassembler(*s.subtarget, *s.context));
  s.printer.reset(target->createMCInstPrinter(llvm::Triple(triple), 0, *s.assembler, *s.instructions, *s.registers));
  require(s.disassembler && s.printer, "LLVM's AMDGPU disassembler could not be made");
}

Disassembler::~Disassembler() = default;

Disassembler::Line Disassembler::line(const u8* bytes, u64 available, u64 address) const {
  llvm::MCInst inst;
  u64 size = 0;
  Line result;
  const auto status =
      state_->disassembler->getInstruction(inst, size, llvm::ArrayRef<u8>(bytes, available), address, llvm::nulls());
  if (status == llvm::MCDisassembler::Fail || size == 0) return result;
  result.length = static_cast<unsigned>(size);
  result.opcode = inst.getOpcode();
  const llvm::StringRef name = state_->instructions->getName(inst.getOpcode());
  result.name = {name.data(), name.size()};
  llvm::raw_string_ostream out(result.text);
  state_->printer->printInst(&inst, address, "", *state_->subtarget, out);
  return result;
}

}  // namespace llmc::emu
