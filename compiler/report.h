// The table `llmc compile` ends with: kernels in the order they run, how often for a token or a chunk of a prompt, on a GPU their
// registers, shared memory, scratch and code, then sizes and the memory needed.
#pragma once
#include <vector>
#include "compiler/build/build.h"
#include "compiler/pack/pack.h"
#include "compiler/plan/plan.h"
#include "compiler/target/target.h"

namespace llmc {

// The line before the build: "for sm_90:h200 (NVIDIA H200), level model". `why`, which may be empty, says why that processor was taken.
void print_target(const Target& target, const std::string& why, const Plan& plan);

// The last line: what was written where.
void print_made(const std::string& output);

void print_report(const Plan& plan, const std::vector<KernelResources>& resources, const PackReport& sizes, const std::string& output);

}  // namespace llmc
