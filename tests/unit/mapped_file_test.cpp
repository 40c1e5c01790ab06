// What happens when a mapped file is cut short under its reader.
#include "common/mapped_file.h"
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include "common/error.h"
#include "compiler/pack/atomic_file.h"
#include "tests/unit/pack_fixture.h"

namespace llmc::test {
namespace {

constexpr u64 page = 4096;

u64 sum(std::span<const u8> bytes) {
  u64 total = 0;
  for (const u8 byte : bytes) total += byte;
  return total;
}

std::string write_pages(const std::string& path, u64 pages) {
  std::ofstream(path, std::ios::binary) << std::string(pages * page, 'x');
  return path;
}

TEST(MappedFile, HoldsTheBytes) {
  TemporaryFolder folder;
  const MappedFile file(write_pages(folder / "model", 3));
  EXPECT_EQ(sum(file.bytes()), 3 * page * 'x');
}

TEST(MappedFileDeathTest, AFileCutShortIsNamed) {
  TemporaryFolder folder;
  const std::string path = write_pages(folder / "model.gguf", 3);
  const MappedFile other(write_pages(folder / "other", 1)), file(path);
  const auto cut_and_read = [&] {
    std::filesystem::resize_file(path, page);
    std::exit(sum(file.bytes()) == 0 ? 0 : 1);
  };
  EXPECT_EXIT(cut_and_read(), testing::ExitedWithCode(static_cast<int>(Exit::bad_input)), "model.gguf: a part of it cannot be read.*cut short");
}

TEST(MappedFileDeathTest, AHalfWrittenOutputGoes) {
  TemporaryFolder folder;
  const std::string path = write_pages(folder / "model.gguf", 3);
  const MappedFile file(path);
  const auto cut_while_writing = [&] {
    AtomicFile out(folder / "out");
    out.append(file.bytes());
    std::filesystem::resize_file(path, 0);
    std::exit(sum(file.bytes()) == 0 ? 0 : 1);
  };
  EXPECT_EXIT(cut_while_writing(), testing::ExitedWithCode(static_cast<int>(Exit::bad_input)), "cut short");
  EXPECT_EQ(folder.files(), 1u);
}

// A mapping of someone else, or one that is gone, is not ours to explain.
TEST(MappedFileDeathTest, OtherFaultsStayWhatTheyWere) {
  TemporaryFolder folder;
  const std::string path = write_pages(folder / "model.gguf", 2);
  { const MappedFile gone(path); }
  const auto cut_foreign = [&] {
    const int fd = ::open(path.c_str(), O_RDONLY);
    const void* data = ::mmap(nullptr, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    std::filesystem::resize_file(path, 0);
    std::exit(sum({static_cast<const u8*>(data), 2 * page}) == 0 ? 0 : 1);
  };
  EXPECT_EXIT(cut_foreign(), [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != static_cast<int>(Exit::bad_input); }, "");
}

}  // namespace
}  // namespace llmc::test
