find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
file(GLOB tokenizer_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/tokenizer_*_test.cpp)
llmc_test(tokenizer_test unit SOURCES ${tokenizer_tests} ${CMAKE_SOURCE_DIR}/compiler/tokenize.cpp DEPS llmc_tokenizer PkgConfig::PCRE2)
