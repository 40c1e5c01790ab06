# x86 code, compiled as an emitted program is and run on this machine.
foreach(test x86_dot_test x86_pool_test x86_sample_test)
  llmc_test(${test} kernels SOURCES ${CMAKE_CURRENT_LIST_DIR}/${test}.cpp ${CMAKE_CURRENT_LIST_DIR}/x86_module.cpp DEPS llmc_emit llmc_build llmc_device)
endforeach()
