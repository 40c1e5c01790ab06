// `build` runs the program it is part of again as its child, so this test program answers that call as llmc does.
#include <cstring>
#include <gtest/gtest.h>
#include "compiler/build/build.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], llmc::internal_build_flag) == 0) return llmc::internal_build_main();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
