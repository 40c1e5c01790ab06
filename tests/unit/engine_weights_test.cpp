// How weights reach a GPU (the stand-in for CUDA's driver): from the program's own section, and from the GGUF.
#include <filesystem>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/pack/weight_pieces.h"
#include "runtime/weights_source.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/pack_fixture.h"

namespace llmc::test {
namespace {

std::vector<u8> packed(const SmallModel& model) {
  const WeightPieces pieces(model.plan, *model.gguf, u64{1} << 30);
  std::vector<u8> all(pieces.bytes());
  pieces.pack(0, all.data());
  return all;
}

std::vector<u8> placed(const WeightsSource& source, const Plan& plan) {
  const std::unique_ptr<Device> device = open_device(small_plan("nvidia", "sm_90"), {});
  std::vector<u8> back(plan.weight_bytes);
  device->download(back.data(), source.place(*device, plan), back.size());
  return back;
}

TEST(Weights, TheSectionIsUploadedAsItIs) {
  TemporaryFolder folder;
  const SmallModel model;
  write_program(model.request(folder / "out"));
  const auto image = Image::open(folder / "out");
  EXPECT_EQ(placed(*embedded_weights(*image, model.plan), model.plan), packed(model));
}

TEST(Weights, AChangedByteIsFoundWhileUploading) {
  TemporaryFolder folder;
  const SmallModel model;
  write_program(model.request(folder / "out"));
  std::string bytes = read_file(folder / "out");
  const auto whole = Image::open(folder / "out");
  const std::string weights(whole->weights().begin(), whole->weights().end());
  const size_t at = bytes.find(weights);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 12345] ^= 1;
  const TemporaryFile changed(bytes);
  const auto image = Image::open(changed.path());
  try {
    placed(*embedded_weights(*image, model.plan), model.plan);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::bad_input);
  }
}

TEST(Weights, TheModelIsRepackedOnItsWayToTheDevice) {
  TemporaryFolder folder;
  SmallModel model;
  model.plan.extern_weights = true;
  write_program(model.request(folder / "out"));
  const auto image = Image::open(folder / "out");
  EXPECT_EQ(placed(*extern_weights(*image, model.gguf->path()), model.plan), packed(model));
}

TEST(Weights, AbsentAndOtherModelsAreRefused) {
  TemporaryFolder folder;
  SmallModel model;
  model.plan.extern_weights = true;
  write_program(model.request(folder / "out"));
  const auto image = Image::open(folder / "out");
  const auto code_of = [&](const std::string& path) {
    try {
      extern_weights(*image, path);
    } catch (const Error& error) {
      return error.code();
    }
    return Exit::ok;
  };
  EXPECT_EQ(code_of(""), Exit::usage);  // not beside the program
  EXPECT_EQ(code_of(folder / "absent"), Exit::bad_input);
  const SmallModel other("another");
  EXPECT_EQ(code_of(other.gguf->path()), Exit::bad_input);
  std::filesystem::copy_file(model.gguf->path(), folder / *image->extern_weights());
  EXPECT_EQ(code_of(""), Exit::ok);
}

}  // namespace
}  // namespace llmc::test
