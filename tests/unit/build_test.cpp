// Every target's recipe, in process: machine code comes out, says what it uses, and is the same every time.
#include <algorithm>
#include <cstring>
#include <set>
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/build/object.h"
#include "compiler/target/host_cpu.h"
#include "tests/unit/build_sources.h"

namespace llmc {
namespace {

BuildRequest request_for(const Target& target, std::string source) {
  BuildRequest request;
  request.source = std::move(source);
  request.target = &target;
  return request;
}

// The message of the InternalError that building raises; "" if it builds.
std::string failure_of(const BuildRequest& request) {
  try {
    build_in_process(request);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

const KernelResources& kernel(const BuildResult& result, const std::string& name) {
  for (const KernelResources& resources : result.resources)
    if (resources.name == name) return resources;
  throw std::runtime_error("no kernel " + name);
}

std::vector<std::string> arches_of(const std::string& family) {
  std::vector<std::string> arches;
  for (const Target& target : all_targets())
    if (target.family == family && (arches.empty() || arches.back() != target.arch)) arches.push_back(target.arch);
  return arches;
}

std::string arch_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class BuildAmd : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Arch, BuildAmd, testing::ValuesIn(arches_of("amd")), arch_name);

TEST_P(BuildAmd, MakesACodeObjectThatSaysWhatItUses) {
  const Target target = find_target(GetParam());
  const BuildResult result = build_in_process(request_for(target, test::two_kernels()));
  ASSERT_GT(result.object.size(), 64u);
  EXPECT_EQ(std::memcmp(result.object.data(),
                        "\x7f"
                        "ELF",
                        4),
            0);
  ASSERT_EQ(result.resources.size(), 2u);
  const KernelResources& sum = kernel(result, "block_sum");
  EXPECT_TRUE(sum.known);
  EXPECT_EQ(sum.lds, 1024u);
  EXPECT_EQ(sum.wave, target.wave);
  EXPECT_EQ(sum.scratch, 0u);
  EXPECT_EQ(sum.spills, 0u);
  EXPECT_GT(sum.vgprs, 0u);
  EXPECT_LE(sum.vgprs, target.registers);
  EXPECT_GT(sum.sgprs, 0u);
  EXPECT_GT(sum.code_bytes, 16u);
  EXPECT_EQ(kernel(result, "scale").lds, 0u);
}

TEST_P(BuildAmd, RefusesScratchInAHotKernelOnly) {
  const Target target = find_target(GetParam());
  BuildRequest request = request_for(target, test::scratch_kernel());
  EXPECT_GE(kernel(build_in_process(request), "spilling").scratch, 256u);
  request.hot_kernels = {"spilling"};
  const std::string message = failure_of(request);
  EXPECT_NE(message.find("kernel spilling is hot"), std::string::npos) << message;
}

class BuildNvidia : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Arch, BuildNvidia, testing::ValuesIn(arches_of("nvidia")), arch_name);

TEST_P(BuildNvidia, MakesPtxOfTheArchAndVersion) {
  const Target target = find_target(GetParam());
  const BuildResult result = build_in_process(request_for(target, test::two_kernels()));
  const std::string ptx(result.object.begin(), result.object.end());
  EXPECT_NE(ptx.find(".target " + GetParam()), std::string::npos);
  EXPECT_NE(ptx.find(GetParam() == "sm_90" ? ".version 8.3" : ".version 8.0"), std::string::npos) << ptx.substr(0, 200);
  ASSERT_EQ(result.resources.size(), 2u);
  EXPECT_FALSE(kernel(result, "block_sum").known);
  EXPECT_NE(ptx.find(".maxntid 256"), std::string::npos) << "launch bounds arrive";
}

TEST_P(BuildNvidia, RefusesLocalMemory) {
  const Target target = find_target(GetParam());
  const std::string message = failure_of(request_for(target, test::scratch_kernel()));
  EXPECT_NE(message.find("PTX of spilling uses local memory"), std::string::npos) << message;
}

TEST(BuildPtx, NamesTheFunctionAroundLocalMemory) {
  const std::string ptx =
      ".visible .entry first(\n\t.param .u64 a\n)\n{\n// no .local here\n}\n.func (.param .b32 r) helper(\n)\n{\n\t.local .align 4 .b8 "
      "d[8];\n}\n";
  try {
    ptx_resources({ptx.begin(), ptx.end()});
    ADD_FAILURE() << "accepted";
  } catch (const InternalError& error) {
    EXPECT_NE(std::string(error.what()).find("PTX of helper uses local memory: '.local .align 4"), std::string::npos) << error.what();
  }
}

// A shared object from memory, as the runtime loads it.
class Loaded {
 public:
  explicit Loaded(const std::vector<u8>& object) {
    const int fd = memfd_create("object", MFD_CLOEXEC);
    if (write(fd, object.data(), object.size()) != static_cast<ssize_t>(object.size())) throw std::runtime_error("short write");
    handle_ = dlopen(("/proc/self/fd/" + std::to_string(fd)).c_str(), RTLD_NOW | RTLD_LOCAL);
    close(fd);
    if (!handle_) throw std::runtime_error(dlerror());
  }
  ~Loaded() { dlclose(handle_); }
  template <class Function>
  Function* get(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle_, name));
  }

