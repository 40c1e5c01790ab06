# x86 code, compiled as an emitted program is and run on this machine.
find_package(nlohmann_json REQUIRED)
foreach(test x86_dot_test x86_logits_test x86_pool_test x86_sample_test)
  llmc_test(${test} kernels SOURCES ${CMAKE_CURRENT_LIST_DIR}/${test}.cpp ${CMAKE_CURRENT_LIST_DIR}/x86_module.cpp DEPS llmc_x86_program)
endforeach()
