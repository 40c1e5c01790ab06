// The rules that emitted source must keep, checked on the AST of the parse that generates the code. A broken rule is a compile error
// at its line, so no code comes out.
//
//   launch bounds   every kernel says its work-group size (amdgpu_flat_work_group_size, launch_bounds): the register budget follows
//   no recursion    a call graph with a cycle has no bounded stack
//   no double       GPUs run it at 1/32 or 1/64 of the rate; constants folded at compile time are free and allowed
//   hot functions   (LLMC_HOT: __attribute__((hot)), kernels/prim/types.h)
//                   - a constant bounds every loop, or it is marked LLMC_GRID_STRIDE (`#pragma nounroll`): its length depends on the
//                     split, the position or a wait;
//                   - on GPUs, local arrays and vectors are indexed by constants and variables of constant loops only, so that
//                     unrolling turns every element into a register; anything else would live in scratch memory
#pragma once
#include <memory>
#include <string>

namespace clang {
class ASTConsumer;
class DiagnosticsEngine;
}  // namespace clang

namespace llmc {

// `family` picks the launch attribute that kernels must carry.
std::unique_ptr<clang::ASTConsumer> make_verifier(clang::DiagnosticsEngine& diagnostics, const std::string& family);

}  // namespace llmc
