// Source in the words that templates use compiles with an older compiler too: hipRTC of the installed HIP runtime (Clang 15).
#include <gtest/gtest.h>
#include "compiler/build/child_process.h"
#include "compiler/build/temporary_folder.h"

namespace llmc {
namespace {

struct Compiled {
  ChildResult child;
  std::string code;
};

Compiled compile_with_hiprtc(const std::string& arch, const std::string& source) {
  TemporaryFolder folder;
  const std::string input = folder.path() + "/program.hip", output = folder.path() + "/program.co";
  write_file(input, source);
  Compiled compiled;
  compiled.child = run_child({LLMC_BINARY_DIR "/bin/hiprtc_compile", arch, input, output}, "", {120, 0});
  if (compiled.child.ok()) compiled.code = read_file(output);
  return compiled;
}

// The words of kernels/prim/types.h, and what a stock HIP compiler needs before them.
const std::string words = R"(
#if !defined(LLMC_DEVICE) && !defined(__HIPCC_RTC__)
#include <hip/hip_runtime.h>
#endif
#define LLMC_HOT __attribute__((hot))
#define LLMC_GRID_STRIDE _Pragma("nounroll")
#define LLMC_UNROLL _Pragma("unroll")
)";

TEST(Hiprtc, CompilesOurWords) {
  const Compiled compiled = compile_with_hiprtc("gfx1030", words + R"(
__device__ inline LLMC_HOT int dot(const int* a, const int* b, int n) {
  int s = 0;
  LLMC_GRID_STRIDE for (int i = (int)__builtin_amdgcn_workitem_id_x(); i < n; i += 64) s = __builtin_amdgcn_sdot4(a[i], b[i], s, false);
  LLMC_UNROLL for (int m = 1; m < 32; m *= 2) s += __builtin_amdgcn_ds_bpermute(4 * ((int)__builtin_amdgcn_workitem_id_x() ^ m), s);
  return s;
}
extern "C" __global__ __attribute__((amdgpu_flat_work_group_size(64, 64))) void dots(const int* a, const int* b, int* out, int n) { out[0] = dot(a, b, n); }
)");
  if (compiled.child.exit_code == 77) GTEST_SKIP() << compiled.child.err;
  ASSERT_TRUE(compiled.child.ok()) << compiled.child.describe() << compiled.child.err;
  EXPECT_NE(compiled.code.find("gfx1030"), std::string::npos);
  EXPECT_NE(compiled.code.find("dots"), std::string::npos);
}

TEST(Hiprtc, ReportsErrorsWithTheirLine) {
  const Compiled compiled = compile_with_hiprtc("gfx1030", "__device__ int f() {\n  return nothing;\n}\n");
  if (compiled.child.exit_code == 77) GTEST_SKIP() << compiled.child.err;
  EXPECT_EQ(compiled.child.exit_code, 1);
  EXPECT_NE(compiled.child.err.find("2:10: error: use of undeclared identifier 'nothing'"), std::string::npos) << compiled.child.err;
}

}  // namespace
}  // namespace llmc
