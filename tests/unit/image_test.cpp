#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "compiler/pack/weight_pieces.h"
#include "runtime/elf_sections.h"
#include "runtime/image.h"
#include "tests/unit/pack_fixture.h"

namespace llmc::test {
namespace {

std::string text_of(std::span<const u8> bytes) { return {bytes.begin(), bytes.end()}; }

// The error's message; fails unless it is Error(bad_input).
std::string refusal(const std::string& path) {
  try {
    Image::open(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::bad_input) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "was accepted";
  return {};
}

TEST(Image, HoldsWhatWasPacked) {
  TemporaryFolder folder;
  const SmallModel model("a model's \x01 name");
  const PackReport report = write_program(model.request(folder / "out"));
  EXPECT_EQ(report.total, std::filesystem::file_size(folder / "out"));
  EXPECT_EQ(report.weights, model.plan.weight_bytes);

  const auto image = Image::open(folder / "out");
  EXPECT_EQ(image->version(), "1.2.3");
  EXPECT_EQ(image->model(), "a model's \x01 name");
  EXPECT_EQ(image->tokenizer(), "a tokenizer");
  EXPECT_EQ(plan_to_json(plan_from_json(nlohmann::json::parse(image->plan()))), plan_to_json(model.plan));
  ASSERT_EQ(image->code().size(), 2u);
  EXPECT_EQ(image->code()[1].kind, "cubin");
  EXPECT_EQ(text_of(image->code()[1].bytes), "code of another");
  EXPECT_FALSE(image->extern_weights());

  const WeightPieces pieces(model.plan, *model.gguf, u64{1} << 30);
  std::vector<u8> weights(pieces.bytes());
  ASSERT_EQ(pieces.count(), 1u);
  pieces.pack(0, weights.data());
  EXPECT_TRUE(std::equal(weights.begin(), weights.end(), image->weights().begin(), image->weights().end()));
  EXPECT_EQ(reinterpret_cast<u64>(image->weights().data()) % 4096, 0u);
  EXPECT_NO_THROW(image->check_weights());
}

TEST(Image, TheRuntimeStillRuns) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "out"));
  EXPECT_EQ(std::system((folder / "out").c_str()), 0);
}

TEST(Image, TheSameRequestGivesTheSameBytes) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "a"));
  write_program(SmallModel().request(folder / "b"));
  EXPECT_EQ(read_file(folder / "a"), read_file(folder / "b"));
}

TEST(Image, SurvivesGnuStrip) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "out"));
  if (std::system(("strip " + (folder / "out") + " 2>/dev/null").c_str()) != 0) GTEST_SKIP() << "[SKIP] no GNU strip here";
  const auto image = Image::open(folder / "out");
  EXPECT_NO_THROW(image->check_weights());
  EXPECT_EQ(reinterpret_cast<u64>(image->weights().data()) % 4096, 0u);
}

TEST(Image, ExternWeightsStayInTheModel) {
  TemporaryFolder folder;
  SmallModel model;
  model.plan.extern_weights = true;
  EXPECT_EQ(write_program(model.request(folder / "out")).weights, 0u);
  const auto image = Image::open(folder / "out");
  EXPECT_TRUE(image->weights().empty());
  ASSERT_TRUE(image->extern_weights());
  EXPECT_EQ(*image->extern_weights(), std::filesystem::path(model.gguf->path()).filename());
  EXPECT_EQ(image->identity(), gguf_identity(*model.gguf));
}

TEST(Image, AFileWithoutSectionsSaysSo) { EXPECT_NE(refusal("/bin/true").find("holds no model"), std::string::npos); }

TEST(Image, ChangedBytesAreFoundAndNamed) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "out"));
  const std::string whole = read_file(folder / "out");
  const std::vector<ElfSection> sections = read_elf_sections({reinterpret_cast<const u8*>(whole.data()), whole.size()}, "test");
  u32 seen = 0;
  for (const ElfSection& section : sections) {
    if (!section.name.starts_with(section_prefix)) continue;
    ++seen;
    std::string changed = whole;
    changed[section.header.sh_offset + section.header.sh_size / 2] ^= 1;
    const TemporaryFile file(changed);
    if (section.name.starts_with(".llmc.weights")) {
      const auto image = Image::open(file.path());
      EXPECT_THROW(image->check_weights(), Error);
    } else {
      EXPECT_NE(refusal(file.path()).find(section.name), std::string::npos) << section.name;
    }
  }
  EXPECT_EQ(seen, 6u);  // two of code, plan, tokenizer, weights, manifest
}

TEST(Image, AFileCutShortIsRefused) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "out"));
  const std::string whole = read_file(folder / "out");
  for (size_t length = 1; length < whole.size(); length += length < 200 ? 7 : 4093) {
    const TemporaryFile file(whole.substr(0, length));
    refusal(file.path());
  }
}

TEST(Image, AnyByteOfTheTablesMayBeWrong) {
  TemporaryFolder folder;
  write_program(SmallModel().request(folder / "out"));
  const std::string whole = read_file(folder / "out");
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof(header));
  u32 refused = 0;
  for (size_t at = header.e_shoff; at < whole.size(); at += 3) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    const TemporaryFile file(changed);
    try {
      Image::open(file.path());  // a byte nobody reads changes nothing
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::bad_input);
      ++refused;
    }
  }
  EXPECT_GT(refused, 20u);
}

}  // namespace
}  // namespace llmc::test
