// A GGUF as a running x86 program inside this process: plan, emitted code, packed weights and the CPU device, for tests and benchmarks.
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

  // A prompt from position 0 in chunks; afterwards State::pos = tokens.size(). rows: logits of every position, where asked.
  void prompt(const std::vector<int>& tokens, std::vector<float>* rows = nullptr);
  void begin_sampling(const abi::Sampler& sampler, int remaining);  // State for what follows a prompt
  void place(int token, int pos);                                   // the token that decode computes next
  void sample();                                                    // the token after the prompt
  void decode(int steps);                                           // that many replays
  // Seconds of one pass over the launches whose kernel's name begins with `kernel`: of a chunk, or of a decode step at level op.
  double time_phase(const std::string& kernel, int passes);
  std::vector<float> logits();
  abi::State state();
  abi::Ring* ring() { return ring_; }
  Device& device() { return *device_; }
  const Plan& plan() const { return plan_; }
  const std::string& source() const { return source_; }

 private:
  Plan plan_;
  std::string source_;
  std::vector<u8> storage_;
  std::unique_ptr<Device> device_;
  abi::Args args_ = {};
  abi::Ring* ring_ = nullptr;
};

}  // namespace llmc
