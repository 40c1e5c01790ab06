llmc_test(target_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/target_test.cpp DEPS llmc_target)
