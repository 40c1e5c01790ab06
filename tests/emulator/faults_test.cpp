// Planted faults: each is found, with its kernel and its line, and the same kernel without it runs through. On one processor of each
// family of instructions and wave size.
#include <cstring>
#include <gtest/gtest.h>
#include "common/error.h"
#include "tests/emulator/planted_kernels.h"
#include "tests/emulator/scheduler.h"

namespace llmc::emu {
namespace {

constexpr u32 groups = 4, threads = 256, shared_bytes = threads * 4;
constexpr u64 buffer_bytes = u64{groups} * threads * 4;

class Planted : public testing::TestWithParam<const char*> {
 protected:
  static MachineOptions options(RaceMode races) {
    MachineOptions options;
    options.arch = GetParam();
    options.units = 8;
    options.races = races;
    return options;
  }

  // What the fault says; empty where there is none.
  std::string launch(const std::string& kernel, const MachineOptions& how, bool out_is_written = false) {
    const Card card(how.arch, how.units);
    Allocations memory;
    Allocation& in = *memory.allocate(buffer_bytes, AllocationKind::device);
    Allocation& out = *memory.allocate(buffer_bytes, AllocationKind::device);
    Allocation& barrier = *memory.allocate(4, AllocationKind::device);
    in.mark_written(0, in.bytes);
    barrier.mark_written(0, barrier.bytes);
    if (out_is_written) out.mark_written(0, out.bytes);
    for (u32 i = 0; i < groups * threads; ++i) reinterpret_cast<u32*>(in.base)[i] = i * 2654435761u;
    const std::vector<u8>& object = build_device_source("planted", how.arch);
    LoadedCode code(object.data(), memory, card);
    Scheduler scheduler(card, how, memory);
    LaunchShape shape = {{groups, 1, 1}, {threads, 1, 1}, shared_bytes};
    u64 buffers[3] = {in.base, out.base, barrier.base};
    void* arguments[] = {buffers};
    const Kernel* found = code.object.kernel(kernel);
    if (found == nullptr) throw std::runtime_error("no kernel " + kernel);
    try {
      scheduler.run(code, *found, shape, pack_arguments(*found, arguments));
    } catch (const LaunchFault& fault) {
      return fault.what();
    }
    const u32* result = reinterpret_cast<const u32*>(out.base);
    results_.assign(result, result + groups * threads);
    return "";
  }

  void expect(const std::string& kernel, const std::string& mark, const std::string& words, const MachineOptions& how,
              bool out_is_written = false) {
    const std::string text = launch(kernel, how, out_is_written);
    EXPECT_NE(text.find(words), std::string::npos) << kernel << " says: " << text;
    EXPECT_NE(text.find("kernel " + kernel + ","), std::string::npos) << text;
    bool line = false;
    for (const u32 number : marked_lines(device_source("planted"), mark))
      line |= text.find("planted.hip:" + std::to_string(number) + ":") != std::string::npos;
    EXPECT_TRUE(line) << text;
  }

  std::vector<u32> results_;
};

TEST_P(Planted, KernelsWithoutMistakesRunThrough) {
  for (const RaceMode races : {RaceMode::off, RaceMode::ordered, RaceMode::all}) {
    for (const bool stress : {false, true}) {
      MachineOptions how = options(races);
      how.stress = stress;
      EXPECT_EQ(launch("copy", how), "");
      EXPECT_EQ(results_[1023], 1023 * 2654435761u);
      EXPECT_EQ(launch("block_barrier", how), "");
      EXPECT_EQ(results_[5], 133 * 2654435761u);
      EXPECT_EQ(launch("grid_barrier", how), "");
      EXPECT_EQ(results_[700], 700u);
    }
  }
}

TEST_P(Planted, OutOfBounds) {
  const MachineOptions how = options(RaceMode::off);
  expect("read_past_the_end", "read_past_the_end", "read of 4 bytes out of bounds", how);
  expect("write_past_the_end", "write_past_the_end", "write of 4 bytes out of bounds", how);
  expect("shared_past_the_end", "shared_past_the_end", "LDS write of 4 bytes out of bounds at byte 1024", how);
}

TEST_P(Planted, ReadsOfWhatWasNeverWritten) {
  const MachineOptions how = options(RaceMode::off);
  expect("read_what_nobody_wrote", "read_what_nobody_wrote", "read of 4 bytes that were never written", how);
  expect("read_shared_that_nobody_wrote", "read_shared_that_nobody_wrote", "LDS read of 4 bytes that were never written", how);
}

TEST_P(Planted, MissingBarriers) {
  expect("no_block_barrier", "no_block_barrier", "race: ", options(RaceMode::ordered));
  expect("no_block_barrier", "no_block_barrier", "race: ", options(RaceMode::all));
  expect("no_grid_barrier", "no_grid_barrier", "race: ", options(RaceMode::all), true);
  expect("no_grid_barrier", "no_grid_barrier", "never written", options(RaceMode::off));
}

TEST_P(Planted, WordsThatOthersWaitFor) {
  // The words that are published count as written, or the reader's mistake would be another one.
  for (const RaceMode races : {RaceMode::off, RaceMode::ordered}) {
    EXPECT_EQ(launch("flag_with_acquire", options(races), true), "");
    EXPECT_EQ(launch("polled_words", options(races), true), "");
  }
  expect("flag_without_acquire", "flag_without_acquire", "race: ", options(RaceMode::ordered), true);
  expect("polled_words", "polled_words", "race: ", options(RaceMode::all), true);
}

TEST_P(Planted, StoresOfTheSameWordsAreNoRace) {
  MachineOptions how = options(RaceMode::all);
  for (how.seed = 1; how.seed < 6; ++how.seed) {
    how.stress = how.seed % 2 == 0;
    EXPECT_EQ(launch("same_words", how), "");
  }
}

TEST_P(Planted, MissingWaits) {
  const MachineOptions how = options(RaceMode::off);
  EXPECT_EQ(launch("wait_for_a_load", how), "");
  EXPECT_EQ(results_[700], 700 * 2654435761u);
  expect("no_wait_for_a_load", "no_wait_for_a_load", "before a wait for what is loaded into it", how);
}

TEST_P(Planted, BarriersThatNotAllReach) {
  const MachineOptions how = options(RaceMode::off);
  expect("barrier_that_not_all_reach", "barrier_that_not_all_reach", "barrier that not all waves reach", how);
  expect("two_barriers", "two_barriers", "barrier that not all waves reach", how);
  expect("too_few_at_the_barrier", "too_few_at_the_barrier", "deadlock", how);
}

INSTANTIATE_TEST_SUITE_P(Processors, Planted, testing::Values("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"),
                         [](const auto& processor) { return std::string(processor.param); });

}  // namespace
}  // namespace llmc::emu
