// hiprtc_compile ARCH SOURCE.hip OUTPUT: compiles a source with the hipRTC of the installed HIP runtime, as a program does on its user's
// machine. A program of its own, because hipRTC may end the process (Debian's does for arches that its Clang 15 does not know).
// Exit code 0, 1 with the compiler's log on standard error, or 77 where no hipRTC is installed.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <dlfcn.h>

namespace {

// The few declarations of hiprtc.h that are used; they are the same in every version.
using Program = void*;
struct Hiprtc {
  int (*create)(Program*, const char* source, const char* name, int headers, const char** texts, const char** names);
  int (*compile)(Program, int options, const char** values);
  int (*log_size)(Program, std::size_t*);
  int (*log)(Program, char*);
  int (*code_size)(Program, std::size_t*);
  int (*code)(Program, char*);
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool open_hiprtc(Hiprtc& h) {
  for (const char* name : {"libhiprtc.so", "libamdhip64.so", "libamdhip64.so.5"}) {
    void* library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (library && find(library, "hiprtcCreateProgram", h.create) && find(library, "hiprtcCompileProgram", h.compile) &&
        find(library, "hiprtcGetProgramLogSize", h.log_size) && find(library, "hiprtcGetProgramLog", h.log) &&
        find(library, "hiprtcGetCodeSize", h.code_size) && find(library, "hiprtcGetCode", h.code))
      return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: hiprtc_compile ARCH SOURCE.hip OUTPUT\n");
    return 2;
  }
  Hiprtc h;
  if (!open_hiprtc(h)) {
    std::fprintf(stderr, "no hipRTC is installed\n");
    return 77;
  }
  std::ifstream in(argv[2], std::ios::binary);
  std::ostringstream source;
  source << in.rdbuf();
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", argv[2]);
    return 2;
  }
  Program program = nullptr;
  if (h.create(&program, source.str().c_str(), "program.hip", 0, nullptr, nullptr) != 0) return 1;
  const std::string arch = std::string("--offload-arch=") + argv[1];
  std::vector<const char*> options = {arch.c_str(), "-std=c++20", "-O3"};
  const int failed = h.compile(program, static_cast<int>(options.size()), options.data());
  std::size_t size = 0;
  h.log_size(program, &size);
  std::string log(size, '\0');
  if (size > 1) h.log(program, log.data());
  std::fputs(log.c_str(), stderr);
  if (failed) return 1;
  h.code_size(program, &size);
  std::string code(size, '\0');
  h.code(program, code.data());
  std::ofstream out(argv[3], std::ios::binary);
  out.write(code.data(), static_cast<std::streamsize>(code.size()));
  out.close();
  return out ? 0 : 2;
}
