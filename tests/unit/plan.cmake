# The plan and the source emitted from it.
llmc_test(plan_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/plan_test.cpp ${CMAKE_CURRENT_LIST_DIR}/plan_launches_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/plan_split_test.cpp DEPS llmc_plan)
llmc_test(emit_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/emit_test.cpp DEPS llmc_emit)
