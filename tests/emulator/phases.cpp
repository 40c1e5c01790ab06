#include "tests/emulator/phases.h"
#include <algorithm>

namespace llmc::emu {
namespace {

// A part of the name of the functions that do a phase's work. They are in templates/gpu_decode.mustache and kernels/gpu.
struct PhaseFunction {
  const char *part, *phase;
};
constexpr PhaseFunction functions[] = {
    {"llmc::embed_phase", "embed"},    {"llmc::QkvPhase", "qkv"},   {"attention", "attn"},
    {"llmc::OPhase", "o"},             {"llmc::GateUpPhase", "gateup"}, {"llmc::DownPhase", "down"},
    {"llmc::HeadPhase", "head"},       {"llmc::sampling_phase", "sample"}, {"llmc::grid_barrier", "barrier"},
};

}  // namespace

Phases phases_of(const CodeObject& object, const Program& program) {
  Phases phases;
  phases.names.push_back("rest");
  for (const PhaseFunction& function : functions) phases.names.push_back(function.phase);
  bool any = false;
  for (const Instruction& instruction : program.instructions()) {
    u8 phase = 0;
    // The outermost function that names one: a barrier within the sampling phase is part of that.
    for (const std::string& name : object.functions(instruction.address)) {
      const auto found = std::find_if(std::begin(functions), std::end(functions),
                                      [&](const PhaseFunction& function) { return name.find(function.part) != std::string::npos; });
      if (found == std::end(functions)) continue;
      phase = static_cast<u8>(found - std::begin(functions) + 1);
      break;
    }
    any = any || phase != 0;
    phases.of.push_back(phase);
  }
  if (!any) phases.of.clear();
  return phases;
}

}  // namespace llmc::emu
