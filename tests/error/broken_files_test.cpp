// Every broken file of make_broken.py is refused as it says: with the right kind of error, a message that names the place, quickly and
// without taking memory for what the file only claims to hold.
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include "common/error.h"
#include "compiler/model/model.h"

namespace llmc {
namespace {

struct BrokenFile {
  std::string name;
  int exit_code;
  std::vector<std::string> words;
};

void PrintTo(const BrokenFile& file, std::ostream* out) { *out << file.name; }

std::vector<BrokenFile> broken_files() {
  std::vector<BrokenFile> files;
  std::ifstream list(LLMC_BROKEN_FILES "/cases.txt");
  std::string line;
  while (std::getline(list, line)) {
    std::istringstream fields(line);
    BrokenFile file;
    std::string code, word;
    std::getline(fields, file.name, '\t');
    std::getline(fields, code, '\t');
    file.exit_code = std::stoi(code);
    while (std::getline(fields, word, '\t')) file.words.push_back(word);
    files.push_back(file);
  }
  return files;
}

long peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

class Broken : public testing::TestWithParam<BrokenFile> {};

TEST_P(Broken, IsRefused) {
  const BrokenFile& file = GetParam();
  const std::string path = std::string(LLMC_BROKEN_FILES "/") + file.name + ".gguf";
  // A count that the file cannot hold is seen at once; reading a million entries is allowed the time and the memory of a million.
  const bool large = file.name.find("million") != std::string::npos;
  const long peak_before = peak_kilobytes();
  const std::clock_t start = std::clock();  // of the processor: a busy machine does not matter
  try {
    read_model(GgufFile::open(path));
    FAIL() << file.name << " was accepted";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(static_cast<int>(error.code()), file.exit_code) << message;
    for (const std::string& word : file.words) EXPECT_NE(message.find(word), std::string::npos) << "'" << word << "' is not in: " << message;
    EXPECT_NE(message.find(file.name), std::string::npos) << "the file is not named: " << message;
    for (const char c : message) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20) << "a control character in: " << message;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds, large ? 5.0 : 0.1);
  EXPECT_LT(peak_kilobytes() - peak_before, (large ? 512 : 64) * 1024);
}

INSTANTIATE_TEST_SUITE_P(Files, Broken, testing::ValuesIn(broken_files()), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(BrokenFiles, AreThere) { EXPECT_GT(broken_files().size(), 100u); }

TEST(BrokenFiles, NotAFile) {
  for (const char* path : {"/", "/dev/zero", "/nonexistent/model.gguf", ""}) {
    try {
      GgufFile::open(path);
      ADD_FAILURE() << path << " was opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::bad_input) << error.what();
    }
  }
}

}  // namespace
}  // namespace llmc
