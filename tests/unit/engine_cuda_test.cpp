// The CUDA device against a stand-in for the driver library: symbols, uploads, resident launches, graphs, and what is said when
// something is missing.
#include <dlfcn.h>
#include <numeric>
#include <gtest/gtest.h>
#include "common/error.h"
#include "runtime/device/device.h"
#include "tests/unit/engine_fake_cuda.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/refusal.h"

namespace llmc::test {
namespace {

class Cuda : public ::testing::Test {
 protected:
  void SetUp() override {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    const auto get = library ? reinterpret_cast<FakeCuda* (*)()>(dlsym(library, "fake_cuda")) : nullptr;
    ASSERT_NE(get, nullptr) << "a real driver was found before the stand-in";
    fake_ = get();
    *fake_ = {};
  }
  std::unique_ptr<Device> open(int index = 0) {
    DeviceOptions options;
    options.device = index;
    return open_device(plan_, options);
  }
  static std::span<const u8> code(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

  Plan plan_ = small_plan("nvidia", "sm_90");
  FakeCuda* fake_ = nullptr;
};

TEST_F(Cuda, DescribesTheDevice) {
  const auto device = open();
  const DeviceInfo info = device->info();
  EXPECT_EQ(info.name, "A fake H200");
  EXPECT_EQ(info.arch, "sm_90");
  EXPECT_EQ(info.memory_free, u64{1} << 30);
  EXPECT_TRUE(info.driver.ends_with("CUDA 13.0")) << info.driver;
  EXPECT_EQ(device->workers(plan_), 8u);
}

TEST_F(Cuda, TheFirstGpuSaysItsArch) {
  EXPECT_EQ(first_gpu_arch(), "sm_90");
  fake_->capability = 120;
  EXPECT_EQ(first_gpu_arch(), "sm_120");
  fake_->init_result = 100;  // CUDA_ERROR_NO_DEVICE
  EXPECT_EQ(first_cuda_arch(), std::nullopt);
}

TEST_F(Cuda, LargeUploadsArriveWhole) {
  const auto device = open();
  std::vector<u32> source((80u << 20) / 4), back(source.size());
  std::iota(source.begin(), source.end(), 1u);
  void* place = device->allocate(source.size() * 4);
  device->upload(place, source.data(), source.size() * 4);
  EXPECT_EQ(fake_->copies, 80);  // pieces of 1 MiB
  device->download(back.data(), place, back.size() * 4);
  EXPECT_EQ(source, back);
}

TEST_F(Cuda, AnErrorInAPieceEndsTheUpload) {
  const auto device = open();
  Pieces pieces;
  for (u64 i = 0; i < 1000; ++i) pieces.ranges.push_back({i * 4096, 4096});
  std::atomic<size_t> made = 0;
  pieces.make = [&](size_t i, u8*) {
    ++made;
    if (i == 20) fail(Exit::bad_input, "piece 20 is damaged");
  };
  void* place = device->allocate(1000 * 4096);
  EXPECT_NE(refusal(Exit::bad_input, [&] { device->upload_pieces(place, pieces); }).find("piece 20"), std::string::npos);
  EXPECT_LT(made, 1000u);
}

TEST_F(Cuda, EverythingIsFreed) {
  {
    const auto device = open();
    device->allocate(1000);
    abi::Ring* address = nullptr;
    device->allocate_ring(&address);
    EXPECT_EQ(fake_->live_allocations, 2);
  }
  EXPECT_EQ(fake_->live_allocations, 0);
}

TEST_F(Cuda, CapturesAStepOnceAndReplaysIt) {
  const auto device = open();
  abi::Args args = {};
  args.workers = device->workers(plan_);
  device->load(code("good code"));
  device->prepare(plan_.decode, args);
  device->capture(plan_.decode, args);
  EXPECT_EQ(fake_->captured, 4);
  EXPECT_EQ(fake_->cooperative, 1);  // the one that holds a grid barrier
  EXPECT_EQ(fake_->last_start, 1);   // sample advances
  EXPECT_EQ(fake_->last_grid, 8u);
  device->replay();
  device->replay();
  EXPECT_EQ(fake_->graph_launches, 2);
  EXPECT_EQ(fake_->launched, 0);
}

TEST_F(Cuda, WithoutCaptureItLaunchesPlainlyAndSaysSo) {
  fake_->refuse_capture = true;
  const auto device = open();
  abi::Args args = {};
  args.workers = 4;
  device->load(code("good code"));
  device->prepare(plan_.decode, args);
  ::testing::internal::CaptureStderr();
  device->capture(plan_.decode, args);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("launched one by one"), std::string::npos);
  device->replay();
  EXPECT_EQ(fake_->launched, 4);
}

TEST_F(Cuda, AGridThatDoesNotFitIsRefused) {
  fake_->blocks_per_unit = 1;
  const auto device = open();
  abi::Args args = {};
  args.workers = device->workers(plan_);  // 8, on 4 multiprocessors with one workgroup each
  device->load(code("good code"));
  EXPECT_NE(refusal(Exit::device, [&] { device->prepare(plan_.decode, args); }).find("decode_block_v0"), std::string::npos);
  EXPECT_NO_THROW(device->prepare(plan_.decode_op, args));  // nothing there waits for another workgroup
}

TEST_F(Cuda, MissingAndBrokenThingsAreNamed) {
  fake_->devices = 0;
  EXPECT_NE(refusal(Exit::device, [&] { open(); }).find("CUDA_ERROR_NO_DEVICE"), std::string::npos);
  fake_->devices = 1;
  EXPECT_NE(refusal(Exit::device, [&] { open(3); }).find("--device 3"), std::string::npos);
  fake_->capability = 86;
  EXPECT_NE(refusal(Exit::device, [&] { open(); }).find("sm_86"), std::string::npos);
  fake_->capability = 100;  // newer cards take older PTX
  const auto device = open();
  EXPECT_NE(refusal(Exit::device, [&] { device->load(code("bad code")); }).find("line 1 is wrong"), std::string::npos);
  device->load(code("good code"));
  EXPECT_NE(refusal(Exit::bad_input, [&] { device->prepare(std::vector<Launch>{{"absent", -1, 0, 64, 0, false}}, {}); }).find("absent"), std::string::npos);
  fake_->synchronize_result = 700;
  refusal(Exit::device, [&] { device->synchronize(); });
  fake_->synchronize_result = 0;
}

TEST(NoDriver, AnAmdProgramSaysWhatIsMissing) {
  void* library = nullptr;
  for (const char* name : {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"}) library = library ? library : dlopen(name, RTLD_NOW);
  try {
    open_device(small_plan(), {});
    GTEST_SKIP() << "[SKIP] an AMD GPU is here";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::device);
    const std::string message = error.what();
    EXPECT_NE(message.find(library ? "AMD GPU" : "libamdhip64.so.6"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace llmc::test
