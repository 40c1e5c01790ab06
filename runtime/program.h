// What every sub-command starts from: the program's own image, its plan and tokenizer, and an engine on a device.
#pragma once
#include <memory>
#include <string>
#include <vector>
#include "compiler/plan/plan.h"
#include "runtime/engine.h"
#include "runtime/image.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {

struct Program {
  std::unique_ptr<Image> image;
  Plan plan;
  std::unique_ptr<Tokenizer> tokenizer;  // null: the model has none

  std::string title() const;             // the model's name made printable, or what it is where it has none
  const Tokenizer& need_tokenizer() const;  // Error(unsupported) where there is none
};

Program open_program();  // of the running executable

struct EngineFlags {
  DeviceOptions device;
  u32 ctx = 0;
  std::string weights;  // --weights
  bool timed = false;   // decode steps note the times of their phases
};

// The files that a sub-command reads, so that none of its outputs may replace them: the program itself and, with extern weights, the
// GGUF. Error(usage) where that is not there.
std::vector<std::string> input_files(const Program& program, const EngineFlags& flags);

class RunningEngine {
 public:
  // `announce`: says on standard error what runs where and how much memory it takes, before taking it.
  RunningEngine(const Program& program, const EngineFlags& flags, bool announce = false);
  Engine* operator->() { return engine_.get(); }
  Engine& operator*() { return *engine_; }

 private:
  std::unique_ptr<WeightsSource> weights_;  // outlives the engine
  std::unique_ptr<Engine> engine_;
};

double ms_since_start();  // milliseconds since the process started

}  // namespace llmc
