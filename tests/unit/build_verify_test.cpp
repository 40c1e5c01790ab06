// The verifier's rules: what keeps them passes, every planted violation is caught at its line, and no code comes out.
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/build/build.h"
#include "tests/unit/build_sources.h"

namespace llmc {
namespace {

// What building the text (behind the GPU words) says; "" if it builds.
std::string said(const std::string& arch, const std::string& text) {
  const Target target = find_target(arch);
  BuildRequest request;
  request.source = std::string(target.is_gpu() ? test::gpu_words : "#define LLMC_HOT __attribute__((hot))\n") + "#line 1\n" + text;
  request.target = &target;
  try {
    build_in_process(request);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

void expect_fault(const std::string& text, const std::string& place, const std::string& message) {
  for (const char* arch : {"gfx1100", "sm_90"}) {
    const std::string all = said(arch, text);
    EXPECT_NE(all.find("program.hip:" + place), std::string::npos) << arch << ": " << all;
    EXPECT_NE(all.find(message), std::string::npos) << arch << ": " << all;
    EXPECT_NE(all.find("1 error generated"), std::string::npos) << arch << " says it once: " << all;
  }
}

void expect_clean(const std::string& text) {
  for (const char* arch : {"gfx90a", "gfx1100", "sm_90"}) EXPECT_EQ(said(arch, text), "") << arch;
}

TEST(Verify, KernelsNeedTheFamilysLaunchAttribute) {
  const std::string words = "extern \"C\" __attribute__((global)) ";
  const std::string amd = "__attribute__((amdgpu_flat_work_group_size(64, 64))) ", nvidia = "__attribute__((launch_bounds(64))) ";
  expect_fault("\n" + words + "void bare(int* x) { *x = 1; }\n", "2:", "kernel 'bare' has no ");
  EXPECT_EQ(said("gfx1100", words + amd + "void k(int* x) { *x = 1; }\n"), "");
  EXPECT_EQ(said("sm_80", words + nvidia + "void k(int* x) { *x = 1; }\n"), "");
  EXPECT_NE(said("gfx1100", words + nvidia + "void k(int* x) { *x = 1; }\n").find("amdgpu_flat_work_group_size"), std::string::npos);
  EXPECT_NE(said("sm_80", words + amd + "void k(int* x) { *x = 1; }\n").find("launch_bounds"), std::string::npos);
}

TEST(Verify, NoDouble) {
  expect_fault("KERNEL k(float* x) {\n  x[0] = x[1] * 0.5;\n}\n", "2:", "arithmetic in double");
  expect_fault("KERNEL k(float* x) {\n  if (x[1] > 0.1)\n    x[0] = 1;\n}\n", "2:", "arithmetic in double");
  expect_fault("KERNEL k(double* x, const double* y) {\n  *x = *y;\n}\n", "2:", "arithmetic in double");
  expect_fault("DEVICE float half_of(float v) {\n  return (float)__builtin_fabs(v);\n}\nKERNEL k(float* x) { x[0] = half_of(x[1]); }\n",
               "2:", "arithmetic in double");
  expect_fault(
      "template <class T> DEVICE T twice(T v) {\n  return v + v;\n}\nKERNEL k(float* x) {\n  x[0] = twice<float>(x[0]); x[1] = "
      "twice(1);\n}\n"
      "KERNEL l(long* x) {\n  auto f = &twice<double>; (void)f; *x = 0; }\n",
      "2:", "arithmetic in double");
}

TEST(Verify, ConstantsFoldedFromDoubleAreFree) {
  expect_clean(
      "constexpr double third = 1.0 / 3;\nKERNEL k(float* x) { x[0] = x[1] * (float)(third * 2.0) + 0.5f; constexpr float c = 0.1; x[2] = "
      "c; }\n");
  expect_clean("template <class T> DEVICE T twice(T v) { return v + v; }\nKERNEL k(float* x) { x[0] = twice(x[1]); }\n");
}

TEST(Verify, NoRecursion) {
  expect_fault("DEVICE int down(int n) { return n < 2 ? 1 : n * down(n - 1); }\nKERNEL k(int* x) { x[0] = down(x[1]); }\n",
               "1:", "recursion through 'down'");
  expect_fault(
      "static __attribute__((device)) int odd(int n);\nDEVICE int even(int n) { return n == 0 || odd(n - 1); }\n"
      "static __attribute__((device)) int odd(int n) { return n != 0 && even(n - 1); }\nKERNEL k(int* x) { x[0] = even(x[1]); }\n",
      "2:", "recursion through");
}

TEST(Verify, HotLoopsAreConstantOrMarked) {
  const std::string head = "LLMC_HOT DEVICE int f(const int* x, int n) {\n  int s = 0;\n",
                    tail = "\n  return s;\n}\nKERNEL k(int* x) { x[0] = f(x, x[1]); }\n";
  expect_fault(head + "  for (int i = 0; i < n; i++) s += x[i];" + tail, "3:", "loop without a constant bound in hot function 'f'");
  expect_fault(head + "  while (x[s]) s++;" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  do s++; while (x[s]);" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  for (int i = n; i < 8; i++) s += x[i];" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  for (int i = 0; i < 8; i++) { if (x[i]) i += 2; s += i; }" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  for (int i = 0; i < 64; i += n) s += x[i];" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  auto inner = [&] { while (x[s]) s++; };\n  inner();" + tail, "3:", "loop without a constant bound");

  expect_fault(head + "  for (unsigned i = n; i > 1; i /= 2) s += x[i];" + tail, "3:", "loop without a constant bound");
  expect_fault(head + "  for (unsigned i = THREAD; i < 64 || s < 0; i += 8) s += x[i];" + tail, "3:", "loop without a constant bound");

  expect_clean(head + "  for (int i = 0; i < 8; i++) s += x[i];" + tail);
  expect_clean(head + "  for (unsigned i = THREAD; i < 64; i += 8) s += x[i];" + tail);
  expect_clean(head + "  for (unsigned i = THREAD; n < 9 && i <= 64; i++) s += x[i];" + tail);
  expect_clean(head + "  constexpr int m = 4;\n  for (int i = 2 * m; i > 0; i /= 2)\n    for (int j = i; j <= 16; j += m) s += x[i + j];" +
               tail);
  expect_clean(head + "  LLMC_GRID_STRIDE for (int i = 0; i < n; i++) s += x[i];" + tail);
  expect_clean(head + "  LLMC_GRID_STRIDE while (x[s]) s++;" + tail);
  expect_clean(
      "template <int m> LLMC_HOT DEVICE int f(const int* x) { int s = 0; for (int i = 0; i < m; i++) s += x[i]; return s; }\n"
      "KERNEL k(int* x) { x[0] = f<3>(x) + f<9>(x); }\n");
  // Outside hot functions a loop is free.
  expect_clean(
      "DEVICE int f(const int* x, int n) { int s = 0; while (x[s] > n) s++; return s; }\nKERNEL k(int* x) { x[0] = f(x, x[1]); }\n");
}

TEST(Verify, InstancesOfHotTemplatesAreJudged) {
  expect_fault(
      "template <class T> LLMC_HOT DEVICE T f(const T* x, int n) {\n  T s = 0;\n  for (int i = 0; i < n; i++) s += x[i];\n  return s;\n}\n"
      "KERNEL k(int* x, float* y) { x[0] = f(x, x[1]); y[0] = f(y, x[1]); }\n",
      "3:", "loop without a constant bound");
}

TEST(Verify, HotArraysAreIndexedByConstantsAfterUnrolling) {
  const std::string head =
      "typedef float f4 __attribute__((vector_size(16)));\nstruct Pair { float v[4]; };\n"
      "LLMC_HOT DEVICE float f(const float* x, int n) {\n  float a[8], m[2][4]; f4 w; Pair p; SHARED float t[64];\n";
  const std::string tail = "\n  return a[0] + m[1][2] + w[3] + p.v[1] + t[n];\n}\nKERNEL k(float* x, int n) { x[0] = f(x, n); }\n";
  const std::string fill =
      "  for (int i = 0; i < 8; i++) a[i] = x[i];\n  for (int i = 0; i < 2; i++) for (int j = 0; j < 4; j++) { m[i][j] = x[4 * i + j]; "
      "w[j] = a[(j + i) & 7]; p.v[j] = 1; }\n";
  expect_clean(head + fill + "  for (int i = 0; i < 4; i++) { const int j = 2 * i + 1; a[j] = a[i < 2 ? i : 7 - i]; }\n  t[n] = x[n];" +
               tail);
  const std::string message = "is indexed by a value that is no constant after unrolling";
  expect_fault(head + fill + "  a[n] = 1;" + tail, "7:", "local 'a' in hot function 'f' " + message);
  expect_fault(head + fill + "  m[1][n] = 1;" + tail, "7:", "local 'm'");
  expect_fault(head + fill + "  m[n][1] = 1;" + tail, "7:", "local 'm'");
  expect_fault(head + fill + "  w[n] = 1;" + tail, "7:", "local 'w'");
  expect_fault(head + fill + "  p.v[n] = 1;" + tail, "7:", "local 'p'");
  expect_fault(head + fill + "  LLMC_GRID_STRIDE for (int i = 0; i < n; i++)\n    a[i & 7] += x[i];" + tail, "8:", "local 'a'");
  expect_fault(head + fill + "  for (unsigned i = n; i < 8; i++)\n    a[i] += x[i];" + tail, "8:", "local 'a'");
  // A stack is cheap on a CPU.
  EXPECT_EQ(said("x86-64-v3",
                 "LLMC_HOT static float f(const float* x, int n) { float a[8]; for (int i = 0; i < 8; i++) a[i] = x[i]; return a[n]; }\n"
                 "extern \"C\" float g(const float* x, int n) { return f(x, n); }\n"),
            "");
}

TEST(Verify, X86KeepsTheRulesToo) {
  EXPECT_NE(said("x86-64-v3", "extern \"C\" double f(double x) { return x + 1; }\n").find("program.cpp:1:"), std::string::npos);
  EXPECT_NE(said("x86-64-v4",
                 "LLMC_HOT static int f(int n) { int s = 0; while (n) { s += n; n /= 2; } return s; }\n"
                 "extern \"C\" int g(int n) { return f(n); }\n")
                .find("loop without a constant bound"),
            std::string::npos);
  EXPECT_NE(said("x86-64-v3", "extern \"C\" int f(int n) { return n ? f(n - 1) + n * f(n - 2) : 1; }\n").find("recursion through 'f'"),
            std::string::npos);
}

TEST(Verify, CanBeTurnedOffAndSparesTheSimulation) {
  const std::string text = "extern \"C\" double f(double x) { return x + 1; }\n";
  const Target x86 = find_target("x86-64-v3"), host = simulation_target();
  BuildRequest request;
  request.source = text;
  request.target = &host;
  EXPECT_FALSE(build_in_process(request).object.empty());
  request.target = &x86;
  EXPECT_THROW(build_in_process(request), InternalError);
  request.verify = false;
  EXPECT_FALSE(build_in_process(request).object.empty());
}

}  // namespace
}  // namespace llmc
