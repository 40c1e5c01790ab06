// `llmc compile`: from a GGUF to an executable, one line a stage.
#pragma once
#include <optional>
#include <string>
#include "compiler/plan/plan.h"

namespace llmc {

struct CompileOptions {
  std::string model;        // path of the GGUF
  std::string arch;         // "gfx1100", "sm_90:h200", "native"; empty: the GPU that is there, else native
  std::string output;       // empty: the model's file name with ".bin", in the current folder; "-" with `emit`: standard output
  u32 ctx = 0;
  std::optional<Fuse> fuse;  // none: the planner picks
  bool extern_weights = false;
  std::string ptxas = "off";    // off, auto (from PATH or /usr/local/cuda/bin), a path, or a name on PATH
  std::string emit;             // "", plan, hip, ll, asm, obj: write that to `output` instead
  bool save_temps = false;
  std::string temps_folder;     // where save_temps writes; empty: beside the output
  bool debug_info = false;      // AMD: line tables beside the code, which stays the same
};

void compile(const CompileOptions& options);

}  // namespace llmc
