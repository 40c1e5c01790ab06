// From emitted source to machine code, by Clang and LLD as libraries: an AMD code object, NVIDIA PTX or an x86 shared object.
//
// `build` runs llmc itself again as a child with a time and a memory limit, because LLVM may abort, overflow its stack or never end:
// whatever happens there, the parent lives on and raises one InternalError. `build_in_process` is what the child runs. Every failure
// is ours (the source was emitted by us), so all of them are InternalError, with the path of a folder that reproduces it.
#pragma once
#include <string>
#include <utility>
#include <vector>
#include "common/types.h"
#include "compiler/target/target.h"

namespace llmc {

struct BuildRequest {
  std::string name = "program";  // of the source in messages: letters, digits, '_', '-', '.'
  std::string source;            // HIP (amd, nvidia) or C++ (x86, host)
  const Target* target = nullptr;
  std::vector<std::pair<std::string, std::string>> headers;  // virtual files (path, text): these can be included, nothing else
  std::vector<std::string> defines;                          // "NAME" or "NAME=VALUE"
  std::vector<std::string> hot_kernels;                      // AMD: scratch in one of these is an error
  int opt_level = 3;
  bool verify = true;  // the rules of verify.h; never applied to the host simulation
  bool debug_info = false;  // line tables with the full names of inlined functions; changes no instruction
  bool want_ll = false, want_asm = false;
};

struct KernelResources {
  std::string name;
  bool known = false;  // registers and memory are known: AMD always, NVIDIA from ptxas, x86 never
  u32 vgprs = 0;       // vector registers of a lane, accumulation registers included
  u32 sgprs = 0;       // AMD only
  u32 lds = 0;         // bytes declared statically
  u32 scratch = 0;     // bytes of private memory of a lane
  u32 spills = 0;      // registers (AMD) or bytes (NVIDIA) spilled
  u32 wave = 0;
  u64 code_bytes = 0;  // of the kernel's own symbol
};

struct BuildResult {
  std::vector<u8> object;    // AMD: linked code object; NVIDIA: PTX text; x86 and host: shared object
  std::string ll, assembly;  // where wanted; NVIDIA's assembly is the PTX
  std::vector<KernelResources> resources;
  std::string diagnostics;  // Clang's warnings
};

struct BuildLimits {
  double seconds = 300;             // wall clock; the same bound holds for CPU time
  u64 memory_bytes = u64{4} << 30;  // address space; not set in builds with AddressSanitizer, which maps terabytes
  std::string bundle_folder;        // where a reproduction is left; empty: $TMPDIR, else /tmp
};

BuildResult build_in_process(const BuildRequest& request);
BuildResult build(const BuildRequest& request, const BuildLimits& limits = {});

// The child's main: a request on standard input, a result on standard output. Every program that calls `build` must call this when
// its first argument is internal_build_flag, before anything else.
inline constexpr const char* internal_build_flag = "--internal-build";
int internal_build_main();

// Assembles PTX with the CUDA toolkit's ptxas (`path`) as a child process; the cubin's bytes. What `ptxas -v` reports of each entry
// goes to `resources`. A ptxas that cannot be run is Error(Exit::usage), PTX it refuses is InternalError with its words.
std::vector<u8> assemble_cubin(const std::string& path, const std::vector<u8>& ptx, const std::string& arch,
                               std::vector<KernelResources>& resources);

}  // namespace llmc
