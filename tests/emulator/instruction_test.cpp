// Every instruction that the emulator implements, against plain formulas (instruction_harness.h, *_cases.cpp).
#include <set>
#include <gtest/gtest.h>
#include "tests/emulator/assembly.h"
#include "tests/emulator/instruction_harness.h"
#include "tests/emulator/operations.h"

namespace llmc::emu::test {
namespace {

using Builder = void (*)(Cases&);
constexpr Builder builders[] = {integer_cases,    float_cases,  half_cases,    convert_cases, compare_cases, dot_cases,
                                cross_lane_cases, scalar_cases, program_cases, memory_cases,  lds_cases,     matrix_cases};

void run(Builder builder) {
  Cases cases;
  builder(cases);
  run_cases(cases);
}

TEST(Instructions, Integer) { run(integer_cases); }
TEST(Instructions, Float) { run(float_cases); }
TEST(Instructions, Half) { run(half_cases); }
TEST(Instructions, Convert) { run(convert_cases); }
TEST(Instructions, Compare) { run(compare_cases); }
TEST(Instructions, Dot) { run(dot_cases); }
TEST(Instructions, CrossLane) { run(cross_lane_cases); }
TEST(Instructions, Scalar) { run(scalar_cases); }
TEST(Instructions, ProgramControl) { run(program_cases); }
TEST(Instructions, Memory) { run(memory_cases); }
TEST(Instructions, Lds) { run(lds_cases); }
TEST(Instructions, Matrix) { run(matrix_cases); }

// Each mnemonic of the table of operations stands in some case.
TEST(Instructions, EveryOperationHasACase) {
  Cases cases;
  for (const Builder builder : builders) builder(cases);
  // These end or interrupt a wave: control_test.cpp.
  std::set<std::string> tested = {"s_endpgm", "s_barrier", "s_barrier_signal", "s_barrier_wait", "s_sleep", "s_trap", "s_code_end"};
  for (const Case& c : cases.all()) {
    std::string_view rest = c.text;
    while (!rest.empty()) {
      const size_t end = rest.find_first_of("\n") == rest.npos ? rest.size() : rest.find('\n');
      std::string_view line = rest.substr(0, end);
      const size_t both = line.find(" :: ");
      for (const std::string_view half : {line.substr(0, both), both == line.npos ? std::string_view() : line.substr(both + 4)}) {
        std::string mnemonic = parse_assembly(half).mnemonic;
        if (mnemonic.starts_with("v_dual_")) mnemonic.erase(2, 5);
        tested.insert(mnemonic);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const auto group : all_operations())
    for (const Operation& operation : group) EXPECT_TRUE(tested.contains(operation.mnemonic)) << operation.mnemonic << " has no case";
}

}  // namespace
}  // namespace llmc::emu::test
