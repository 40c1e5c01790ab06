# Single instructions: LLVM's assembler makes the code, formulas in *_cases.cpp the expectation.
add_library(llmc_emulator_assembler STATIC assembler.cpp)
target_include_directories(llmc_emulator_assembler SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
target_link_libraries(llmc_emulator_assembler PUBLIC llmc_common LLVM)
llmc_test(emulator_instruction_test emulator
  SOURCES control_test.cpp waits_test.cpp instruction_test.cpp instruction_harness.cpp integer_cases.cpp float_cases.cpp half_cases.cpp convert_cases.cpp compare_cases.cpp dot_cases.cpp
          cross_lane_cases.cpp scalar_cases.cpp program_cases.cpp memory_cases.cpp lds_cases.cpp matrix_cases.cpp
  DEPS llmc_emulator_core llmc_emulator_assembler)
target_compile_options(emulator_instruction_test PRIVATE -mavx2 -mfma -mf16c)

# Wave instructions a second; built on demand: cmake --build build --target emulator_speed.
find_package(benchmark REQUIRED)
add_executable(emulator_speed EXCLUDE_FROM_ALL speed_bench.cpp)
target_link_libraries(emulator_speed PRIVATE llmc_emulator_machine llmc_emulator_assembler benchmark::benchmark)
