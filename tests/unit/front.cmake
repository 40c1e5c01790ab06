# The compiler's front: tensor types, GGUF, model.
set(dequantize_table ${CMAKE_CURRENT_BINARY_DIR}/dequantize_table.bin)
set(reference ${CMAKE_SOURCE_DIR}/tests/reference)
add_custom_command(OUTPUT ${dequantize_table}
  COMMAND /usr/bin/python3 ${reference}/dequantize_table.py ${dequantize_table}
  DEPENDS ${reference}/dequantize_table.py ${reference}/quants.py VERBATIM COMMENT "Making the table of de-quantised blocks")
add_custom_target(dequantize_table DEPENDS ${dequantize_table})

llmc_test(dequantize_test unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/dequantize_test.cpp DEPS llmc_common)
add_dependencies(dequantize_test dequantize_table)
target_compile_definitions(dequantize_test PRIVATE LLMC_DEQUANTIZE_TABLE="${dequantize_table}")
llmc_test(gguf_test unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/gguf_test.cpp DEPS llmc_gguf)
llmc_test(model_test unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/model_test.cpp DEPS llmc_model)
llmc_test(inspect_test unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/inspect_test.cpp ${CMAKE_SOURCE_DIR}/compiler/inspect.cpp
          ${CMAKE_SOURCE_DIR}/compiler/print_plan.cpp DEPS llmc_plan llmc_model llmc_tokenizer)
