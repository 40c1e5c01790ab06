#include "compiler/build/recipe.h"
#include "common/error.h"

namespace llmc {
namespace {

// No header of Clang, of the system or of ROCm is visible: what the emitted source does not hold does not exist. x86 code uses
// vector extensions and __builtin_ia32_*, which need none.
const std::vector<std::string> common_arguments = {
    "-std=c++20", "-nostdsysteminc", "-nobuiltininc", "-I", "/", "-fno-rtti", "-fno-threadsafe-statics", "-ffp-contract=fast",
    // One arena of bytes is read as many types; nothing in the hot loops would gain from type-based alias analysis.
    "-relaxed-aliasing", "-ferror-limit", "20", "-Wno-unused", "-Wpass-failed"};

void add(std::vector<std::string>& to, std::initializer_list<const char*> arguments) {
  to.insert(to.end(), arguments.begin(), arguments.end());
}

}  // namespace

std::string source_path(const BuildRequest& request) { return "/" + request.name + (request.target->is_gpu() ? ".hip" : ".cpp"); }

std::vector<std::string> cc1_arguments(const BuildRequest& request, Emit emit) {
  const Target& target = *request.target;
  std::vector<std::string> a = common_arguments;
  if (target.family == "amd") {
    add(a, {"-triple", "amdgcn-amd-amdhsa", "-x", "hip", "-fcuda-is-device", "-D", "LLMC_DEVICE", "-mcode-object-version=5",
            "-fvisibility=hidden", "-fapply-global-visibility-to-externs"});
  } else if (target.family == "nvidia") {
    add(a, {"-triple", "nvptx64-nvidia-cuda", "-x", "hip", "-fcuda-is-device", "-D", "LLMC_DEVICE"});
  } else if (target.family == "x86") {
    add(a, {"-triple", "x86_64-pc-linux-gnu", "-x", "c++", "-ffreestanding", "-mrelocation-model", "pic", "-pic-level", "2",
            "-fvisibility-inlines-hidden", "-vectorize-loops", "-vectorize-slp"});
    if (target.arch == "x86-64-v4") add(a, {"-mprefer-vector-width=512"});
  } else if (target.family == "host") {
    add(a, {"-triple", "x86_64-pc-linux-gnu", "-x", "c++", "-D", "LLMC_HOST", "-mrelocation-model", "pic", "-pic-level", "2"});
  } else {
    throw InternalError(fmt::format("no recipe builds family '{}'", target.family));
  }
  add(a, {"-target-cpu", target.arch.c_str()});
  for (const std::string& feature : target.features) add(a, {"-target-feature", feature.c_str()});
  for (const std::string& define : request.defines) add(a, {"-D", define.c_str()});
  if (request.debug_info) {
    add(a, {"-debug-info-kind=line-tables-only", "-fdebug-info-for-profiling", "-dwarf-version=5", "-debugger-tuning=gdb"});
  }
  a.push_back(fmt::format("-O{}", request.opt_level));
  add(a, {emit == Emit::ll ? "-emit-llvm" : emit == Emit::assembly ? "-S" : "-emit-obj", source_path(request).c_str()});
  return a;
}

std::vector<std::string> link_arguments(const BuildRequest& request) {
  std::vector<std::string> a = {"-shared", "--build-id=none", "--threads=1"};
  // The host's undefined symbols are checked after the link (object.h): memcpy and its kin come from the program that loads the code.
  if (request.target->family == "amd")
    add(a, {"--no-undefined"});
  else
    add(a, {"-z", "now", "-Bsymbolic", "--no-undefined-version", "--unresolved-symbols=ignore-all"});
  return a;
}

}  // namespace llmc
