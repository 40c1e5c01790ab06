find_package(nlohmann_json REQUIRED)
llmc_test(build_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/build_test.cpp ${CMAKE_CURRENT_LIST_DIR}/build_child_test.cpp ${CMAKE_CURRENT_LIST_DIR}/build_verify_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/build_main.cpp DEPS llmc_build)
