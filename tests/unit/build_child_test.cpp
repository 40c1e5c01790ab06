// The build process of its own: whatever happens in it, the caller gets a result or one InternalError with a reproduction.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/build/child_process.h"
#include "compiler/build/temporary_folder.h"
#include "tests/unit/build_sources.h"

namespace llmc {
namespace {

BuildRequest request_for(const Target& target, std::string source) {
  BuildRequest request;
  request.source = std::move(source);
  request.target = &target;
  return request;
}

// Builds in a child, expects an InternalError, returns its message; checks that the reproduction holds the source.
std::string failure_of(const BuildRequest& request, BuildLimits limits = {}) {
  TemporaryFolder folder;
  limits.bundle_folder = folder.path();
  try {
    build(request, limits);
  } catch (const InternalError& error) {
    const std::string message = error.what();
    const std::size_t at = message.find("A reproduction is in " + folder.path());
    EXPECT_NE(at, std::string::npos) << message;
    if (at == std::string::npos) return message;
    const std::string bundle = message.substr(at + 21);
    EXPECT_EQ(read_file(bundle + (request.target->is_gpu() ? "/program.hip" : "/program.cpp")), request.source);
    EXPECT_GT(read_file(bundle + "/request.cbor").size(), request.source.size());
    EXPECT_NE(read_file(bundle + "/README.txt").find(request.target->arch), std::string::npos);
    return message;
  }
  ADD_FAILURE() << "built";
  return "";
}

TEST(BuildChild, GivesWhatTheProcessItselfGives) {
  for (const char* arch : {"gfx1100", "sm_90"}) {
    const Target target = find_target(arch);
    BuildRequest request = request_for(target, "#include \"a/b.h\"\n" + test::two_kernels() + "static_assert(four == 2 * TWO);\n");
    request.headers = {{"a/b.h", "constexpr int four = 4;\n"}};
    request.defines = {"TWO=2"};
    request.want_asm = true;
    const BuildResult here = build_in_process(request), there = build(request);
    EXPECT_EQ(here.object, there.object) << arch;
    EXPECT_EQ(here.assembly, there.assembly) << arch;
    ASSERT_EQ(here.resources.size(), there.resources.size());
    for (std::size_t i = 0; i < here.resources.size(); i++) {
      EXPECT_EQ(here.resources[i].name, there.resources[i].name);
      EXPECT_EQ(here.resources[i].vgprs, there.resources[i].vgprs);
      EXPECT_EQ(here.resources[i].code_bytes, there.resources[i].code_bytes);
    }
  }
}

TEST(BuildChild, SurvivesACrash) {
  const Target target = find_target("gfx1100");
  const std::string message = failure_of(request_for(target, "#pragma clang __debug crash\n"));
  EXPECT_NE(message.find("build process for gfx1100 ended"), std::string::npos) << message;
}

TEST(BuildChild, SurvivesAnLlvmFatalError) {
  const Target target = find_target("sm_90");
  const std::string message = failure_of(request_for(target, "#pragma clang __debug llvm_fatal_error\n"));
  EXPECT_NE(message.find("LLVM ERROR"), std::string::npos) << message;
}

TEST(BuildChild, SurvivesAStackOverflow) {
  const Target target = find_target("gfx1100");
  const std::string message = failure_of(request_for(target, "int deep = " + std::string(4 << 20, '!') + "0;\n"));
  EXPECT_NE(message.find("build process for gfx1100 ended"), std::string::npos) << message;
}

// Instantiates 2^30 templates.
const char* const endless =
    "template <int depth, int path> struct T { static constexpr int v = T<depth - 1, 2 * path>::v + T<depth - 1, 2 * path + 1>::v; };\n"
    "template <int path> struct T<0, path> { static constexpr int v = 1; };\n"
    "static_assert(T<30, 1>::v == 0);\n";

TEST(BuildChild, EndsWhatTakesTooLong) {
  const Target target = find_target("gfx1100");
  BuildLimits limits;
  limits.seconds = 1;
  const auto start = std::chrono::steady_clock::now();
  const std::string message = failure_of(request_for(target, endless), limits);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_NE(message.find("limit of 1 s"), std::string::npos) << message;
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(BuildChild, EndsWhatTakesTooMuchMemory) {
  const Target target = find_target("gfx1100");
  BuildLimits limits;
  limits.seconds = 60;
  limits.memory_bytes = 400u << 20;
  const std::string message = failure_of(request_for(target, endless), limits);
  EXPECT_EQ(message.find("limit of 60 s"), std::string::npos) << message;
}
#endif

TEST(BuildChild, ASourceThatDoesNotCompileIsReportedWithItsLine) {
  const Target target = find_target("x86-64-v3");
  const std::string message = failure_of(request_for(target, "\n\nint f() { return gone; }\n"));
  EXPECT_NE(message.find("program.cpp:3:18: error: use of undeclared identifier 'gone'"), std::string::npos) << message;
}

TEST(BuildChild, NoNameLeavesTheFolder) {
  const Target target = find_target("gfx1100");
  BuildRequest request = request_for(target, "");
  for (const char* name : {"", "../x", "a/b", ".hidden", "a b"}) {
    request.name = name;
    EXPECT_THROW(build(request), InternalError) << name;
  }
}

TEST(TemporaryFolder, ASignalLeavesNothing) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string parent = make_folder("", "llmc-test");
    const pid_t process = fork();
    if (process == 0) {
      setenv("TMPDIR", parent.c_str(), 1);
      TemporaryFolder folder;
      write_file(folder.path() + "/file", "half");
      run_child({"/bin/sh", "-c", "kill -" + std::to_string(number) + " $PPID; exec sleep 60"}, "", {});
      _exit(0);
    }
    int status = 0;
    waitpid(process, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 128 + number);
    EXPECT_TRUE(std::filesystem::is_empty(parent));
    std::filesystem::remove_all(parent);
  }
}

TEST(ChildProcess, PassesInputAndCollectsOutput) {
  const std::string big(3 << 20, 'x');
  const ChildResult result = run_child({"/bin/sh", "-c", "cat; echo $VALUE >&2; exit 3"}, big, {}, {"VALUE=seven"});
  EXPECT_TRUE(result.started);
  EXPECT_EQ(result.out, big);
  EXPECT_EQ(result.err, "seven\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.describe(), "ended with exit code 3");
}

TEST(ChildProcess, SaysHowAChildEnded) {
  EXPECT_NE(run_child({"/bin/sh", "-c", "kill -SEGV $$"}, "", {}).describe().find("signal 11"), std::string::npos);
  const ChildResult slow = run_child({"/bin/sleep", "20"}, "", {0.2, 0});
  EXPECT_TRUE(slow.timed_out);
  EXPECT_EQ(slow.signal, SIGKILL);
  const ChildResult missing = run_child({"/nowhere/program"}, "", {});
  EXPECT_FALSE(missing.started);
  EXPECT_NE(missing.describe().find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace llmc
