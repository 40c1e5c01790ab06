// Writes the executable: the prebuilt runtime, then page-aligned sections with the manifest, the code, the plan, the tokenizer and
// the weights (docs/image.md). The same request gives the same bytes. Weights stream from the mapped model to the file, packed by two
// threads, a few megabytes in memory at a time.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>
#include "compiler/gguf/gguf.h"
#include "compiler/plan/plan.h"

namespace llmc {

struct PackedCode {
  std::string kind;  // "so", "hsaco", "ptx", "cubin"
  std::string arch;  // of this code: "sm_90"
  std::string bytes;
};

struct PackRequest {
  const Plan& plan;
  const GgufFile& file;            // the model: weights, and what must not be overwritten
  std::vector<PackedCode> code;    // at least one; tried in this order
  std::string tokenizer;           // Tokenizer::serialize(); empty: none
  std::string model_name;          // general.name as it is
  std::span<const u8> runtime;     // the prebuilt ELF
  std::string output;
  std::function<void(u64 done, u64 total)> progress = {};  // bytes of weights; from the calling thread
};

struct PackReport {
  u64 total = 0, runtime = 0, code = 0, plan = 0, tokenizer = 0, weights = 0;  // bytes
};

// Error(failed) where the file cannot be written, Error(usage) where `output` must not be; nothing is left behind then.
PackReport write_program(const PackRequest& request);

}  // namespace llmc
