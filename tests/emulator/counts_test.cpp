// What is counted of kernels whose accesses are known, and how many workgroups a card holds.
#include <gtest/gtest.h>
#include "tests/emulator/counts_report.h"
#include "tests/emulator/estimate.h"
#include "tests/emulator/planted_kernels.h"
#include "tests/emulator/scheduler.h"

namespace llmc::emu {
namespace {

constexpr u32 groups = 4, threads = 256;
constexpr u64 buffer_bytes = u64{groups} * threads * 4;
constexpr u64 wave_quads = groups * threads / 32;  // of 32 lanes

class Counts : public testing::TestWithParam<const char*> {
 protected:
  KernelCounts count(const std::string& name) {
    MachineOptions options;
    options.arch = GetParam();
    options.counts_file = "counted, not written";
    const Card card(options.arch, 8);
    Allocations memory;
    u64 buffers[3];
    for (u64& buffer : buffers) {
      Allocation& made = *memory.allocate(buffer_bytes, AllocationKind::device);
      made.mark_written(0, made.bytes);
      buffer = made.base;
    }
    const std::vector<u8>& object = build_device_source("planted", options.arch);
    LoadedCode code(object.data(), memory, card);
    Scheduler scheduler(card, options, memory);
    const Kernel& kernel = *code.object.kernel(name);
    void* arguments[] = {buffers};
    scheduler.run(code, kernel, {{groups, 1, 1}, {threads, 1, 1}, 32768}, pack_arguments(kernel, arguments));
    KernelCounts counts = code.counts[name];
    counts.tally(*code.program, code.phases);
    return counts;
  }
};

TEST_P(Counts, BytesAndLines) {
  const KernelCounts copy = count("copy");
  EXPECT_EQ(copy.launches, 1u);
  EXPECT_EQ(copy.workgroups, groups);
  EXPECT_EQ(copy.waves * copy.wave_size, groups * threads);
  EXPECT_EQ(copy.instructions[static_cast<u32>(InstructionClass::global_load)], copy.waves);
  EXPECT_EQ(copy.instructions[static_cast<u32>(InstructionClass::global_store)], copy.waves);
  const TrafficCounts& in = copy.traffic.at("device 0");
  EXPECT_EQ(in.read_bytes, buffer_bytes);
  EXPECT_EQ(in.written_bytes, 0u);
  EXPECT_EQ(in.lines, buffer_bytes / 128);
  EXPECT_EQ(in.fetches, buffer_bytes / 128);
  const TrafficCounts& out = copy.traffic.at("device 1");
  EXPECT_EQ(out.read_bytes, 0u);
  EXPECT_EQ(out.written_bytes, buffer_bytes);
  EXPECT_EQ(out.written_lines, buffer_bytes / 128);

  // Every workgroup fetches every line for itself.
  const TrafficCounts all = count("read_all").traffic.at("device 0");
  EXPECT_EQ(all.read_bytes, groups * buffer_bytes);
  EXPECT_EQ(all.lines, buffer_bytes / 128);
  EXPECT_EQ(all.fetches, groups * buffer_bytes / 128);
}

TEST_P(Counts, BankConflicts) {
  const auto conflicts = [&](const char* name) { return count(name).lds_conflict_cycles; };
  EXPECT_EQ(conflicts("stride_1"), 0u);
  EXPECT_EQ(conflicts("stride_2"), wave_quads);
  EXPECT_EQ(conflicts("stride_32"), 31 * wave_quads);
  EXPECT_EQ(count("stride_32").lds_cycles, 32 * wave_quads);
}

INSTANTIATE_TEST_SUITE_P(Processors, Counts, testing::Values("gfx1100", "gfx90a"), [](const auto& processor) { return std::string(processor.param); });

TEST(Estimates, DivideBytesByBandwidthAndInstructionsByRate) {
  KernelCounts counts;
  counts.wave_size = 32;
  counts.traffic["device 0"].fetches = 7'500'000;  // 960 MB
  const Target card = find_target("gfx1100:7900xtx");
  EXPECT_NEAR(estimate(counts, card).bytes_us, 1000, 1e-6);
  EXPECT_STREQ(estimate(counts, card).bound_by(), "bytes");
  // 192 SIMDs at 2.3 GHz, one instruction a cycle.
  counts.instructions[static_cast<u32>(InstructionClass::vector_alu)] = 192ull * 2300 * 5000;
  EXPECT_NEAR(estimate(counts, card).vector_us, 5000, 1e-6);
  EXPECT_STREQ(estimate(counts, card).bound_by(), "vector ALU");
}

Kernel kernel_of(u32 registers, u32 wave_size) {
  Kernel kernel;
  kernel.vgprs = registers;
  kernel.wave_size = wave_size;
  return kernel;
}

TEST(Occupancy, FollowsRegistersLdsAndWaves) {
  const Card rdna("gfx1100", 96);
  EXPECT_EQ(rdna.processors(), 48u);
  EXPECT_EQ(rdna.groups_per_processor(kernel_of(32, 32), 512, 0), 4u);        // 16 waves a SIMD
  EXPECT_EQ(rdna.groups_per_processor(kernel_of(100, 32), 512, 0), 3u);       // 120 registers are given: 12 waves
  EXPECT_EQ(rdna.groups_per_processor(kernel_of(256, 32), 512, 0), 1u);       // 264 are: 5 waves
  EXPECT_EQ(rdna.groups_per_processor(kernel_of(32, 32), 512, 48 << 10), 2u);  // of 128 KiB
  EXPECT_EQ(rdna.groups_per_processor(kernel_of(32, 32), 512, 65537), 0u);
  const Card cdna("gfx90a", 104);
  EXPECT_EQ(cdna.processors(), 104u);
  EXPECT_EQ(cdna.groups_per_processor(kernel_of(128, 64), 256, 0), 4u);
  EXPECT_EQ(cdna.groups_per_processor(kernel_of(64, 64), 256, 0), 8u);
  EXPECT_EQ(cdna.groups_per_processor(kernel_of(32, 64), 256, 0), 8u);  // 8 waves a SIMD at most
  EXPECT_EQ(cdna.groups_per_processor(kernel_of(512, 64), 256, 0), 1u);
}

TEST(Memory, RemembersWhatWasWritten) {
  Allocations memory;
  Allocation& a = *memory.allocate(1000, AllocationKind::device);
  EXPECT_FALSE(a.is_written(0, 1));
  a.mark_written(100, 30);
  EXPECT_TRUE(a.is_written(100, 30));
  EXPECT_FALSE(a.is_written(99, 2));
  EXPECT_FALSE(a.is_written(129, 2));
  a.mark_written(0, 90);
  EXPECT_FALSE(a.is_written(80, 30));
  a.mark_written(90, 10);
  EXPECT_TRUE(a.is_written(0, 130));
  EXPECT_FALSE(a.is_written(0, 131));
}

TEST(Memory, NamesWhatLiesNearest) {
  Allocations memory;
  const u64 base = memory.allocate(1000, AllocationKind::device)->base;
  EXPECT_EQ(memory.find(base + 999)->base, base);
  EXPECT_EQ(memory.find(base + 1000), nullptr);
  EXPECT_EQ(memory.find(base - 1), nullptr);
  EXPECT_TRUE(memory.nearest(base + 1004).starts_with("4 bytes behind the end of device allocation 0 (1000 bytes"));
  EXPECT_TRUE(memory.nearest(base - 8).starts_with("8 bytes before device allocation 0"));
  EXPECT_FALSE(memory.release(base + 1));
  EXPECT_TRUE(memory.release(base));
  EXPECT_EQ(memory.nearest(base + 4), "inside device allocation 0 (1000 bytes), which was freed");
}

}  // namespace
}  // namespace llmc::emu
