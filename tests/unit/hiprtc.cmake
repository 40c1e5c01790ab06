# Also used by tests/lit on emitted source.
add_executable(hiprtc_compile ${CMAKE_CURRENT_LIST_DIR}/hiprtc_compile.cpp)
target_link_libraries(hiprtc_compile PRIVATE ${CMAKE_DL_LIBS})
llmc_test(hiprtc_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/hiprtc_test.cpp DEPS llmc_build)
add_dependencies(hiprtc_test hiprtc_compile)