 private:
  void* handle_;
};

const char* const x86_source = R"(
typedef float f32v __attribute__((vector_size(32)));
struct Big { int values[200]; };
extern "C" void axpy(float a, const float* x, float* y, int n) { for (int i = 0; i < n; i++) y[i] += a * x[i]; }
extern "C" float sum8(const float* x) {
  f32v v; __builtin_memcpy(&v, x, 32);
  float s = 0;
  for (int i = 0; i < 8; i++) s += v[i];
  return s;
}
extern "C" void copy(Big* to, const Big* from) { *to = *from; }
)";

class BuildX86 : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Arch, BuildX86, testing::ValuesIn(arches_of("x86")), arch_name);

TEST_P(BuildX86, MakesASharedObjectThatRuns) {
  const Target target = find_target(GetParam());
  BuildRequest request = request_for(target, x86_source);
  request.want_asm = true;
  const BuildResult result = build_in_process(request);
  EXPECT_GT(kernel(result, "axpy").code_bytes, 16u);
  EXPECT_FALSE(kernel(result, "axpy").known);
  EXPECT_NE(result.assembly.find(GetParam() == "x86-64-v4" ? "%zmm" : "%ymm"), std::string::npos)
      << "loops are vectorised to the full width";
  const std::string best = best_x86_arch(host_cpu());
  if (GetParam() > best) GTEST_SKIP() << "this CPU does not run " << GetParam();
  Loaded loaded(result.object);
  std::vector<float> x(100), y(100, 1.0f);
  for (int i = 0; i < 100; i++) x[i] = static_cast<float>(i);
  loaded.get<void(float, const float*, float*, int)>("axpy")(2.0f, x.data(), y.data(), 100);
  for (int i = 0; i < 100; i++) EXPECT_EQ(y[i], 1.0f + 2.0f * static_cast<float>(i));
  EXPECT_EQ(loaded.get<float(const float*)>("sum8")(x.data()), 28.0f);
}

TEST_P(BuildX86, RefusesCallsThatNothingDefines) {
  const Target target = find_target(GetParam());
  const std::string message =
      failure_of(request_for(target, "extern \"C\" float expf(float); extern \"C\" float f(float x) { return expf(x); }"));
  EXPECT_NE(message.find("calls 'expf', which nothing defines"), std::string::npos) << message;
}

TEST(BuildX86, VnniBuiltinsNeedNoHeader) {
  const Target target = find_target("x86-64-v4");
  BuildRequest request =
      request_for(target,
                  "typedef int i32v __attribute__((vector_size(64)));\n"
                  "extern \"C\" void dot(i32v* c, const i32v* a, const i32v* b) { *c = __builtin_ia32_vpdpbusd512(*c, *a, *b); }\n");
  request.want_asm = true;
  EXPECT_NE(build_in_process(request).assembly.find("vpdpbusd"), std::string::npos);
}

