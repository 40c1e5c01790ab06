// A GGUF as a running x86 program inside this process: plan, emitted code, packed weights and the CPU device, for benchmarks.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "compiler/plan/plan.h"
#include "kernels/abi.h"
#include "runtime/device/device.h"

namespace llmc {

class X86Program {
 public:
  X86Program(const std::string& gguf, const std::string& arch, Fuse fuse, u32 ctx, u32 threads);

  // A prompt from position 0 in chunks; afterwards State::pos = tokens.size().
  void prompt(const std::vector<int>& tokens);
  void sample();           // the token after the prompt, greedily
  void decode(int steps);  // that many replays
  // Seconds of one pass over the launches whose kernel's name begins with `kernel`: of a chunk, or of a decode step at level op.
  double time_phase(const std::string& kernel, int passes);
  const Plan& plan() const { return plan_; }

 private:
  abi::State state();
  void set_state(const abi::State& state);

  Plan plan_;
  std::vector<u8> storage_;
  std::unique_ptr<Device> device_;
  abi::Args args_ = {};
};

}  // namespace llmc
