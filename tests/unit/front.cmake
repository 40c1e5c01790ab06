llmc_test(model_test unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/model_test.cpp DEPS llmc_model)
