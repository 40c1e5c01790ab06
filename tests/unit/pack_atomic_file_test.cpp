#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "common/error.h"
#include "compiler/pack/atomic_file.h"
#include "tests/unit/pack_fixture.h"

namespace llmc::test {
namespace {

std::span<const u8> bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

Exit code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return Exit::ok;
}

TEST(AtomicFile, AppearsWholeWithItsPermissions) {
  TemporaryFolder folder;
  {
    AtomicFile file(folder / "out");
    file.append(bytes("hello world"));
    file.overwrite(0, bytes("J"));
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
    file.commit(true);
  }
  EXPECT_EQ(read_file(folder / "out"), "Jello world");
  EXPECT_EQ(access((folder / "out").c_str(), X_OK), 0);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, AnUncommittedWriteLeavesTheOldFile) {
  TemporaryFolder folder;
  std::ofstream(folder / "out") << "old";
  {
    AtomicFile file(folder / "out");
    file.append(bytes("new"));
  }
  EXPECT_EQ(read_file(folder / "out"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, RefusesFoldersDevicesAndTheInput) {
  TemporaryFolder folder;
  std::ofstream(folder / "model") << "weights";
  std::filesystem::create_hard_link(folder / "model", folder / "same");
  std::filesystem::create_symlink(folder / "model", folder / "link");
  const std::vector<std::string> inputs = {folder / "model"};
  EXPECT_EQ(code_of([&] { AtomicFile file(folder / "."); }), Exit::usage);
  EXPECT_EQ(code_of([&] { AtomicFile file("/dev/null"); }), Exit::usage);
  for (const char* name : {"model", "same", "link"}) EXPECT_EQ(code_of([&] { AtomicFile file(folder / name, inputs); }), Exit::usage) << name;
  EXPECT_EQ(code_of([&] { AtomicFile file(folder / "absent/out"); }), Exit::failed);
  EXPECT_EQ(read_file(folder / "model"), "weights");
  EXPECT_EQ(folder.files(), 3u);
}

// Root has every permission, and still no file can be made there.
TEST(AtomicFile, AnOutputThatCannotBeMadeIsToldBeforeTheWork) {
  TemporaryFolder folder;
  EXPECT_EQ(checked_output(folder / "out"), folder / "out");
  EXPECT_EQ(code_of([] { checked_output("/proc/out"); }), Exit::failed);
  EXPECT_EQ(code_of([&] { checked_output(folder / std::string(255, 'o')); }), Exit::failed);
  std::string deep = folder / "";
  while (deep.size() < 4090) deep += "./";
  EXPECT_EQ(code_of([&] { checked_output(deep + "o"); }), Exit::failed);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(AtomicFile, RemovesWhatAKilledWriterLeft) {
  TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(folder / "out");
    file.append(bytes("half"));
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(folder.files(), 1u);
  std::ofstream(folder / ".out.mine") << "another's";
  {
    AtomicFile file(folder / "out");
    file.append(bytes("whole"));
    file.commit(false);
  }
  EXPECT_EQ(folder.files(), 2u);
  EXPECT_EQ(read_file(folder / "out"), "whole");
}

TEST(AtomicFile, ASignalLeavesNothing) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    TemporaryFolder folder;
    const pid_t child = fork();
    if (child == 0) {
      AtomicFile file(folder / "out");
      file.append(bytes("half"));
      raise(number);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 128 + number);
    EXPECT_EQ(folder.files(), 0u);
  }
}

TEST(AtomicFile, AFailedWriteSaysSoAndLeavesNothing) {
  TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const Exit code = code_of([&] {
      AtomicFile file(folder / "out");
      file.append(bytes(std::string(2000, 'x')));
      file.commit(true);
    });
    _exit(code == Exit::failed ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace llmc::test
