// The primitives that every AMD kernel stands on (kernels/prim/amd.h) as the compiler builds them for a processor, on the emulator, against
// their definitions.
#include <gtest/gtest.h>
#include <cstring>
#include "kernels/abi.h"
#include "kernels/gpu/workspace.h"
#include "tests/emulator/planted_kernels.h"
#include "tests/emulator/scheduler.h"
#include "tests/kernels/primitive_expectations.h"

namespace llmc::emu {
namespace {

class Primitives : public testing::TestWithParam<const char*> {
 protected:
  Primitives()
      : card_(GetParam(), 8),
        data_{floats_of(1024), words_of(test::primitive_threads), floats_of(4096), words_of(4096)},
        arena_(words_of(512)) {
    test::fill_inputs(data_);
  }
  u32* words_of(u32 count) {
    Allocation& made = *memory_.allocate(count * sizeof(u32), AllocationKind::device);
    made.mark_written(0, made.bytes);
    return reinterpret_cast<u32*>(made.base);
  }
  float* floats_of(u32 count) { return reinterpret_cast<float*>(words_of(count)); }
  u32 wave() const { return card_.target().wave; }
  void run(const char* name, u32 shared = 0) {
    std::memcpy(reinterpret_cast<u8*>(arena_) + 1024, &data_, sizeof data_);
    abi::Args args{};
    args.arena = reinterpret_cast<u8*>(arena_);
    args.workers = 1;
    MachineOptions options;
    options.arch = GetParam();
    const std::vector<u8>& object = build_device_source("../../kernels/device/primitives", GetParam());
    LoadedCode code(object.data(), memory_, card_);
    Scheduler scheduler(card_, options, memory_);
    const Kernel& kernel = *code.object.kernel(name);
    int none = 0;
    void* arguments[] = {&args, &none, &none, &none};
    scheduler.run(code, kernel, {{1, 1, 1}, {test::primitive_threads, 1, 1}, shared}, pack_arguments(kernel, arguments));
  }

  Allocations memory_;
  Card card_;
  test::PrimitiveCase data_;
  u32* arena_;
};

TEST_P(Primitives, WaveOperations) {
  run("wave_operations");
  test::expect_wave_operations(data_, wave());
}

TEST_P(Primitives, Arithmetic) {
  run("arithmetic");
  test::expect_arithmetic(data_);
}

TEST_P(Primitives, InputOfAPhase) {
  run("normed_input", workspace(200, in_codes | in_f16 | in_floats).bytes);
  test::expect_normed_input(data_);
}

INSTANTIATE_TEST_SUITE_P(Processors, Primitives, testing::Values("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"),
                         [](const auto& processor) { return std::string(processor.param); });

}  // namespace
}  // namespace llmc::emu
