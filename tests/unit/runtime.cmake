# The image, the packer, the engine and the program's command line.
llmc_test(image_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/image_test.cpp DEPS llmc_pack)
llmc_test(mapped_file_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/mapped_file_test.cpp DEPS llmc_pack)
llmc_test(pack_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/pack_atomic_file_test.cpp ${CMAKE_CURRENT_LIST_DIR}/pack_pieces_test.cpp DEPS llmc_pack)
llmc_test(engine_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_test.cpp ${CMAKE_CURRENT_LIST_DIR}/engine_text_test.cpp DEPS llmc_engine)
llmc_test(options_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/options_test.cpp DEPS llmc_common)
llmc_test(sampling_args_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/sampling_args_test.cpp DEPS llmc_commands)

# A library that answers as libcuda.so.1 does, for one process: found by the run path, so no driver is needed and none is used.
add_library(engine_fake_cuda SHARED ${CMAKE_CURRENT_LIST_DIR}/engine_fake_cuda.cpp)
set(fake_folder ${CMAKE_CURRENT_BINARY_DIR}/fake-cuda)
set_target_properties(engine_fake_cuda PROPERTIES OUTPUT_NAME cuda SUFFIX .so.1 LIBRARY_OUTPUT_DIRECTORY ${fake_folder})
llmc_test(engine_cuda_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_cuda_test.cpp ${CMAKE_CURRENT_LIST_DIR}/engine_weights_test.cpp DEPS llmc_engine)
add_dependencies(engine_cuda_test engine_fake_cuda)
set_target_properties(engine_cuda_test PROPERTIES BUILD_RPATH ${fake_folder})
# An old-style run path, which also holds where a sanitizer's library calls dlopen in the program's place.
target_link_options(engine_cuda_test PRIVATE -Wl,--disable-new-dtags)
llmc_test(bench_baseline_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/bench_baseline_test.cpp DEPS llmc_commands)
