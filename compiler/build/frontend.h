// Runs Clang in process on one source: parse, verify, generate.
#pragma once
#include <string>
#include "compiler/build/recipe.h"

namespace llmc {

struct FrontendResult {
  bool ok = false;
  std::string bytes;        // an object file, assembly (PTX for NVIDIA) or LLVM IR
  std::string diagnostics;  // Clang's and the verifier's messages, with source lines
};

FrontendResult run_frontend(const BuildRequest& request, Emit emit);

}  // namespace llmc