TEST(BuildHost, RunsAKernelSourceOnTheCpu) {
  const Target target = simulation_target();
  const BuildResult result = build_in_process(request_for(target, R"(
#ifndef LLMC_HOST
#error "not the simulation"
#endif
extern "C" unsigned llmc_test_thread();
extern "C" void kernel(int* out) { out[0] = 42; }
extern "C" unsigned thread() { return llmc_test_thread(); }
)"));
  EXPECT_EQ(result.resources.size(), 2u) << "what the simulation provides may stay undefined";
}

TEST(Build, SameInputSameBytes) {
  for (const char* arch : {"gfx1100", "gfx90a", "sm_90", "x86-64-v4"}) {
    const Target target = find_target(arch);
    const BuildRequest request = request_for(target, target.is_gpu() ? test::two_kernels() : x86_source);
    EXPECT_EQ(build_in_process(request).object, build_in_process(request).object) << arch;
  }
}

TEST(Build, OnlyTheVirtualHeadersExist) {
  for (const char* arch : {"gfx1100", "sm_90", "x86-64-v3"}) {
    const Target target = find_target(arch);
    for (const char* header : {"<stddef.h>", "<immintrin.h>", "\"/etc/passwd\"", "<vector>", "\"../etc/passwd\""}) {
      const std::string message = failure_of(request_for(target, std::string("#include ") + header + "\n"));
      EXPECT_NE(message.find("file not found"), std::string::npos) << arch << " " << header << ": " << message;
    }
    BuildRequest request = request_for(target, "#include \"prim/own.h\"\nstatic_assert(own == 7 && VALUE == 3);\n");
    request.headers = {{"prim/own.h", "#pragma once\n#include \"prim/other.h\"\n"}, {"prim/other.h", "constexpr int own = 7;\n"}};
    request.defines = {"VALUE=3"};
    EXPECT_EQ(failure_of(request), "") << arch;
  }
}

TEST(Build, ErrorsCarryClangsWordsAndTheLine) {
  const Target target = find_target("gfx1100");
  const std::string message = failure_of(request_for(target, "int x;\nint y = missing;\n"));
  EXPECT_NE(message.find("program.hip:2:9: error: use of undeclared identifier 'missing'"), std::string::npos) << message;
}

TEST(Build, WantedTextsAreThere) {
  for (const char* arch : {"gfx1100", "sm_90", "x86-64-v3"}) {
    const Target target = find_target(arch);
    BuildRequest request = request_for(target, target.is_gpu() ? test::two_kernels() : x86_source);
    BuildResult result = build_in_process(request);
    EXPECT_EQ(result.ll + result.assembly, "");
    request.want_ll = request.want_asm = true;
    result = build_in_process(request);
    EXPECT_NE(result.ll.find("target triple"), std::string::npos) << arch;
    EXPECT_NE(result.assembly.find(target.is_gpu() ? "block_sum" : "axpy"), std::string::npos) << arch;
  }
}

TEST(BuildPtxas, ReportsRegistersAndMemory) {
  const char* path = "/usr/local/cuda/bin/ptxas";
  if (access(path, X_OK) != 0) GTEST_SKIP() << "no ptxas at " << path;
  const Target target = find_target("sm_90");
  const BuildResult result = build_in_process(request_for(target, test::two_kernels()));
  std::vector<KernelResources> resources;
  const std::vector<u8> cubin = assemble_cubin(path, result.object, "sm_90", resources);
  EXPECT_EQ(std::memcmp(cubin.data(),
                        "\x7f"
                        "ELF",
                        4),
            0);
  ASSERT_EQ(resources.size(), 2u);
  for (const KernelResources& k : resources) {
    EXPECT_TRUE(k.known);
    EXPECT_GT(k.vgprs, 0u);
    EXPECT_EQ(k.spills, 0u);
    EXPECT_EQ(k.lds, k.name == "block_sum" ? 1024u : 0u) << k.name;
    EXPECT_GT(k.code_bytes, 128u);
  }
  const std::string broken = "this is not PTX";
  EXPECT_THROW(assemble_cubin(path, {broken.begin(), broken.end()}, "sm_90", resources), InternalError);
}

TEST(BuildPtxas, AMissingPtxasIsTheUsersError) {
  std::vector<KernelResources> resources;
  try {
    assemble_cubin("/nowhere/ptxas", {}, "sm_90", resources);
    ADD_FAILURE() << "ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::usage);
    EXPECT_NE(std::string(error.what()).find("/nowhere/ptxas could not be started"), std::string::npos) << error.what();
  }
}

// A stand-in that prints what ptxas 13.0 prints for a kernel that spills.
TEST(BuildPtxas, ParsesSpills) {
  char path[] = "/tmp/llmc-ptxas-XXXXXX";
  const int fd = mkstemp(path);
  const std::string script =
      "#!/bin/sh\nfor a; do case \"$p\" in -o) : > \"$a\";; esac; p=\"$a\"; done\ncat >&2 <<'EOF'\n"
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'hot' for 'sm_90'\n"
      "ptxas info    : Function properties for hot\n"
      "    16 bytes stack frame, 24 bytes spill stores, 40 bytes spill loads\n"
      "ptxas info    : Used 255 registers, used 1 barriers, 16 bytes cumulative stack size, 2048 bytes smem\n"
      "ptxas info    : Compile time = 3.1 ms\nEOF\n";
  ASSERT_EQ(write(fd, script.data(), script.size()), static_cast<ssize_t>(script.size()));
  fchmod(fd, 0755);
  close(fd);
  std::vector<KernelResources> resources;
  assemble_cubin(path, {}, "sm_90", resources);
  unlink(path);
  ASSERT_EQ(resources.size(), 1u);
  EXPECT_EQ(resources[0].vgprs, 255u);
  EXPECT_EQ(resources[0].scratch, 16u);
  EXPECT_EQ(resources[0].spills, 64u);
  EXPECT_EQ(resources[0].lds, 2048u);
}

}  // namespace
}  // namespace llmc
