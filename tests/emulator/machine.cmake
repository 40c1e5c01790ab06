# The machine around the instruction core (memory, workgroups, counts) and the stand-in for HIP's library.
find_package(nlohmann_json REQUIRED)
add_library(llmc_emulator_machine STATIC allocations.cpp code_object.cpp counts.cpp counts_report.cpp estimate.cpp launch.cpp memory_checks.cpp
            occupancy.cpp options.cpp phases.cpp races.cpp scheduler.cpp)
target_link_libraries(llmc_emulator_machine PUBLIC llmc_emulator_core llmc_target llmc_common PRIVATE nlohmann_json::nlohmann_json LLVM)
target_include_directories(llmc_emulator_machine SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
target_compile_options(llmc_emulator_machine PRIVATE -O2 -march=x86-64-v3)

# Found by programs through LD_LIBRARY_PATH. Only the functions of HIP are visible: the program has code of the same names.
add_library(llmc_emulator_hip SHARED hip_device.cpp hip_memory.cpp hip_module.cpp hip_state.cpp hip_stream.cpp)
target_link_libraries(llmc_emulator_hip PRIVATE llmc_emulator_machine)
target_compile_options(llmc_emulator_hip PRIVATE -fvisibility=hidden)
target_link_options(llmc_emulator_hip PRIVATE -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/hip_exports.map -Wl,-Bsymbolic)
set_target_properties(llmc_emulator_hip PROPERTIES OUTPUT_NAME amdhip64 SUFFIX .so.6 LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/emulator
                      LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/hip_exports.map)
# Programs ask for the newest version of HIP first.
add_custom_command(TARGET llmc_emulator_hip POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink libamdhip64.so.6
                   $<TARGET_FILE_DIR:llmc_emulator_hip>/libamdhip64.so.7)

llmc_test(emulator_kernels_test emulator SOURCES counts_test.cpp faults_test.cpp primitives_test.cpp planted_kernels.cpp DEPS llmc_emulator_machine llmc_build llmc_emit)

llmc_test(emulator_hip_test emulator SOURCES hip_test.cpp planted_kernels.cpp DEPS llmc_build llmc_emit nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})
target_compile_definitions(emulator_hip_test PRIVATE LLMC_EMULATED_HIP="$<TARGET_FILE:llmc_emulator_hip>")
add_dependencies(emulator_hip_test llmc_emulator_hip)
